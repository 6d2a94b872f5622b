#ifndef RETOUR_STAMP_H
#define RETOUR_STAMP_H

#include "session.h"

/* Mail that leaves is given what proves later that it left: a signed return path and signed headers. */

/* Headers that the message has by itself, or must not get twice. */
void stamp_note_header(Session *session, const char *name, const char *value);

/*
 * At end of message, before the DKIM signer: sender_domain is that of From:, else of the envelope sender. Only mail that is
 * ours to stamp, that is neither stamped nor a bounce; everything else is left as it is. now: seconds, what the tokens say.
 * Returns the message number for the record (token_message_number()); 0: not stamped.
 */
int64_t stamp_message(SMFICTX *ctx, Session *session, const char *sender_domain, int64_t now);

#endif
