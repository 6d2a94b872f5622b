#ifndef RETOUR_CHANGES_H
#define RETOUR_CHANGES_H

#include "blacklist.h"

/*
 * The blacklist as a feed, for mirrors. The audit table is the change log: every row carries the id of its transaction,
 * and only rows of transactions older than any still running are handed out, so none can appear behind the position later.
 */

/* Names this database and no other: a mirror filled from elsewhere is foreign. Owned by the caller. */
char *changes_database_id(Blacklist *blacklist, GError **error);

/*
 * Targets changed after from, by at most limit changes and at most 500, with their present state: GPtrArray of TargetState *;
 * ret_to is where to go on. Empty: nothing new.
 */
GPtrArray *changes_since(
	Blacklist *blacklist, ChangePosition from, size_t limit, ChangePosition *ret_to, GError **error);

/*
 * An address was erased before the change that takes it off the list was handed out: these changes name its hash instead, so
 * a mirror at from cannot know what to take away, and is built anew. Asked after changes_since() that went from there to there.
 */
bool changes_lost_name(Blacklist *blacklist, ChangePosition from, ChangePosition to, bool *ret_lost, GError **error);

/*
 * Are there changes after from that changes_since() cannot hand out yet, for an older transaction still runs (a dump being
 * restored, an index being built, in any database of the cluster)? A mirror at from is behind then, although its feed is empty.
 */
bool changes_held_back(Blacklist *blacklist, ChangePosition from, bool *ret_held_back, GError **error);

/*
 * Streams the whole list in one snapshot, target by target; each returns false to stop. Bounded memory. ret_position: go on
 * from there with changes_since().
 */
bool changes_all(Blacklist *blacklist, bool (*each)(void *context, const TargetState *state), void *context,
	ChangePosition *ret_position, GError **error);

/*
 * As changes_all(), but names alone, in no order; with several scopes a target comes several times. False also when each
 * stopped it.
 */
bool changes_targets(Blacklist *blacklist, bool (*each)(void *context, const char *target), void *context,
	ChangePosition *ret_position, GError **error);
/* How many entries there are, those that have expired included. */
bool changes_count(Blacklist *blacklist, uint64_t *ret_count, GError **error);

#endif
