#ifndef RETOUR_BLOCKED_H
#define RETOUR_BLOCKED_H

#include "session.h"

/*
 * Recipients of outgoing mail that are on the blacklist: asked about, for one sender domain after the other, then dealt with
 * as the listener's settings say. Outcomes are what the callback returns; a reply is set where one is needed.
 */

/* At RCPT. REJECT: the recipient is refused and may be forgotten. */
sfsistat blocked_ask_recipient(SMFICTX *ctx, const Session *session, Recipient *recipient, const char *sender_domain);

/* At the end of the message, for all its recipients. CONTINUE, or TEMPFAIL when somebody cannot be asked about. */
sfsistat blocked_ask_all(SMFICTX *ctx, Session *session, const char *sender_domain);

/*
 * When all is asked: removes recipients, marks the message, or decides it as a whole when nobody is left. A mark
 * that was there before is none of ours and goes.
 */
sfsistat blocked_settle(SMFICTX *ctx, const Session *session);

#endif
