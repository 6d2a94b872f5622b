#include "networks.h"

static const struct Case {
	const char *network, *client;
	bool match;
} cases[] = {
	{ "127.0.0.0/8", "127.77.0.1", true },
	{ "127.0.0.0/8", "128.0.0.1", false },
	{ "192.0.2.0/25", "192.0.2.127", true },
	{ "192.0.2.0/25", "192.0.2.128", false },
	{ "192.0.2.1", "192.0.2.1", true },
	{ "192.0.2.1", "192.0.2.2", false },
	{ "0.0.0.0/0", "203.0.113.9", true },
	{ "0.0.0.0/0", "2001:db8::1", false },
	{ "::1", "::1", true },
	{ "::1", "IPv6:::1", true },
	{ "2001:db8::/33", "2001:db8:7fff::1", true },
	{ "2001:db8::/33", "2001:db8:8000::1", false },
	{ "::/0", "192.0.2.1", true },
	{ "192.0.2.0/24", "::ffff:192.0.2.9", true },
	{ "127.0.0.0/8", "", false },
	{ "127.0.0.0/8", "localhost", false },
	{ "::/0", "unknown", false },
};

static const char *const refused[] = { "", "/", "127.0.0.0/33", "::/129", "127.0.0.0/", "127.0.0.0/x", "127.0.0.0/-1",
	"localhost", "127.0.0", "127.0.0.1/8/8", "300.0.0.1" };

static void
test_match(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Networks) networks = networks_new();
		g_autoptr(GError) error = NULL;

		networks_add(networks, cases[i].network, &error);
		g_assert_no_error(error);
		g_test_message("%s in %s", cases[i].client, cases[i].network);
		g_assert_cmpint(networks_match(networks, cases[i].client), ==, cases[i].match);
	}
}

static void
test_refused(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(refused); i++) {
		g_autoptr(Networks) networks = networks_new();
		g_autoptr(GError) error = NULL;

		g_test_message("%s", refused[i]);
		g_assert_false(networks_add(networks, refused[i], &error));
		g_assert_error(error, RETOUR_ERROR, ERROR_CONFIG);
		g_assert_false(networks_match(networks, "127.0.0.1"));
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/networks/match", test_match);
	g_test_add_func("/networks/refused", test_refused);
	return g_test_run();
}
