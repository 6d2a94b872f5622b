#ifndef RETOUR_RATE_H
#define RETOUR_RATE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Rates that know how little they know: one bounce of two mails is not "50 %". Bounds are Wilson's score interval at 95 %
 * (E. B. Wilson, JASA 22, 1927), which holds for few trials and for rates near 0, where both of ours live. Pure.
 */
typedef struct Rate {
	int64_t hits, trials;
	double low, high; /* between 0 and 1; no trials: 0 and 1 */
} Rate;

/* More hits than trials happen (bounces of mail that was sent before, or past us): they count as so many trials. */
Rate rate_make(int64_t hits, int64_t trials);
double rate_value(const Rate *rate); /* no trials: 0 */

/*
 * A rate from `watch` on wants attention, from `bad` on providers act upon it; 0 < watch <= bad < 1. Fewer than least_trials
 * are no sample at all: the one mail to a mistyped domain bounces surely, and means nothing.
 */
typedef struct RateLimits {
	double watch, bad;
	int64_t least_trials;
} RateLimits;

/* From the best to the worst; too little data is no opinion and stands first. */
typedef enum Standing {
	STANDING_UNKNOWN, /* too few trials, or the bounds reach from below watch to bad or beyond: it could be either */
	STANDING_GOOD,    /* surely not bad, and the rate is below watch */
	STANDING_WATCH,   /* surely not good, or surely not bad and from watch on */
	STANDING_BAD,     /* surely bad */
} Standing;

Standing rate_standing(const Rate *rate, const RateLimits *limits);
/* Of several rates: the worst; good only when all are. */
Standing standing_worst(Standing a, Standing b);
const char *standing_name(Standing standing); /* "too little data", "good", "watch", "bad" */

/* Against an earlier rate: only where the bounds do not meet. */
typedef enum Trend {
	TREND_STEADY, /* or not to be told apart */
	TREND_RISING,
	TREND_FALLING,
} Trend;

Trend rate_trend(const Rate *before, const Rate *now);
const char *trend_name(Trend trend); /* "steady", "rising", "falling" */

#endif
