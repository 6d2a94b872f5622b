#include "rate.h"

#include <glib.h>
#include <math.h>

/* Bounds from R's binom.confint(x, n, methods = "wilson") and from the tables of Newcombe (Stat. Med. 17, 1998). */
typedef struct Bounds {
	int64_t hits, trials;
	double low, high;
} Bounds;

static const Bounds bounds[] = {
	{ 0, 0, 0, 1 }, { 0, 20, 0.0000, 0.1611 }, { 1, 29, 0.0061, 0.1718 }, { 15, 148, 0.0624, 0.1605 },
	{ 81, 263, 0.2553, 0.3662 }, { 1, 2, 0.0945, 0.9055 }, { 0, 1, 0, 0.7935 }, { 1, 1, 0.2065, 1 },
	{ 10, 10, 0.7225, 1 }, { 5, 3, 0.5655, 1 }, /* more hits than trials */
};

static void
test_bounds(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(bounds); i++) {
		Rate rate = rate_make(bounds[i].hits, bounds[i].trials);

		g_test_message(
			"%d of %d: %.4f to %.4f", (int)bounds[i].hits, (int)bounds[i].trials, rate.low, rate.high);
		g_assert_cmpfloat(fabs(rate.low - bounds[i].low), <, 0.00006);
		g_assert_cmpfloat(fabs(rate.high - bounds[i].high), <, 0.00006);
	}
}

/* The rate lies within its bounds, and more of the same data makes them narrower. */
static void
test_properties(void)
{
	for (int64_t trials = 1; trials < 400; trials += 7)
		for (int64_t hits = 0; hits <= trials; hits++) {
			Rate rate = rate_make(hits, trials), more = rate_make(hits * 10, trials * 10);

			g_assert_cmpfloat(rate.low, <=, rate_value(&rate) + 1e-12);
			g_assert_cmpfloat(rate_value(&rate), <=, rate.high + 1e-12);
			g_assert_cmpfloat(more.high - more.low, <, rate.high - rate.low);
		}
}

#define COMPLAINTS \
	{ \
		0.001, 0.003, 10 \
	}
#define HARD \
	{ \
		0.02, 0.05, 10 \
	}

typedef struct StandingCase {
	int64_t hits, trials;
	RateLimits limits;
	Standing standing;
} StandingCase;

static const StandingCase standings[] = {
	{ 0, 0, HARD, STANDING_UNKNOWN },
	{ 1, 2, HARD, STANDING_UNKNOWN },  /* "50 %" */
	{ 0, 50, HARD, STANDING_UNKNOWN }, /* up to 7 % is possible */
	{ 0, 100, HARD, STANDING_GOOD },
	{ 1, 1, HARD, STANDING_UNKNOWN }, /* no sample */
	{ 9, 9, HARD, STANDING_UNKNOWN },
	{ 10, 10, HARD, STANDING_BAD },
	{ 10, 1000, HARD, STANDING_GOOD },
	{ 20, 1000, HARD, STANDING_WATCH }, /* at the limit, surely below bad */
	{ 40, 1000, HARD, STANDING_WATCH }, /* surely from watch on, perhaps bad */
	{ 50, 1000, HARD, STANDING_WATCH },
	{ 70, 1000, HARD, STANDING_BAD },
	{ 500, 10000, HARD, STANDING_WATCH },
	{ 560, 10000, HARD, STANDING_BAD },
	{ 0, 1000, COMPLAINTS, STANDING_UNKNOWN },
	{ 0, 2000, COMPLAINTS, STANDING_GOOD },
	{ 1, 1000, COMPLAINTS, STANDING_UNKNOWN },
	{ 20, 20000, COMPLAINTS, STANDING_WATCH },
	{ 10, 20000, COMPLAINTS, STANDING_GOOD },
	{ 60, 20000, COMPLAINTS, STANDING_WATCH },
	{ 90, 20000, COMPLAINTS, STANDING_BAD },
	{ 1000, 1000000, COMPLAINTS, STANDING_WATCH },
	{ 999, 1000000, COMPLAINTS, STANDING_GOOD },
};

static void
test_standing(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(standings); i++) {
		Rate rate = rate_make(standings[i].hits, standings[i].trials);
		Standing standing = rate_standing(&rate, &standings[i].limits);

		g_test_message(
			"%d of %d: %s", (int)standings[i].hits, (int)standings[i].trials, standing_name(standing));
		g_assert_cmpint(standing, ==, standings[i].standing);
	}
	g_assert_cmpint(standing_worst(STANDING_GOOD, STANDING_GOOD), ==, STANDING_GOOD);
	g_assert_cmpint(standing_worst(STANDING_GOOD, STANDING_UNKNOWN), ==, STANDING_UNKNOWN);
	g_assert_cmpint(standing_worst(STANDING_UNKNOWN, STANDING_GOOD), ==, STANDING_UNKNOWN);
	g_assert_cmpint(standing_worst(STANDING_UNKNOWN, STANDING_WATCH), ==, STANDING_WATCH);
	g_assert_cmpint(standing_worst(STANDING_BAD, STANDING_GOOD), ==, STANDING_BAD);
}

/* With the same rate the opinion never gets worse by having more data, once it is known; with more hits it never gets better. */
static void
test_standing_order(void)
{
	static const RateLimits limits = HARD;

	for (int64_t trials = 100; trials < 3000; trials += 100) {
		Standing before = STANDING_GOOD;

		for (int64_t hits = 0; hits <= trials; hits++) {
			Rate rate = rate_make(hits, trials);
			Standing standing = rate_standing(&rate, &limits);

			if (standing == STANDING_UNKNOWN)
				continue;
			g_assert_cmpint(standing, >=, before);
			before = standing;
		}
	}
}

static void
test_trend(void)
{
	Rate little = rate_make(10, 1000), more = rate_make(60, 1000), similar = rate_make(12, 1000),
	     none = rate_make(0, 0);

	g_assert_cmpint(rate_trend(&little, &more), ==, TREND_RISING);
	g_assert_cmpint(rate_trend(&more, &little), ==, TREND_FALLING);
	g_assert_cmpint(rate_trend(&little, &similar), ==, TREND_STEADY);
	g_assert_cmpint(rate_trend(&none, &more), ==, TREND_STEADY);
	g_assert_cmpint(rate_trend(&more, &none), ==, TREND_STEADY);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/rate/bounds", test_bounds);
	g_test_add_func("/rate/properties", test_properties);
	g_test_add_func("/rate/standing", test_standing);
	g_test_add_func("/rate/standing-order", test_standing_order);
	g_test_add_func("/rate/trend", test_trend);
	return g_test_run();
}
