#include "socket_reach.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static const char *const unreachable[] = { "unix:/nonexistent/socket", "inet:1@127.0.0.1", "/no/kind", "inet:port@",
	"" };

static void
test_unreachable(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(unreachable); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_false(socket_reach(unreachable[i], &error));
		g_assert_error(error, RETOUR_ERROR, ERROR_RETRY);
	}
}

static void
test_unix(void)
{
	g_autofree char *folder = g_dir_make_tmp("retour-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(folder, "s", NULL);
	g_autofree char *text = g_strconcat("unix:", path, NULL);
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	g_autoptr(GError) error = NULL;
	int listener = socket(AF_UNIX, SOCK_STREAM, 0);

	g_strlcpy(address.sun_path, path, sizeof(address.sun_path));
	g_assert_cmpint(bind(listener, (const struct sockaddr *)&address, sizeof(address)), ==, 0);
	/* a socket that a killed process left behind */
	g_assert_false(socket_reach(text, &error));
	g_clear_error(&error);
	g_assert_cmpint(listen(listener, 1), ==, 0);
	g_assert_true(socket_reach(text, &error));
	g_assert_no_error(error);
	close(listener);
	g_unlink(path);
	g_rmdir(folder);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/support/socket_reach/unreachable", test_unreachable);
	g_test_add_func("/support/socket_reach/unix", test_unix);
	return g_test_run();
}
