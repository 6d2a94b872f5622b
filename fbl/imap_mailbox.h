#ifndef RETOUR_IMAP_MAILBOX_H
#define RETOUR_IMAP_MAILBOX_H

#include "mailbox.h"

/* Reads until it is told to stop (true), or until the session ends otherwise. */
bool imap_mailbox_run(Mailbox *mailbox, GError **error);

#endif
