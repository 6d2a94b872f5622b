#include "standing.h"

#include <glib.h>

#define HOUR 3600
#define U STANDING_UNKNOWN
#define G STANDING_GOOD
#define W STANDING_WATCH
#define B STANDING_BAD

typedef struct RangeCase {
	int64_t hits, trials;
	Standing least, most;
} RangeCase;

/* Watch from 2 %, bad from 5 %, at least 10. */
static const RangeCase ranges[] = {
	{ 0, 0, G, B },
	{ 9, 9, G, B }, /* no sample */
	{ 10, 10, B, B },
	{ 0, 50, G, B }, /* up to 7 % */
	{ 0, 1000, G, G },
	{ 19, 1000, G, W },
	{ 20, 1000, G, W },
	{ 35, 1000, W, W },
	{ 50, 1000, W, B },
	{ 70, 1000, B, B },
};

static void
test_range(void)
{
	static const RateLimits limits = { 0.02, 0.05, 10 };
	static const StandingRange good = { G, G }, any = { G, B }, bad = { B, B };

	for (size_t i = 0; i < G_N_ELEMENTS(ranges); i++) {
		Rate rate = rate_make(ranges[i].hits, ranges[i].trials);
		StandingRange range = standing_range(&rate, &limits);

		g_test_message("%d of %d", (int)ranges[i].hits, (int)ranges[i].trials);
		g_assert_cmpint(range.most, ==, ranges[i].most);
		g_assert_cmpint(range.least, ==, ranges[i].least);
	}
	g_assert_cmpint(standing_range_worst(good, any).most, ==, B);
	g_assert_cmpint(standing_range_worst(good, any).least, ==, G);
	g_assert_cmpint(standing_range_worst(bad, good).least, ==, B);
}

typedef struct FollowCase {
	const char *what;
	StandingMemory memory;
	Standing found;
	StandingRange range;
	int64_t now;
	StandingMemory next;
} FollowCase;

/* hold: an hour */
static const FollowCase cases[] = {
	{ "nothing known", { U, U, 0 }, U, { G, B }, 1000, { U, U, 0 } },
	{ "first opinion", { U, U, 0 }, W, { G, B }, 1000, { W, U, 0 } },
	{ "the same", { G, U, 0 }, G, { G, G }, 1000, { G, U, 0 } },
	{ "the same, though it may be worse", { G, U, 0 }, G, { G, W }, 1000, { G, U, 0 } },
	{ "surely worse", { G, U, 0 }, W, { W, W }, 1000, { W, U, 0 } },
	{ "surely worse, perhaps bad", { G, U, 0 }, W, { W, B }, 1000, { W, U, 0 } },
	{ "surely bad", { G, U, 0 }, B, { B, B }, 1000, { B, U, 0 } },
	{ "surely better", { W, U, 0 }, G, { G, G }, 1000, { G, U, 0 } },
	{ "surely much better", { B, U, 0 }, G, { G, G }, 1000, { G, U, 0 } },
	{ "about the limit, upwards", { G, U, 0 }, W, { G, W }, 1000, { G, W, 1000 } },
	{ "about the limit, still", { G, W, 1000 }, W, { G, W }, 1000 + HOUR - 1, { G, W, 1000 } },
	{ "about the limit, for long", { G, W, 1000 }, W, { G, W }, 1000 + HOUR, { W, U, 0 } },
	{ "about the limit, back", { G, W, 1000 }, G, { G, W }, 1500, { G, U, 0 } },
	{ "about the limit, downwards", { W, U, 0 }, G, { G, W }, 1000, { W, G, 1000 } },
	{ "no longer surely bad", { B, U, 0 }, W, { W, B }, 1000, { B, W, 1000 } },
	{ "surely not bad any more, perhaps good", { B, U, 0 }, G, { G, W }, 1000, { W, G, 1000 } },
	{ "leans elsewhere", { B, W, 1000 }, G, { G, B }, 1500, { B, G, 1500 } },
	{ "too little data", { W, U, 0 }, U, { G, B }, 1000, { W, U, 0 } },
	{ "too little data, leaning", { W, G, 1000 }, U, { G, B }, 9000, { W, G, 1000 } },
	{ "too little data to say what, but surely not good", { G, U, 0 }, U, { W, B }, 1000, { W, U, 0 } },
	{ "forced to where it leaned", { G, W, 1000 }, U, { W, B }, 1500, { W, U, 0 } },
	{ "the clock was set back", { G, W, 5000 }, W, { G, W }, 1000, { G, W, 5000 } },
};

static void
test_follow(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		const FollowCase *given = &cases[i];
		StandingMemory next = standing_follow(given->memory, given->found, given->range, given->now, HOUR);

		g_test_message("%s", given->what);
		g_assert_cmpint(next.said, ==, given->next.said);
		g_assert_cmpint(next.leaning, ==, given->next.leaning);
		g_assert_cmpint(next.since, ==, given->next.since);
	}
}

static void
test_no_hold(void)
{
	static const StandingRange wide = { G, B };
	StandingMemory next = standing_follow((StandingMemory){ .said = G }, W, wide, 1000, 0);

	g_assert_cmpint(next.said, ==, W);
}

/* A rate of exactly the limit, looked at by the minute for a day while the sample moves a little: said once at most. */
static void
test_swing(void)
{
	static const RateLimits limits = { 0.001, 0.003, 100 };
	StandingMemory memory = { 0 };
	unsigned changes = 0;

	for (int minute = 0; minute < 24 * 60; minute++) {
		Rate rate = rate_make(20 + minute % 2, 20500); /* 0.098 %, 0.102 % */
		StandingMemory next = standing_follow(
			memory, rate_standing(&rate, &limits), standing_range(&rate, &limits), minute * 60, HOUR);

		changes += next.said != memory.said;
		memory = next;
	}
	g_assert_cmpuint(changes, ==, 1);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/standing/range", test_range);
	g_test_add_func("/standing/follow", test_follow);
	g_test_add_func("/standing/no_hold", test_no_hold);
	g_test_add_func("/standing/swing", test_swing);
	return g_test_run();
}
