#ifndef RETOUR_MIRROR_STATE_H
#define RETOUR_MIRROR_STATE_H

#include "blacklist.h"
#include "cache.h"

/* What the mirror in Redis is worth at this moment. */
typedef struct MirrorState {
	bool usable;  /* it mirrors this database */
	bool fresh;   /* look-ups trust it */
	bool pending; /* the database knows changes that it lacks */
	ChangePosition position;
} MirrorState;

bool mirror_state_read(Cache *cache, Blacklist *blacklist, MirrorState *ret_state, GError **error);
/* One English sentence. */
const char *mirror_state_text(const MirrorState *state);

#endif
