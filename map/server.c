#include "server.h"

#include "netstring.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define FRAME_OCTETS 16 /* digits, colon and comma of a netstring */
#define EXHAUSTED_US 10000

typedef enum Kind {
	KIND_LISTENER,
	KIND_CLIENT,
	KIND_END
} Kind;

/* What epoll hands to a thread. Each is with one thread at a time: EPOLLONESHOT. */
typedef struct Source {
	Kind kind;
	int fd;
	unsigned listener;    /* number of the listening socket */
	pthread_mutex_t turn; /* held by the thread that has it */
} Source;

typedef struct Client {
	Source source;
	atomic_int_fast64_t heard_at; /* monotonic ms */
	size_t used;
	char bytes[];
} Client;

struct Server {
	ServerSettings settings;
	int poll, end;
	Source *listeners;
	unsigned listener_count;
	Source ending;
	GArray *threads; /* pthread_t */
	size_t buffer;

	pthread_mutex_t lock; /* all below; a client's descriptor is closed after it has left the set */
	pthread_cond_t empty;
	GHashTable *clients; /* set of Client * */
	bool closing;
	bool exhausted; /* no descriptor is left; logged when it begins */
};

static int64_t
now_ms(void)
{
	return g_get_monotonic_time() / 1000;
}

static bool
watch(Server *server, Source *source, int operation)
{
	struct epoll_event event = { .events = EPOLLIN | (source->kind == KIND_END ? 0 : EPOLLONESHOT),
		.data.ptr = source };

	return epoll_ctl(server->poll, operation, source->fd, &event) == 0;
}

/* The next source that has something to say. */
static Source *
next_source(const Server *server)
{
	struct epoll_event event;

	while (epoll_wait(server->poll, &event, 1, -1) != 1)
		;
	Source *source = event.data.ptr;

	/* Who had it before may still be on the way out of epoll_ctl(). */
	if (source->kind != KIND_END)
		pthread_mutex_lock(&source->turn);
	return source;
}

static void
client_free(Client *client)
{
	close(client->source.fd);
	pthread_mutex_destroy(&client->source.turn);
	g_free(client);
}

/* A client that is watched no more. */
static void
drop(Server *server, Client *client)
{
	pthread_mutex_lock(&server->lock);
	g_hash_table_remove(server->clients, client);
	if (g_hash_table_size(server->clients) == 0)
		pthread_cond_broadcast(&server->empty);
	pthread_mutex_unlock(&server->lock);
	client_free(client);
}

/* Under the lock. The thread that has the client, or is woken by this, drops it. */
static void
cut(Client *client, int how)
{
	shutdown(client->source.fd, how);
}

/* Under the lock. */
static void
cut_most_silent(const Server *server)
{
	GHashTableIter iter;
	Client *client, *oldest = NULL;

	g_hash_table_iter_init(&iter, server->clients);
	while (g_hash_table_iter_next(&iter, (void **)&client, NULL))
		if (oldest == NULL || atomic_load(&client->heard_at) < atomic_load(&oldest->heard_at))
			oldest = client;
	if (oldest != NULL)
		cut(oldest, SHUT_RDWR);
}

/* False: there is no room, or the server is closing. */
static bool
add(Server *server, Client *client)
{
	pthread_mutex_lock(&server->lock);
	unsigned count = g_hash_table_size(server->clients);
	/* A few more than allowed, while those that were cut are on their way out. */
	bool room = !server->closing && count < server->settings.max_clients + server->settings.threads;

	server->exhausted = false;
	if (room && count >= server->settings.max_clients)
		cut_most_silent(server);
	if (room)
		g_hash_table_add(server->clients, client);
	pthread_mutex_unlock(&server->lock);
	return room;
}

/*
 * No descriptor is left for the client that waits: the one that is silent for longest makes room. Until it is gone, or somebody
 * else in the process gives one back, asking again at once would only take the processor.
 */
