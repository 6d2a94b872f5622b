#ifndef RETOUR_LIVE_H
#define RETOUR_LIVE_H

#include "cache.h"
#include "reputation.h"

/*
 * Reputation in Redis, for whoever wants it often or without a database: retour-watch reads a window off the counters, which is
 * exact, and puts it there as it is. Nothing is counted in Redis, so nothing can be counted twice there.
 */

/* found: as reputation_read() gave them for all mail until as_of. */
bool live_publish(Cache *cache, Blacklist *blacklist, ReputationWindow window, int64_t as_of, const GPtrArray *found,
	int64_t lifetime_ms, GError **error);

/* As reputation_read(). NULL: Redis has none of this database that are whole; the error says why, in words for people. */
GPtrArray *live_read(Cache *cache, Blacklist *blacklist, ReputationWindow window, const ReputationSettings *settings,
	int64_t *ret_as_of, GError **error);

#endif
