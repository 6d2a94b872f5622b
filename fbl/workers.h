#ifndef RETOUR_WORKERS_H
#define RETOUR_WORKERS_H

#include "intake.h"
#include "letter.h"

/*
 * Threads that carry letters through the intake. Many at once, so that their commits share transactions; bounded, so that
 * a mailbox that is read faster than PostgreSQL commits waits in the mailbox and not in memory.
 */
typedef struct Workers Workers;

/*
 * Each is in one report at a time, asleep until its commit, so their number is how many reports a commit can share; with 16 a
 * third as many are recorded a second. Bytes: of all letters that wait.
 */
#define WORKERS_THREADS 128
#define WORKERS_BYTES ((size_t)32 * 1024 * 1024)

/* intake is borrowed. bytes: of letters that may wait. ERROR_RETRY: no threads. */
Workers *workers_start(Intake *intake, unsigned threads, size_t bytes, GError **error);
/* No delivery is under way. NULL is fine. */
void workers_stop(Workers *workers);

/* How many letters were recorded so far, of all mailboxes; counts from 1. */
uint64_t workers_recorded(Workers *workers);

/* The letters of one reader that are on their way together. Used by one thread. */
typedef struct Delivery Delivery;

Delivery *delivery_new(Workers *workers);
/* Takes the letter over. Waits while too much is waiting. */
void delivery_add(Delivery *delivery, Letter *letter);
/*
 * Until all are done. Their outcomes hold then; their bytes are gone. When the first ones could not be recorded, the others
 * are not tried: the world is at fault, and what it costs to find out is paid once. Borrowed: Letter *.
 */
const GPtrArray *delivery_wait(Delivery *delivery);
void delivery_free(Delivery *delivery);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Delivery, delivery_free)

#endif