static void
make_room(Server *server)
{
	pthread_mutex_lock(&server->lock);
	bool begins = !server->exhausted;

	server->exhausted = true;
	cut_most_silent(server);
	pthread_mutex_unlock(&server->lock);
	if (begins)
		g_warning("clients=too-many, no file descriptor is left: lower 'max_clients' or raise the limit");
	g_usleep(EXHAUSTED_US);
}

static void
take_client(Server *server, const Source *listener)
{
	int on = 1, fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0 && (errno == EMFILE || errno == ENFILE))
		make_room(server);
	if (fd < 0)
		return;
	/* Peers that vanish without a word are found by the kernel; on a unix socket this fails and is not needed. */
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
	Client *client = g_malloc0(sizeof(Client) + server->buffer);

	client->source = (Source){ .kind = KIND_CLIENT, .fd = fd, .listener = listener->listener };
	pthread_mutex_init(&client->source.turn, NULL);
	atomic_store(&client->heard_at, now_ms());
	if (!add(server, client))
		client_free(client);
	else if (!watch(server, &client->source, EPOLL_CTL_ADD))
		drop(server, client);
}

/* The replies of this protocol fit into any socket buffer; a client that lets them pile up breaks it. */
static bool
send_reply(const Client *client, const char *reply)
{
	g_autoptr(GString) frame = g_string_new(NULL);

	netstring_append(frame, reply, strlen(reply));
	return send(client->source.fd, frame->str, frame->len, MSG_NOSIGNAL) == (ssize_t)frame->len;
}

static bool
answer_one(const Server *server, const Client *client, const char *text, size_t length)
{
	g_autofree char *reply =
		server->settings.answer(server->settings.context, client->source.listener, text, length);

	return send_reply(client, reply);
}

/* False: this client is to be dropped. */
static bool
answer_all(const Server *server, Client *client)
{
	size_t done = 0;

	for (;;) {
		const char *text;
		size_t length, used;

		switch (netstring_read(client->bytes + done, client->used - done, server->settings.request_limit, &text,
			&length, &used)) {
		case NETSTRING_WHOLE:
			if (!answer_one(server, client, text, length))
				return false;
			done += used;
			break;
		case NETSTRING_PART:
			memmove(client->bytes, client->bytes + done, client->used - done);
			client->used -= done;
			return true;
		case NETSTRING_BAD:
			g_warning("client=dropped reason=\"sent what is no request of the socketmap protocol\"");
			return false;
		}
	}
}

/* False: this client is to be dropped. */
static bool
serve(const Server *server, Client *client)
{
	ssize_t got = recv(client->source.fd, client->bytes + client->used, server->buffer - client->used, 0);

	if (got < 0)
		return errno == EAGAIN || errno == EINTR;
	if (got == 0)
		return false;
	client->used += (size_t)got;
	atomic_store(&client->heard_at, now_ms());
	return answer_all(server, client);
}

/* The source's turn ends: it is for any thread again, or dropped. */
static void
pass_on(Server *server, Source *source, bool keep)
{
	bool watched = keep && watch(server, source, EPOLL_CTL_MOD);

	pthread_mutex_unlock(&source->turn);
	if (!watched && source->kind == KIND_CLIENT)
		drop(server, (Client *)source);
}

static void *
work(void *data)
{
	Server *server = data;

	for (;;) {
		Source *source = next_source(server);

		switch (source->kind) {
		case KIND_END:
			return NULL;
		case KIND_LISTENER:
			take_client(server, source);
			pass_on(server, source, true);
			break;
		case KIND_CLIENT:
			pass_on(server, source, serve(server, (Client *)source));
			break;
		}
	}
}

static bool
watch_all(Server *server, const int *sockets, unsigned count)
{
	server->listeners = g_new0(Source, count);
	server->listener_count = count;
	server->ending = (Source){ .kind = KIND_END, .fd = server->end };
	if (server->poll < 0 || server->end < 0 || !watch(server, &server->ending, EPOLL_CTL_ADD))
		return false;
	for (unsigned i = 0; i < count; i++) {
		server->listeners[i] = (Source){ .kind = KIND_LISTENER, .fd = sockets[i], .listener = i };
		pthread_mutex_init(&server->listeners[i].turn, NULL);
		if (!watch(server, &server->listeners[i], EPOLL_CTL_ADD))
			return false;
	}
	return true;
}

