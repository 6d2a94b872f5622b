#include "spelling.h"

static const struct {
	const char *address, *meant;
} cases[] = {
	{ "anna@gmial.com", "anna@gmail.com" },
	{ "anna@gmail.con", "anna@gmail.com" },
	{ "anna@gmail.co", "anna@gmail.com" },
	{ "\"a@b\"@hotmal.com", "\"a@b\"@hotmail.com" },
	{ "anna@gmail.com", NULL },
	{ "anna@ymail.com", NULL }, /* a letter from gmail.com, and somebody's own */
	{ "anna@gnmaill.com", NULL },
	{ "anna@example.org", NULL },
	{ "@gmial.com", "@gmail.com" },
	{ "hash:0011", NULL },
};

static void
test_spelling(void)
{
	g_autoptr(Providers) providers = providers_new();
	const char *other;

	g_assert_true(providers_add_domain(providers, "google", "gmail.com", &other));
	g_assert_true(providers_add_domain(providers, "microsoft", "hotmail.com", &other));
	g_assert_true(providers_add_domain(providers, "yahoo", "ymail.com", &other));
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *meant = spelling_meant(providers, cases[i].address);

		g_assert_cmpstr(meant, ==, cases[i].meant);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/support/spelling", test_spelling);
	return g_test_run();
}
