#include "listen_socket.h"
#include "server.h"

#include <glib/gstdio.h>
#include <pthread.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define LIMIT 64

/* A server with one socket, which answers with what it was asked; "wait" waits until the test says so. */
typedef struct Fixture {
	char *folder, *path;
	ListenSocket *socket;
	Server *server;
	pthread_mutex_t lock;
	pthread_cond_t change;
	bool waiting, go_on;
} Fixture;

static char *
answer(void *context, unsigned listener, const char *text, size_t length)
{
	Fixture *fixture = context;

	g_assert_cmpuint(listener, ==, 0);
	pthread_mutex_lock(&fixture->lock);
	if (length == 4 && memcmp(text, "wait", 4) == 0) {
		fixture->waiting = true;
		pthread_cond_broadcast(&fixture->change);
		while (!fixture->go_on)
			pthread_cond_wait(&fixture->change, &fixture->lock);
	}
	pthread_mutex_unlock(&fixture->lock);
	return g_strndup(text, length);
}

static void
set_up(Fixture *fixture, gconstpointer max_clients)
{
	ServerSettings settings = { .threads = 3,
		.max_clients = GPOINTER_TO_UINT(max_clients),
		.request_limit = LIMIT,
		.answer = answer,
		.context = fixture };
	g_autoptr(GError) error = NULL;

	pthread_mutex_init(&fixture->lock, NULL);
	pthread_cond_init(&fixture->change, NULL);
	fixture->folder = g_dir_make_tmp("retour-map-XXXXXX", NULL);
	fixture->path = g_build_filename(fixture->folder, "map.sock", NULL);
	fixture->socket = listen_socket_open(fixture->path, 0600, (gid_t)-1, &error);
	g_assert_no_error(error);
	int descriptor = listen_socket_fd(fixture->socket);

	fixture->server = server_start(&settings, &descriptor, 1, &error);
	g_assert_no_error(error);
}

static void
tear_down(Fixture *fixture, gconstpointer max_clients)
{
	g_autofree char *lock = g_strconcat(fixture->path, ".lock", NULL);

	(void)max_clients;
	if (fixture->server != NULL)
		server_stop(fixture->server, 5000);
	listen_socket_free(fixture->socket);
	g_unlink(lock);
	g_rmdir(fixture->folder);
	g_free(fixture->path);
	g_free(fixture->folder);
	pthread_cond_destroy(&fixture->change);
	pthread_mutex_destroy(&fixture->lock);
}

static int
connect_to(const Fixture *fixture)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct timeval patience = { .tv_sec = 20 };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	g_strlcpy(address.sun_path, fixture->path, sizeof address.sun_path);
	g_assert_cmpint(connect(fd, (const struct sockaddr *)&address, sizeof address), ==, 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	return fd;
}

static void
put(int fd, const char *bytes, size_t size)
{
	g_assert_cmpint((int)send(fd, bytes, size, MSG_NOSIGNAL), ==, (int)size);
}

/* Reads as many bytes as are expected, and no more. */
static void
expect(int fd, const char *expected)
{
	size_t size = strlen(expected), done = 0;
	g_autofree char *got = g_malloc0(size + 1);

	while (done < size) {
		ssize_t more = recv(fd, got + done, size - done, 0);

		g_assert_cmpint((int)more, >, 0);
		done += (size_t)more;
	}
	g_assert_cmpstr(got, ==, expected);
}

static void
expect_end(int fd)
{
	char byte;

	g_assert_cmpint((int)recv(fd, &byte, 1, 0), <=, 0);
	close(fd);
}

static void
test_pieces(Fixture *fixture, gconstpointer data)
{
	static const char request[] = "5:hello,";
	int fd = connect_to(fixture);

	(void)data;
	for (size_t i = 0; i < strlen(request); i++) {
		put(fd, request + i, 1);
		g_usleep(1000);
	}
	expect(fd, "5:hello,");
	put(fd, "1:a,1:b,2:c", 11);
	expect(fd, "1:a,1:b,");
	put(fd, "d,", 2);
	expect(fd, "2:cd,");
	close(fd);
}

static void
test_longest(Fixture *fixture, gconstpointer data)
{
	g_autofree char *text = g_strnfill(LIMIT, 'x');
	g_autofree char *frame = g_strdup_printf("%d:%s,", LIMIT, text);
	int fd = connect_to(fixture);

	(void)data;
	for (unsigned i = 0; i < 20; i++) {
		put(fd, frame, strlen(frame));
		expect(fd, frame);
	}
	close(fd);
}

static void
test_bad(Fixture *fixture, gconstpointer data)
{
	static const char *const bad[] = { "65:", "99999999999999999999", "x", "GET / HTTP/1.1\r\n", "3:abcd", "-1:," };

	(void)data;
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		int fd = connect_to(fixture);

		g_test_expect_message("map", G_LOG_LEVEL_WARNING, "client=dropped*");
		put(fd, bad[i], strlen(bad[i]));
		expect_end(fd);
		/* The warning comes from another thread, but before the end of the connection. */
		g_test_assert_expected_messages();
	}
	int fd = connect_to(fixture);

	put(fd, "2:ok,", 5);
	expect(fd, "2:ok,");
	close(fd);
}

