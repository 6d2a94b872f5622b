#include "evidence.h"

#include <glib.h>

/* Best first: policy compares the values. */
static const char *const names[] = { "in_session", "local", "signed", "reporter", "known_message", "unverified" };

static void
test_names(void)
{
	Evidence got;

	for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
		g_assert_cmpstr(evidence_name((Evidence)i), ==, names[i]);
		g_assert_true(evidence_parse(names[i], &got));
		g_assert_cmpuint(got, ==, i);
	}
	g_assert_false(evidence_parse("hearsay", &got));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/evidence/names", test_names);
	return g_test_run();
}
