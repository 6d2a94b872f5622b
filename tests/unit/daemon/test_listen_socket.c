#include "listen_socket.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct AddressCase {
	const char *address;
	bool good;
} AddressCase;

static const AddressCase addresses[] = {
	{ "unix:/run/retour/in", true },
	{ "local:/run/retour/in", true },
	{ "/run/retour/in", true },
	{ "inet:8891@127.0.0.1", true },
	{ "inet6:8891@::1", true },
	{ "inet6:8891@[::1]", true },
	{ "unix:run/in", false },
	{ "unix:", false },
	{ "inet:8891", false },
	{ "inet:0@127.0.0.1", false },
	{ "inet:65536@127.0.0.1", false },
	{ "inet:smtp@127.0.0.1", false },
	{ "inet:8891@localhost", false },
	{ "inet:8891@::1", false },
	{ "fd:3", false },
	{ "", false },
};

typedef struct Place {
	char *folder, *path, *address;
} Place;

static void
place_set_up(Place *place, gconstpointer data G_GNUC_UNUSED)
{
	place->folder = g_dir_make_tmp("retour-socket-XXXXXX", NULL);
	place->path = g_build_filename(place->folder, "s", NULL);
	place->address = g_strconcat("unix:", place->path, NULL);
}

static void
place_tear_down(Place *place, gconstpointer data G_GNUC_UNUSED)
{
	static const char *const suffixes[] = { "", ".lock", ".new", ".old" };

	for (size_t i = 0; i < G_N_ELEMENTS(suffixes); i++) {
		g_autofree char *path = g_strconcat(place->path, suffixes[i], NULL);

		g_unlink(path);
	}
	/* Fails when something else was left lying there. */
	g_assert_cmpint(g_rmdir(place->folder), ==, 0);
	g_free(place->folder);
	g_free(place->path);
	g_free(place->address);
}

static ListenSocket *
open_good(const Place *place)
{
	g_autoptr(GError) error = NULL;
	ListenSocket *made = listen_socket_open(place->address, 0640, (gid_t)-1, &error);

	g_assert_no_error(error);
	return made;
}

static bool
reachable(const Place *place)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	bool ok;

	g_strlcpy(address.sun_path, place->path, sizeof address.sun_path);
	ok = connect(fd, (const struct sockaddr *)&address, sizeof address) == 0;
	close(fd);
	return ok;
}

static void
test_address(gconstpointer data)
{
	const AddressCase *c = data;
	g_autoptr(GError) error = NULL;

	g_assert_cmpint(listen_address_check(c->address, &error), ==, c->good);
	if (!c->good)
		g_assert_error(error, RETOUR_ERROR, ERROR_CONFIG);
}

static void
test_open(Place *place, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(ListenSocket) made = open_good(place);
	struct stat found;

	g_assert_cmpint(stat(place->path, &found), ==, 0);
	g_assert_cmpuint(found.st_mode & 0777, ==, 0640);
	g_assert_true(reachable(place));
	listen_socket_free(g_steal_pointer(&made));
	g_assert_false(g_file_test(place->path, G_FILE_TEST_EXISTS));
}

static void
test_second_instance(Place *place, gconstpointer data G_GNUC_UNUSED)
{
	ListenSocket *first = open_good(place);
	g_autoptr(GError) error = NULL;

	g_assert_null(listen_socket_open(place->address, 0640, (gid_t)-1, &error));
	g_assert_error(error, RETOUR_ERROR, ERROR_RETRY);
	g_assert_nonnull(strstr(error->message, "in use by another instance"));
	g_assert_true(reachable(place));
	listen_socket_free(first);
}

static void
test_stale_file(Place *place, gconstpointer data G_GNUC_UNUSED)
{
	ListenSocket *killed = open_good(place);
	g_autoptr(ListenSocket) next = NULL;

	/* As kill -9 leaves it. */
	listen_socket_forget(killed);
	g_assert_true(g_file_test(place->path, G_FILE_TEST_EXISTS));
	next = open_good(place);
	g_assert_true(reachable(place));
}

static void
test_other_program(Place *place, gconstpointer data G_GNUC_UNUSED)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	g_autoptr(GError) error = NULL;

	g_strlcpy(address.sun_path, place->path, sizeof address.sun_path);
	g_assert_cmpint(bind(fd, (const struct sockaddr *)&address, sizeof address), ==, 0);
	g_assert_cmpint(listen(fd, 5), ==, 0);
	g_assert_null(listen_socket_open(place->address, 0640, (gid_t)-1, &error));
	g_assert_error(error, RETOUR_ERROR, ERROR_RETRY);
	g_assert_nonnull(strstr(error->message, "another program"));
	close(fd);
}

static void
test_no_socket(Place *place, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *text = NULL;

	g_assert_true(g_file_set_contents(place->path, "precious", -1, NULL));
	g_assert_null(listen_socket_open(place->address, 0640, (gid_t)-1, &error));
	g_assert_error(error, RETOUR_ERROR, ERROR_RETRY);
	g_assert_true(g_file_get_contents(place->path, &text, NULL, NULL));
	g_assert_cmpstr(text, ==, "precious");
}

static void
test_late_stop(Place *place, gconstpointer data G_GNUC_UNUSED)
{
	ListenSocket *old = open_good(place);
	g_autoptr(ListenSocket) new = NULL;
	struct pollfd ready = { .fd = listen_socket_fd(old), .events = POLLIN };

	listen_socket_retire(old);
	g_assert_false(reachable(place));
	new = open_good(place);
	g_assert_true(reachable(place));
	/* The old one can still be woken, and its end leaves the new one's socket alone. */
	g_assert_cmpint(poll(&ready, 1, 0), ==, 0);
	listen_socket_poke(old);
	g_assert_cmpint(poll(&ready, 1, 0), ==, 1);
	listen_socket_free(old);
	g_assert_true(reachable(place));
}

static void
test_inet_in_use(void)
{
	g_autoptr(ListenSocket) first = NULL;
	g_autoptr(GError) error = NULL;
	g_autofree char *address = NULL;

	for (unsigned port = 20000 + (unsigned)getpid() % 20000; first == NULL; port++) {
		g_free(address);
		address = g_strdup_printf("inet:%u@127.66.5.1", port);
		first = listen_socket_open(address, 0, (gid_t)-1, NULL);
	}
	g_assert_null(listen_socket_open(address, 0, (gid_t)-1, &error));
	g_assert_error(error, RETOUR_ERROR, ERROR_RETRY);
	g_assert_nonnull(strstr(error->message, g_strerror(EADDRINUSE)));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(addresses); i++) {
		g_autofree char *path = g_strdup_printf("/listen_socket/address/%zu", i);

		g_test_add_data_func(path, &addresses[i], test_address);
	}
#define ADD(name, function) g_test_add("/listen_socket/" name, Place, NULL, place_set_up, function, place_tear_down)
	ADD("open", test_open);
	ADD("second-instance", test_second_instance);
	ADD("stale-file", test_stale_file);
	ADD("other-program", test_other_program);
	ADD("no-socket", test_no_socket);
	ADD("late-stop", test_late_stop);
#undef ADD
	g_test_add_func("/listen_socket/inet-in-use", test_inet_in_use);
	return g_test_run();
}
