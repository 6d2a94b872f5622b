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

static void
test_line_steers_no_terminal(void)
{
	if (g_test_subprocess()) {
		log_open("test", LOG_OUTCOMES);
		g_message("%s", "a\033[2J\177\nforged \xc2\x9bm \xff ü");
		return;
	}
	g_test_trap_subprocess(NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
	g_test_trap_assert_passed();
	g_test_trap_assert_stderr("*info: a [2J  forged  m \xef\xbf\xbd ü\n");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/log/value", test_value);
	g_test_add_func("/log/value-is-cut", test_value_is_cut);
	g_test_add_func("/log/line-steers-no-terminal", test_line_steers_no_terminal);
	return g_test_run();
}
