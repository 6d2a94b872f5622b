#ifndef RETOUR_COMMITTER_H
#define RETOUR_COMMITTER_H

#include "commit_queue.h"
#include "schema.h"

/*
 * A thread with a connection of its own that commits what waits in the queue. Keeps the connection up, makes coming
 * partitions, runs a batch again after a deadlock, and splits one that fails for its data until the guilty report fails alone.
 * One that watches also says once a day which feedback programmes have fallen silent.
 */
typedef struct Committer Committer;

Committer *committer_start(CommitQueue *queue, Flood *flood, const StoreSettings *settings, bool watches);
/* After commit_queue_close(). Frees it. */
void committer_join(Committer *committer);

#endif
