#ifndef RETOUR_LIVE_DUTY_H
#define RETOUR_LIVE_DUTY_H

#include "live.h"

/* Keeps the live windows in Redis new. What is there when nobody renews it ends by itself. */
typedef struct LiveDuty {
	Cache *cache;
	Blacklist *blacklist;
	const ReputationSettings *settings;
	int64_t due[WINDOW_COUNT]; /* monotonic ms; this and the next are its own */
	bool behind;
} LiveDuty;

/*
 * Publishes the windows whose turn it is, as of now, by the database's clock; judged was found for the alert window and need not
 * be read once more. Nothing to do without Redis. Logs one line when it fails and one when it is well again.
 */
void live_duty_turn(LiveDuty *duty, int64_t now, GPtrArray *judged);

#endif