static bool
start_threads(Server *server)
{
	for (unsigned i = 0; i < server->settings.threads; i++) {
		pthread_t thread;

		errno = pthread_create(&thread, NULL, work, server);
		if (errno != 0)
			return false;
		g_array_append_val(server->threads, thread);
	}
	return true;
}

Server *
server_start(const ServerSettings *settings, const int *sockets, unsigned count, GError **error)
{
	Server *server = g_new0(Server, 1);
	pthread_condattr_t monotonic;

	server->settings = *settings;
	server->buffer = settings->request_limit + FRAME_OCTETS;
	server->poll = epoll_create1(EPOLL_CLOEXEC);
	server->end = eventfd(0, EFD_CLOEXEC);
	server->clients = g_hash_table_new(NULL, NULL);
	server->threads = g_array_new(FALSE, FALSE, sizeof(pthread_t));
	pthread_mutex_init(&server->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&server->empty, &monotonic);
	pthread_condattr_destroy(&monotonic);
	if (watch_all(server, sockets, count) && start_threads(server))
		return server;
	g_set_error(error, RETOUR_ERROR, ERROR_RETRY, "cannot serve: %s", g_strerror(errno));
	server_stop(server, 0);
	return NULL;
}

void
server_drop_idle(Server *server, int64_t milliseconds)
{
	int64_t now = now_ms();
	GHashTableIter iter;
	Client *client;

	pthread_mutex_lock(&server->lock);
	g_hash_table_iter_init(&iter, server->clients);
	while (g_hash_table_iter_next(&iter, (void **)&client, NULL))
		if (now - atomic_load(&client->heard_at) > milliseconds)
			cut(client, SHUT_RDWR);
	pthread_mutex_unlock(&server->lock);
}

/* Under the lock. */
static void
cut_all(const Server *server, int how)
{
	GHashTableIter iter;
	Client *client;

	g_hash_table_iter_init(&iter, server->clients);
	while (g_hash_table_iter_next(&iter, (void **)&client, NULL))
		cut(client, how);
}

/* What was sent before the cut is still read, and answered. */
static void
drain(Server *server, int64_t milliseconds)
{
	int64_t end = now_ms() + milliseconds;
	struct timespec until = { .tv_sec = end / 1000, .tv_nsec = end % 1000 * 1000000 };
	bool late = false;

	pthread_mutex_lock(&server->lock);
	server->closing = true;
	cut_all(server, SHUT_RD);
	while (g_hash_table_size(server->clients) > 0 && !late)
		late = pthread_cond_timedwait(&server->empty, &server->lock, &until) == ETIMEDOUT;
	if (late)
		g_warning("stop=incomplete clients=%u", g_hash_table_size(server->clients));
	cut_all(server, SHUT_RDWR);
	pthread_mutex_unlock(&server->lock);
}

static void
server_free(Server *server)
{
	GHashTableIter iter;
	Client *client;

	g_hash_table_iter_init(&iter, server->clients);
	while (g_hash_table_iter_next(&iter, (void **)&client, NULL))
		client_free(client);
	g_hash_table_unref(server->clients);
	g_array_unref(server->threads);
	pthread_cond_destroy(&server->empty);
	pthread_mutex_destroy(&server->lock);
	if (server->poll >= 0)
		close(server->poll);
	if (server->end >= 0)
		close(server->end);
	for (unsigned i = 0; i < server->listener_count; i++)
		pthread_mutex_destroy(&server->listeners[i].turn);
	g_free(server->listeners);
	g_free(server);
}

void
server_stop(Server *server, int64_t drain_ms)
{
	for (unsigned i = 0; i < server->listener_count; i++)
		epoll_ctl(server->poll, EPOLL_CTL_DEL, server->listeners[i].fd, NULL);
	drain(server, drain_ms);
	eventfd_write(server->end, 1);
	for (unsigned i = 0; i < server->threads->len; i++)
		pthread_join(g_array_index(server->threads, pthread_t, i), NULL);
	server_free(server);
}
