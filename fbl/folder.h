#ifndef RETOUR_FOLDER_H
#define RETOUR_FOLDER_H

#include "mailbox_ledger.h"
#include "workers.h"

/*
 * What happens to the messages of one folder, IMAP or Maildir: begun is noted, judged, committed, and only then moved; then
 * noted as dealt with. A crash at any point leaves a message where it was, or moved after its commit.
 */
typedef struct FolderDriver {
	/* Reads messages and hands each over; what is gone meanwhile is left out. */
	bool (*fetch)(void *source, const uint32_t *uids, size_t count, Delivery *delivery, GError **error);
	bool (*move)(void *source, const uint32_t *uids, size_t count, const char *destination, GError **error);
	bool ascending; /* UIDs only grow, so that the last one says which are dealt with */
} FolderDriver;

/* Borrowed for the round. A destination "" leaves messages where they are, untouched. */
typedef struct FolderPlan {
	const char *mailbox, *name; /* for the log */
	const char *handled, *unreadable, *not_a_report;
	unsigned tries_max; /* then a message is set aside unseen */
	Meter *meter;       /* of the mailbox; NULL: nothing is counted */
} FolderPlan;

/* What the rounds of one folder leave to the next ones, also over a new connection. Begins with zeros. */
typedef struct FolderPast {
	bool forgive;      /* the last round failed for no message's fault, so trying again counts for none */
	uint64_t recorded; /* workers_recorded() when a round last could record nothing */
} FolderPast;

typedef struct FolderRound {
	const FolderDriver *driver;
	void *source;
	const FolderPlan *plan;
	Workers *workers;
	MailboxLedger *ledger;
	const char *key;   /* of the mailbox in the ledger */
	MailboxMark *mark; /* as loaded for this folder */
	FolderPast *past;
	GArray *left;      /* uint32_t: appended what stays where it is */
	bool begun;        /* the first step of the round was taken */
	bool again;        /* something has to be tried again */
	unsigned failures; /* batches of which nothing could be recorded, in a row */
	bool committed;    /* something was recorded in this round */
} FolderRound;

/*
 * One step through uids (ascending; the first step of a round has all that is not dealt with). While one lot of messages is
 * being committed the next is read; the workers bound what that takes of memory. Messages that were begun before and not
 * finished come last, alone, those with the fewest tries first: so whoever is always in hand when the process is killed for
 * another reason does not pass for the reason. What cannot be recorded counts as tried only while others go through, in this
 * folder or any other: then the database is well. ERROR_RETRY: the database, the server or the disk is at fault; nothing that
 * was not committed has been moved.
 */
bool folder_work(FolderRound *round, const uint32_t *uids, size_t count, GError **error);

#endif