static void
test_many(Fixture *fixture, gconstpointer data)
{
	int fds[200];

	(void)data;
	for (size_t i = 0; i < G_N_ELEMENTS(fds); i++)
		fds[i] = connect_to(fixture);
	for (unsigned round = 0; round < 3; round++) {
		for (size_t i = 0; i < G_N_ELEMENTS(fds); i++)
			put(fds[i], "1:q,", 4);
		for (size_t i = 0; i < G_N_ELEMENTS(fds); i++)
			expect(fds[i], "1:q,");
	}
	for (size_t i = 0; i < G_N_ELEMENTS(fds); i++)
		close(fds[i]);
}

/* At the limit the client that is silent for longest makes room. */
static void
test_room(Fixture *fixture, gconstpointer data)
{
	int first = connect_to(fixture), second, third;

	(void)data;
	put(first, "1:1,", 4);
	expect(first, "1:1,");
	g_usleep(5000);
	second = connect_to(fixture);
	put(second, "1:2,", 4);
	expect(second, "1:2,");
	third = connect_to(fixture);
	put(third, "1:3,", 4);
	expect(third, "1:3,");
	expect_end(first);
	put(second, "1:2,", 4);
	expect(second, "1:2,");
	close(second);
	close(third);
}

static void
test_idle(Fixture *fixture, gconstpointer data)
{
	int silent = connect_to(fixture), lively = connect_to(fixture);

	(void)data;
	put(silent, "1:s,", 4);
	expect(silent, "1:s,");
	g_usleep(300000);
	put(lively, "1:l,", 4);
	expect(lively, "1:l,");
	server_drop_idle(fixture->server, 250);
	expect_end(silent);
	put(lively, "1:l,", 4);
	expect(lively, "1:l,");
	close(lively);
}

static void *
stop(void *data)
{
	Fixture *fixture = data;

	server_stop(g_steal_pointer(&fixture->server), 20000);
	return NULL;
}

/* A question in work is answered, silent clients are not waited for. */
static void
test_drain(Fixture *fixture, gconstpointer data)
{
	int silent = connect_to(fixture), asking = connect_to(fixture);
	pthread_t thread;

	(void)data;
	put(silent, "1:s,", 4);
	expect(silent, "1:s,");
	put(asking, "4:wait,", 7);
	pthread_mutex_lock(&fixture->lock);
	while (!fixture->waiting)
		pthread_cond_wait(&fixture->change, &fixture->lock);
	pthread_mutex_unlock(&fixture->lock);
	pthread_create(&thread, NULL, stop, fixture);
	expect_end(silent);
	pthread_mutex_lock(&fixture->lock);
	fixture->go_on = true;
	pthread_cond_broadcast(&fixture->change);
	pthread_mutex_unlock(&fixture->lock);
	expect(asking, "4:wait,");
	expect_end(asking);
	pthread_join(thread, NULL);
}

/* Without a descriptor for a new client a silent one makes room, as at the limit on clients. */
static void
test_exhausted(Fixture *fixture, gconstpointer data)
{
	int clients[3] = { connect_to(fixture) };
	struct rlimit before, little;
	int next;

	(void)data;
	put(clients[0], "1:s,", 4);
	expect(clients[0], "1:s,");
	/* Room for two descriptors more on this side, and for one on the server's. */
	next = dup(clients[0]);
	close(next);
	getrlimit(RLIMIT_NOFILE, &before);
	little = (struct rlimit){ .rlim_cur = (rlim_t)next + 3, .rlim_max = before.rlim_max };
	setrlimit(RLIMIT_NOFILE, &little);
	clients[1] = connect_to(fixture);
	put(clients[1], "1:s,", 4);
	expect(clients[1], "1:s,");
	g_test_expect_message("map", G_LOG_LEVEL_WARNING, "clients=too-many*");
	clients[2] = connect_to(fixture);
	put(clients[2], "1:s,", 4);
	expect(clients[2], "1:s,");
	g_test_assert_expected_messages();
	setrlimit(RLIMIT_NOFILE, &before);
	for (unsigned i = 0; i < G_N_ELEMENTS(clients); i++)
		close(clients[i]);
}

#define ADD(path, clients, function) \
	g_test_add(path, Fixture, GUINT_TO_POINTER((unsigned)(clients)), set_up, function, tear_down)

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("/server/pieces", 10, test_pieces);
	ADD("/server/longest", 10, test_longest);
	ADD("/server/bad", 10, test_bad);
	ADD("/server/many", 200, test_many);
	ADD("/server/room", 2, test_room);
	ADD("/server/exhausted", 10, test_exhausted);
	ADD("/server/idle", 10, test_idle);
	ADD("/server/drain", 10, test_drain);
	return g_test_run();
}
