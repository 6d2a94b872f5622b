#ifndef RETOUR_ORIGIN_H
#define RETOUR_ORIGIN_H

#include "message.h"

/* Who wrote a mail: what decides whether its content may be taken for a report at all. */

/* The address or display name of a From: field is a mailer daemon's or a postmaster's. */
bool origin_is_daemon(const char *from);
/* A mail system: null sender, or From a mailer daemon or postmaster. */
bool origin_is_mailer(const Message *message, const Inbound *inbound);
/* A machine of whatever kind: a mailer, or Auto-Submitted and the like say so. */
bool origin_is_automatic(const Message *message, const Inbound *inbound);
/* It came through a mailing list. */
bool origin_is_list(const Message *message);
/* The postmaster's copy of a bounce that also went to the sender: "Postmaster notify", double bounces, transcripts. */
bool origin_is_postmaster_copy(const Message *message);

#endif
