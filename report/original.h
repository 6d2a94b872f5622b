#ifndef RETOUR_ORIGINAL_H
#define RETOUR_ORIGINAL_H

#include "message.h"
#include "report.h"

/* Facts of the message that came back. Each function fills what is still "". */

/* headers: Header * of the returned message, wherever they were found. */
void original_read_headers(Original *original, const GPtrArray *headers);

/* A message id without angle brackets and comments; "" when there is none. Owned by the caller. */
char *message_id_parse(const char *value);

/* The addresses of a To: or Cc: field, split at its commas. GPtrArray of char *, at most limit. */
GPtrArray *address_list_parse(const char *value, size_t limit);

/* Sets text when it is "" and value is not. */
void text_fill(char **text, const char *value);

#endif
