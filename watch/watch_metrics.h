#ifndef RETOUR_WATCH_METRICS_H
#define RETOUR_WATCH_METRICS_H

#include "metrics.h"
#include "programme_state.h"
#include "reputation.h"

/* Of providers and of sender domains so many are shown, those with most mail, so that no flood of names makes series. */
#define WATCH_METRICS_MOST 50

/*
 * What was found in the database, for metrics_publish(): the reputation (Reputation *, as reputation_read() sorts them),
 * the programmes, and how many alerts wait. Owned by the caller.
 */
char *watch_metrics_text(const GPtrArray *found, const GArray *programmes, uint64_t alerts_waiting);

#endif
