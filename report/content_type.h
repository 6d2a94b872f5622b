#ifndef RETOUR_CONTENT_TYPE_H
#define RETOUR_CONTENT_TYPE_H

#include <stdbool.h>

/* What a Content-Type value says, read for the guard and for who reads the parts that it made: both must understand the same. */

/* "multipart/report", lower case, from a field value; "" when it is unusable. Owned by the caller. */
char *content_type_name(const char *value);
/* Of a parameter, the first one; name is lower case. NULL: there is none, or it is empty. Owned by the caller. */
char *content_type_parameter(const char *value, const char *name);

/* The part is, or begins with, the headers of a returned message: message/rfc822, text/rfc822-headers and their kin. */
bool content_type_is_returned(const char *name);
/* The part is a block of fields that a report consists of: delivery status, feedback report, disposition. */
bool content_type_is_block(const char *name);

/* The part is JSON by its type. */
bool content_type_is_json(const char *name);

#endif
