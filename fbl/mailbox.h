#ifndef RETOUR_MAILBOX_H
#define RETOUR_MAILBOX_H

#include "fbl_settings.h"
#include "folder.h"
#include "metrics.h"

#include <pthread.h>
#include <stdatomic.h>

/*
 * One mailbox, read by a thread of its own: takes the lock, reads, and begins anew after errors, ever more patiently, so
 * that a broken mailbox disturbs no other. Fields are for the two kinds of mailbox (imap_mailbox.c, maildir.c).
 */
typedef struct MailboxServices { /* borrowed; outlive the mailbox */
	Workers *workers;
	const StoreSettings *store;
	Metrics *metrics;
	int cancel; /* readable: give up whatever is under way */
} MailboxServices;

/* A folder that the server refuses, or lets nothing be moved from, holds up no other. */
typedef struct FolderState {
	FolderPast past;
	unsigned failures; /* in a row */
	int64_t due;       /* monotonic: left alone until then */
} FolderState;

typedef struct Mailbox {
	const MailboxSettings *settings; /* borrowed */
	MailboxServices services;
	char *key;             /* in the ledger: the same mailbox read from elsewhere has the same */
	char *log_name;        /* as log_value() has it */
	Meter *meter;          /* borrowed */
	int wake;              /* readable: stop when nothing is under way */
	MailboxLedger *ledger; /* holds the lock while run() runs */
	Oauth *oauth;          /* NULL: by password */
	FolderState *folders;  /* one for each of the settings; a Maildir has one */
	unsigned failures;     /* in a row */
	bool waiting;          /* said that another reader has it */
	atomic_bool stop;
	pthread_t thread;
	bool joined;
} Mailbox;

/* ERROR_RETRY: no thread. settings is borrowed. */
Mailbox *mailbox_start(const MailboxSettings *settings, const MailboxServices *services, GError **error);
/* Returns at once. */
void mailbox_stop(Mailbox *mailbox);
/* Has its thread ended? */
bool mailbox_has_ended(Mailbox *mailbox);
/* It has ended. */
void mailbox_free(Mailbox *mailbox);

/* For the kinds. Waits, at most that long; false: the mailbox is to stop. */
bool mailbox_wait(Mailbox *mailbox, int64_t milliseconds);
/* A whole round went well. */
void mailbox_note_health(Mailbox *mailbox);
/* How long to wait after so many failures before, in milliseconds: ever longer, and not the same for all. */
int64_t mailbox_pause(unsigned failures, bool configuration);
/* The round over one folder as this mailbox is configured; folder is its place there, mark and left are the caller's. */
FolderRound mailbox_round(Mailbox *mailbox, unsigned folder, const FolderDriver *driver, void *source,
	const FolderPlan *plan, MailboxMark *mark, GArray *left);
FolderPlan mailbox_plan(const Mailbox *mailbox, const char *folder);

#endif
