#ifndef RETOUR_OUTGOING_H
#define RETOUR_OUTGOING_H

#include "session.h"

/*
 * Mail that leaves: may it go, and what is remembered of it. Shared by the outbound role and by what sendmail(1) submits on
 * the internal path. Outcomes are what the callback returns; a reply is set where one is needed.
 */

/* At RCPT, for mail from the envelope sender's domain. */
sfsistat outgoing_ask_recipient(SMFICTX *ctx, Session *session, const Recipient *recipient);
/* Message-ID: and From:, the first of each. */
void outgoing_note_header(Session *session, const char *name, const char *value);
/*
 * At end of message. Asks again for the domain in From: when nobody asked for it yet, removes or refuses recipients, and
 * records what leaves. asked: outgoing_ask_recipient() has been through the recipients.
 */
sfsistat outgoing_finish(SMFICTX *ctx, Session *session, bool asked);

#endif
