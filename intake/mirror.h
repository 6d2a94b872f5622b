#ifndef RETOUR_MIRROR_H
#define RETOUR_MIRROR_H

#include "blacklist.h"
#include "cache.h"
#include "meter.h"

/*
 * Keeps Redis equal to the blacklist: a thread that applies changes by the second, at once when poked, and rebuilds the whole
 * when Redis comes back empty or foreign. Any number of processes may run one against the same Redis. Logs one line
 * when it falls behind and one when it has caught up.
 */
typedef struct Mirror Mirror;

/* All are borrowed; meter may be NULL. ERROR_CONFIG: no Redis is configured. */
Mirror *mirror_start(Cache *cache, Blacklist *blacklist, Meter *meter, GError **error);
void mirror_stop(Mirror *mirror); /* NULL is fine */
void mirror_poke(void *mirror);   /* Mirror *, as a callback takes it; never waits; NULL is fine */

/* Brings Redis up to date, now. ERROR_RETRY: Redis or PostgreSQL is away, or a rebuild is due and another runs. */
bool mirror_catch_up(Cache *cache, Blacklist *blacklist, GError **error);

/* One full rebuild, now. progress may be NULL. *ret_targets: how many were written. ERROR_RETRY also when another rebuild runs. */
bool mirror_rebuild(Cache *cache, Blacklist *blacklist, void (*progress)(void *context, uint64_t done), void *context,
	uint64_t *ret_targets, GError **error);

#endif
