#ifndef RETOUR_STANDING_H
#define RETOUR_STANDING_H

#include "rate.h"

/*
 * What is said of a subject, from one look to the next. A rate that swings about a limit must not be news every minute:
 * what was said is left as far as the bounds of the rates force it, and else only when they have told the same for a while.
 * Pure.
 */

/* Between which standings a rate surely is; too little data: all of them. */
typedef struct StandingRange {
	Standing least, most; /* never STANDING_UNKNOWN */
} StandingRange;

StandingRange standing_range(const Rate *rate, const RateLimits *limits);
/* Of several rates, as standing_worst(). */
StandingRange standing_range_worst(StandingRange a, StandingRange b);

typedef struct StandingMemory {
	Standing said;    /* STANDING_UNKNOWN: nothing yet */
	Standing leaning; /* what was found instead, and not forced; STANDING_UNKNOWN: nothing */
	int64_t since;    /* seconds since the epoch, of leaning; 0 without */
} StandingMemory;

/*
 * After one more look. found: the standing as it is to be judged without a past; STANDING_UNKNOWN neither confirms nor ends
 * what it leans to. hold: seconds.
 */
StandingMemory standing_follow(StandingMemory memory, Standing found, StandingRange range, int64_t now, int64_t hold);

#endif
