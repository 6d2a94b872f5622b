#include "suggest.h"

#include <glib.h>

static const char *const names[] = { "classify", "explain", "rules", "lookup", "blacklist", "migrate", "cache",
	"doctor" };

static const struct {
	const char *word, *meant;
} cases[] = {
	{ "clasify", "classify" },
	{ "calssify", "classify" },
	{ "lokup", "lookup" },
	{ "rule", "rules" },
	{ "balcklist", "blacklist" },
	{ "class", "classify" },
	{ "migrat", "migrate" },
	{ "frobnicate", NULL },
	{ "x", NULL },
	{ "", NULL },
	{ "a-word-that-is-much-longer-than-any-command-ever-was", NULL },
};

static void
test_suggest(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		g_assert_cmpstr(suggest_name(names, G_N_ELEMENTS(names), cases[i].word), ==, cases[i].meant);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/support/suggest", test_suggest);
	return g_test_run();
}
