#include "flood.h"

#define NOW INT64_C(1795003200) /* an hour begins */

static unsigned
take(Flood *flood, const char *source, unsigned tries, int64_t now)
{
	unsigned taken = 0;

	while (tries-- > 0)
		taken += flood_take(flood, source, now);
	return taken;
}

static void
test_limits(void)
{
	Flood *flood = flood_new(10, 4);

	g_assert_cmpuint(take(flood, "192.0.2.1", 9, NOW), ==, 4);
	g_assert_cmpuint(take(flood, "192.0.2.2", 9, NOW), ==, 4);
	g_assert_cmpuint(take(flood, "", 9, NOW), ==, 2);
	g_assert_cmpuint(take(flood, "192.0.2.3", 9, NOW), ==, 0);
	g_assert_cmpuint(take(flood, "192.0.2.1", 9, NOW + 3600), ==, 4);
	flood_free(flood);
}

/* Whoever has one IPv6 address has 2^64. */
static void
test_networks(void)
{
	Flood *flood = flood_new(0, 4);

	g_assert_cmpuint(take(flood, "2001:db8::1", 3, NOW), ==, 3);
	g_assert_cmpuint(take(flood, "2001:DB8:0:0:ffff::2", 3, NOW), ==, 1);
	g_assert_cmpuint(take(flood, "2001:db8:0:1::1", 3, NOW), ==, 3);
	flood_free(flood);
}

static void
test_given_back(void)
{
	Flood *flood = flood_new(5, 2);

	g_assert_cmpuint(take(flood, "a", 9, NOW), ==, 2);
	flood_give_back(flood, "a", NOW);
	g_assert_cmpuint(take(flood, "a", 9, NOW), ==, 1);
	g_assert_cmpuint(take(flood, "", 9, NOW), ==, 3);
	flood_give_back(flood, "", NOW - 1); /* of the hour before */
	g_assert_cmpuint(take(flood, "b", 9, NOW), ==, 0);
	flood_free(flood);
}

static void
test_unlimited(void)
{
	Flood *flood = flood_new(0, 0);

	g_assert_cmpuint(take(flood, "a", 100000, NOW), ==, 100000);
	flood_free(flood);
}

/* More sources than have accounts of their own: memory stays bounded, and the late ones share. */
static void
test_many_sources(void)
{
	Flood *flood = flood_new(0, 5);
	unsigned taken = 0;

	for (unsigned i = 0; i < 100100; i++) {
		g_autofree char *source = g_strdup_printf("s%u", i);

		taken += flood_take(flood, source, NOW);
	}
	g_assert_cmpuint(taken, ==, 100005);
	flood_free(flood);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/flood/limits", test_limits);
	g_test_add_func("/flood/networks", test_networks);
	g_test_add_func("/flood/given-back", test_given_back);
	g_test_add_func("/flood/unlimited", test_unlimited);
	g_test_add_func("/flood/many-sources", test_many_sources);
	return g_test_run();
}
