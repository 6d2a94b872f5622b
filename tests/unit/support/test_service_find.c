#include "service_find.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* Who is found by a lock file: the one that signed it, as long as it holds the lock. */

typedef enum Signature {
	SIGNED_BY_US,
	SIGNED_BY_ANOTHER, /* a process that lives, and holds nothing */
	UNSIGNED,
	NO_FILE
} Signature;

static const struct FindCase {
	const char *name;
	Signature signature;
	bool held, found;
} cases[] = {
	{ "held", SIGNED_BY_US, true, true },
	{ "left-behind", SIGNED_BY_US, false, false },
	{ "held-by-another", SIGNED_BY_ANOTHER, true, false },
	{ "not-signed-yet", UNSIGNED, true, false },
	{ "never-ran", NO_FILE, false, false },
};

static int
make_lock(const char *name, const struct FindCase *row)
{
	g_autofree char *text = g_strdup_printf("%ld\n", (long)(row->signature == SIGNED_BY_US ? getpid() : 1));
	int lock = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	g_assert_cmpint(lock, >=, 0);
	if (row->signature != UNSIGNED)
		g_assert_cmpint(write(lock, text, strlen(text)), ==, (ssize_t)strlen(text));
	if (row->held)
		g_assert_cmpint(flock(lock, LOCK_EX | LOCK_NB), ==, 0);
	return lock;
}

static void
check_find(const void *data)
{
	const struct FindCase *row = data;
	g_autofree char *folder = g_dir_make_tmp("retour-XXXXXX", NULL);
	g_autofree char *socket = g_build_filename(folder, "socket", NULL);
	g_autofree char *name = g_strconcat(socket, ".lock", NULL);
	g_autoptr(GError) error = NULL;
	int lock = row->signature == NO_FILE ? -1 : make_lock(name, row);
	Service service;
	bool found = service_find(socket, &service, &error);

	g_assert_cmpint(found, ==, row->found);
	if (found) {
		g_assert_cmpint(service.pid, ==, getpid());
		service_close(&service);
	} else {
		g_assert_error(error, RETOUR_ERROR, ERROR_RETRY);
		g_assert_nonnull(strstr(error->message, "no retour-milter runs here"));
	}
	if (lock >= 0)
		close(lock);
	g_unlink(name);
	g_rmdir(folder);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strconcat("/service_find/", cases[i].name, NULL);

		g_test_add_data_func(path, &cases[i], check_find);
	}
	return g_test_run();
}
