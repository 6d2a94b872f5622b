#ifndef RETOUR_MAILBOX_LEDGER_H
#define RETOUR_MAILBOX_LEDGER_H

#include "errors.h"
#include "store.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Where a mailbox reader goes on, and who reads: one connection of its own, for the lock on the mailbox lives and dies with
 * it. Used by one thread. Every wait is bounded; ERROR_RETRY: the database is away, and the lock with it.
 */
typedef struct MailboxLedger MailboxLedger;

/* Checks the schema version: ERROR_CONFIG when `retour migrate` is due. */
MailboxLedger *mailbox_ledger_open(const StoreSettings *settings, GError **error);
void mailbox_ledger_close(MailboxLedger *ledger);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MailboxLedger, mailbox_ledger_close)

/* Advisory: *ret_mine says whether this connection has the mailbox now, another reader's process has it otherwise. */
bool mailbox_ledger_lock(MailboxLedger *ledger, const char *mailbox, bool *ret_mine, GError **error);

typedef struct MailboxTry {
	uint32_t uid;
	uint32_t tries;
} MailboxTry;

/* How far one folder has been read. */
typedef struct MailboxMark {
	uint32_t uidvalidity; /* 0: never read */
	uint32_t last_uid;    /* all up to this one are dealt with */
	GArray *tried;        /* MailboxTry: begun and not dealt with yet */
} MailboxMark;

void mailbox_mark_init(MailboxMark *mark);
void mailbox_mark_clear(MailboxMark *mark);

/* mark was initialised; what it held is replaced. */
bool mailbox_ledger_load(
	MailboxLedger *ledger, const char *mailbox, const char *folder, MailboxMark *mark, GError **error);
bool mailbox_ledger_save(
	MailboxLedger *ledger, const char *mailbox, const char *folder, const MailboxMark *mark, GError **error);

#endif
