#ifndef RETOUR_COMMIT_QUEUE_H
#define RETOUR_COMMIT_QUEUE_H

#include "batch.h"
#include "store.h"

/*
 * Where callers wait and committers find work. Thread-safe. A request waits for half of commit_timeout at most until a
 * committer takes it, and the committer has the other half: the submission is borrowed, so a caller cannot leave while
 * its batch runs.
 */
typedef struct CommitQueue CommitQueue;

CommitQueue *commit_queue_new(const StoreSettings *settings);
void commit_queue_free(CommitQueue *queue);
/* No new requests; committers end when nothing is left, or when commit_timeout has passed. */
void commit_queue_close(CommitQueue *queue);

/* The caller's side: returns when the request is committed or has failed. */
bool commit_queue_wait(CommitQueue *queue, const Submission *submission, Recorded *ret_recorded, GError **error);

/*
 * The committer's side: waits for work, and after idle_ms comes back without any. False: closed and empty. Requests up to
 * 256 events together, or one alone.
 */
bool commit_queue_take(CommitQueue *queue, int64_t idle_ms, GPtrArray *ret_requests);
/* Wakes the callers; error NULL: committed. ERROR_CONFIG becomes ERROR_RETRY for them: their mail is kept. */
void commit_queue_answer(Request *const *requests, unsigned count, const GError *error);

/* One committer has lost its connection, or has it again. While none has one, callers are refused at once. */
void commit_queue_connected(CommitQueue *queue);
void commit_queue_disconnected(CommitQueue *queue);
void commit_queue_unreachable(CommitQueue *queue, const GError *error);
/* Sleeps, but not beyond the closing of the queue. False: it is closed. */
bool commit_queue_pause(CommitQueue *queue, int64_t milliseconds);

#endif
