#ifndef RETOUR_MIRROR_FILL_H
#define RETOUR_MIRROR_FILL_H

#include "mirror.h"

#include <stdatomic.h>

/* The work of a mirror, without its thread. One step after the other; stops early, with ERROR_RETRY, when *stop becomes true. */
typedef struct MirrorFill {
	Cache *cache;
	Blacklist *blacklist;
	const atomic_bool *stop;                        /* NULL: never */
	void (*progress)(void *context, uint64_t done); /* of a rebuild; NULL for none */
	void *context;
} MirrorFill;

bool mirror_fill_rebuild(const MirrorFill *fill, uint64_t *ret_targets, GError **error);
/* Applies what is new. A Redis without a usable mirror of this database is rebuilt first; *ret_rebuilt then. */
bool mirror_fill_catch_up(const MirrorFill *fill, bool *ret_rebuilt, GError **error);

#endif
