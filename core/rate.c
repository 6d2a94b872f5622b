#include "rate.h"

#include <glib.h>
#include <math.h>

#define Z_SQUARED 3.841458820694124 /* of the normal quantile for 95 %, 1.959963984540054 */

Rate
rate_make(int64_t hits, int64_t trials)
{
	Rate rate = { .hits = hits, .trials = MAX(hits, trials), .high = 1 };
	double n = (double)rate.trials, k = (double)hits, middle, half;

	if (rate.trials <= 0)
		return rate;
	middle = k + Z_SQUARED / 2;
	half = sqrt(Z_SQUARED * (k * (n - k) / n + Z_SQUARED / 4));
	rate.low = MAX((middle - half) / (n + Z_SQUARED), 0);
	rate.high = MIN((middle + half) / (n + Z_SQUARED), 1);
	return rate;
}

double
rate_value(const Rate *rate)
{
	return rate->trials <= 0 ? 0 : (double)rate->hits / (double)rate->trials;
}

Standing
rate_standing(const Rate *rate, const RateLimits *limits)
{
	if (rate->trials < limits->least_trials)
		return STANDING_UNKNOWN;
	if (rate->low < limits->watch && rate->high >= limits->bad)
		return STANDING_UNKNOWN;
	if (rate->low >= limits->bad)
		return STANDING_BAD;
	return rate_value(rate) < limits->watch ? STANDING_GOOD : STANDING_WATCH;
}

Standing
standing_worst(Standing a, Standing b)
{
	Standing worst = MAX(a, b);

	return worst == STANDING_GOOD ? MIN(a, b) : worst;
}

const char *
standing_name(Standing standing)
{
	static const char *const names[] = { "too little data", "good", "watch", "bad" };

	g_assert(standing < G_N_ELEMENTS(names));
	return names[standing];
}

Trend
rate_trend(const Rate *before, const Rate *now)
{
	if (now->low > before->high)
		return TREND_RISING;
	return now->high < before->low ? TREND_FALLING : TREND_STEADY;
}

const char *
trend_name(Trend trend)
{
	static const char *const names[] = { "steady", "rising", "falling" };

	g_assert(trend < G_N_ELEMENTS(names));
	return names[trend];
}
