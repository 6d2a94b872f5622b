#include "data_dir.h"

#include <glib.h>

static void
test_installed(void)
{
	g_autofree char *folder = NULL;

	/* this program lies deeper in the build tree than the two that look there, so it must fall through */
	g_unsetenv("RETOUR_DATA");
	folder = data_dir();
	g_assert_true(g_path_is_absolute(folder));
	g_assert_true(g_str_has_suffix(folder, "/retour"));
}

static void
test_environment(void)
{
	g_autofree char *folder = NULL;

	g_setenv("RETOUR_DATA", "/somewhere/else", TRUE);
	folder = data_dir();
	g_assert_cmpstr(folder, ==, "/somewhere/else");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/config/data_dir/installed", test_installed);
	g_test_add_func("/config/data_dir/environment", test_environment);
	return g_test_run();
}
