#ifndef RETOUR_PROGRAMME_STATE_H
#define RETOUR_PROGRAMME_STATE_H

#include "blacklist.h"
#include "database.h"

/* How a feedback programme has been heard of: a row of the view `programmes`. Counts are of the last 30 days. */
typedef struct ProgrammeState {
	char *name;
	int64_t last_at;       /* of its last report, seconds since the epoch */
	unsigned silent_days;  /* since then */
	unsigned usual_days;   /* nine of ten pauses were no longer; 0: not known */
	bool silent;           /* for much longer than usual */
	uint64_t complaints;   /* reports that somebody complained */
	uint64_t unattributed; /* of them, those that name nobody */
} ProgrammeState;

/* Those heard in the last 180 days, by name. Array of ProgrammeState, owned by the caller. */
GArray *programme_states(Blacklist *blacklist, GError **error);

/* Logs a warning for each that has fallen silent. A database that does not answer is no news here. */
void programmes_log_silent(Database *database);

#endif
