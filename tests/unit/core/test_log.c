#include "log.h"

#include <glib.h>
#include <string.h>

static const char *const cases[][2] = {
	{ "plain", "plain" },
	{ "a@example.com", "a@example.com" },
	{ "", "\"\"" },
	{ "two words", "\"two words\"" },
	{ "key=value", "\"key=value\"" },
	{ "say \"hi\"", "\"say \\\"hi\\\"\"" },
	{ "line\nforged=1", "\"line forged=1\"" },
};

static void
test_value(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *got = log_value(cases[i][0]);

		g_assert_cmpstr(got, ==, cases[i][1]);
	}
}

static void
test_value_is_cut(void)
{
	g_autofree char *text = g_strnfill(1000, 'x');
	g_autofree char *got = log_value(text);

	g_assert_cmpuint(strlen(got), ==, 200);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/log/value", test_value);
	g_test_add_func("/log/value-is-cut", test_value_is_cut);
	return g_test_run();
}
