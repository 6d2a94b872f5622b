#ifndef RETOUR_REPUTATION_ALERTS_H
#define RETOUR_REPUTATION_ALERTS_H

#include "reputation.h"

/*
 * Changes of standing, and who must still be told of them. Both are in the database: any number of watchers on any number
 * of hosts note a change once, and what one that died had not told another one tells.
 */
typedef struct ReputationChange {
	char *subject, *name, *was, *state; /* was: "" where there was none */
} ReputationChange;

/*
 * Notes what becomes of standings by what was found (Reputation *), as standing_follow() has it. GPtrArray of
 * ReputationChange *, which owns them: what changed, but for what is good from the start. told: nobody else is to be told.
 */
GPtrArray *reputation_note(
	Blacklist *blacklist, const GPtrArray *found, const ReputationSettings *settings, bool told, GError **error);

/* One change to tell. */
typedef struct ReputationAlert {
	int64_t id;
	ReputationChange change;
	char *json;     /* one line: all of it with figures */
	unsigned tries; /* this one included */
	bool late;      /* it is a week old */
} ReputationAlert;

void reputation_alert_free(ReputationAlert *alert);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ReputationAlert, reputation_alert_free)

/*
 * The next to be told; of one subject in order. It is due again after a minute, then two, four and so on up to an hour, until
 * reputation_alert_told(). NULL in *ret_alert: none.
 */
bool reputation_alert_next(Blacklist *blacklist, ReputationAlert **ret_alert, GError **error);
/* How many wait to be told for more than ten minutes. */
bool reputation_alerts_waiting(Blacklist *blacklist, uint64_t *ret_count, GError **error);
bool reputation_alert_told(Blacklist *blacklist, int64_t id, GError **error);

#endif
