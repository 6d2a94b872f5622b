#include "when.h"

#include "decision.h"

#include <glib.h>

static void
test_json(void)
{
	g_autofree char *text = when_json(1795458400);

	g_assert_cmpstr(text, ==, "2026-11-23T18:26:40Z");
	g_assert_null(when_json(NEVER_EXPIRES));
}

static void
test_text(void)
{
	g_autofree char *text = when_text(1795458400);
	g_autofree char *never = when_text(NEVER_EXPIRES);
	g_autofree char *beyond = when_text(INT64_MAX - 1);

	g_assert_cmpstr(text, ==, "2026-11-23 19:26");
	g_assert_cmpstr(never, ==, "until removed");
	g_assert_cmpstr(beyond, ==, "until removed");
}

int
main(int argc, char **argv)
{
	g_setenv("TZ", "UTC-1", TRUE);
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/support/when/json", test_json);
	g_test_add_func("/support/when/text", test_text);
	return g_test_run();
}
