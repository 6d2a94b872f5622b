#ifndef RETOUR_OUTGOING_H
#define RETOUR_OUTGOING_H

#include "session.h"

/*
 * Mail that leaves: may it go, and what is remembered of it. Outcomes are what the callback returns; a reply is set where one
 * is needed.
 */

/* At RCPT, for mail from the envelope sender's domain. */
sfsistat outgoing_ask_recipient(SMFICTX *ctx, const Session *session, Recipient *recipient);
/* Message-ID: and From:, the first of each, and marks that somebody else set. */
void outgoing_note_header(Session *session, const char *name, const char *value);
/*
 * At end of message. Asks for the domain in From:, and before that for the envelope sender's unless outgoing_ask_recipient()
 * has been through the recipients (asked); deals with those who are listed, and records what leaves.
 */
sfsistat outgoing_finish(SMFICTX *ctx, Session *session, bool asked);

#endif
