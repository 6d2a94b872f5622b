#include "standing.h"

#include <glib.h>

static Standing
at_rate(double rate, const RateLimits *limits)
{
	if (rate >= limits->bad)
		return STANDING_BAD;
	return rate >= limits->watch ? STANDING_WATCH : STANDING_GOOD;
}

StandingRange
standing_range(const Rate *rate, const RateLimits *limits)
{
	if (rate->trials < limits->least_trials)
		return (StandingRange){ STANDING_GOOD, STANDING_BAD };
	return (StandingRange){ at_rate(rate->low, limits), at_rate(rate->high, limits) };
}

StandingRange
standing_range_worst(StandingRange a, StandingRange b)
{
	return (StandingRange){ MAX(a.least, b.least), MAX(a.most, b.most) };
}

StandingMemory
standing_follow(StandingMemory memory, Standing found, StandingRange range, int64_t now, int64_t hold)
{
	StandingMemory next = memory;

	if (memory.said == STANDING_UNKNOWN)
		return (StandingMemory){ .said = found };
	next.said = CLAMP(memory.said, range.least, range.most);
	if (found == STANDING_UNKNOWN && next.leaning != next.said)
		return next;
	if (found == next.said || found == STANDING_UNKNOWN)
		return (StandingMemory){ .said = next.said };
	if (next.leaning != found) {
		next.leaning = found;
		next.since = now;
	}
	return now - next.since >= hold ? (StandingMemory){ .said = found } : next;
}
