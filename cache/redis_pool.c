#include "redis_pool.h"

#include <errno.h>
#include <pthread.h>
#include <sys/socket.h>

#define LEFT_ALONE_MS 1000
#define MIRROR_TIMEOUT_MS 2000

/* One connection and the timeout that its socket has. */
typedef struct Link {
	redisContext *context;
	int64_t timeout_ms;
} Link;

struct RedisPool {
	char *address; /* as configured: names Redis in messages */
	char *path;    /* unix socket, or NULL */
	char *host;
	int port;
	char *user, *password_file;
	int64_t timeout_ms;
	unsigned limit;

	pthread_mutex_t lock; /* all below */
	pthread_cond_t idle_or_room;
	GPtrArray *idle; /* Link *; the warmest last */
	unsigned in_use;
	bool failing;
	int64_t try_again_at; /* monotonic ms; when failing */
	char *failure;
};

static int64_t
monotonic_ms(void)
{
	return g_get_monotonic_time() / 1000;
}

static void
link_free(void *data)
{
	Link *connection = data;

	redisFree(connection->context);
	g_free(connection);
}

static bool
parse_tcp(RedisPool *pool, const char *text)
{
	const char *colon = strrchr(text, ':');
	uint64_t port;

	if (colon == NULL || colon == text || !g_ascii_string_to_unsigned(colon + 1, 10, 1, 65535, &port, NULL))
		return false;
	bool bracketed = *text == '[' && colon[-1] == ']';

	pool->host =
		bracketed ? g_strndup(text + 1, (size_t)(colon - text - 2)) : g_strndup(text, (size_t)(colon - text));
	pool->port = (int)port;
	return *pool->host != '\0';
}

static bool
parse_address(RedisPool *pool, GError **error)
{
	if (g_str_has_prefix(pool->address, "unix:/")) {
		pool->path = g_strdup(pool->address + strlen("unix:"));
		return true;
	}
	if (g_str_has_prefix(pool->address, "tcp:") && parse_tcp(pool, pool->address + strlen("tcp:")))
		return true;
	g_set_error(error, RETOUR_ERROR, ERROR_CONFIG, "redis address \"%s\" is neither unix:/path nor tcp:host:port",
		pool->address);
	return false;
}

RedisPool *
redis_pool_new(const CacheSettings *settings, GError **error)
{
	RedisPool *pool = g_new0(RedisPool, 1);
	pthread_condattr_t monotonic;

	pool->address = g_strdup(settings->address);
	pool->user = g_strdup(settings->user);
	pool->password_file = g_strdup(settings->password_file);
	pool->timeout_ms = settings->timeout_ms;
	pool->limit = (unsigned)settings->connections;
	pool->idle = g_ptr_array_new_with_free_func(link_free);
	pool->failure = g_strdup("");
	pthread_mutex_init(&pool->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&pool->idle_or_room, &monotonic);
	pthread_condattr_destroy(&monotonic);
	if (!parse_address(pool, error)) {
		redis_pool_free(pool);
		return NULL;
	}
	return pool;
}

void
redis_pool_free(RedisPool *pool)
{
	if (pool == NULL)
		return;
	g_ptr_array_unref(pool->idle);
	pthread_cond_destroy(&pool->idle_or_room);
	pthread_mutex_destroy(&pool->lock);
	g_free(pool->failure);
	g_free(pool->password_file);
	g_free(pool->user);
	g_free(pool->host);
	g_free(pool->path);
	g_free(pool->address);
	g_free(pool);
}

void
request_add_array(GString *request, const GPtrArray *words)
{
	char *command;
	int size = redisFormatCommandArgv(&command, (int)words->len, (const char **)(uintptr_t)words->pdata, NULL);

	g_assert(size > 0);
	g_string_append_len(request, command, size);
	redisFreeCommand(command);
}

void
request_add(GString *request, const char *command, ...)
{
	const char *words[16] = { command };
	unsigned count = 1;
	char *bytes;
	va_list more;

	va_start(more, command);
	for (const char *word; (word = va_arg(more, const char *)) != NULL;) {
		g_assert(count < G_N_ELEMENTS(words));
		words[count++] = word;
	}
	va_end(more);
	int size = redisFormatCommandArgv(&bytes, (int)count, words, NULL);

	g_assert(size > 0);
	g_string_append_len(request, bytes, size);
	redisFreeCommand(bytes);
}

const char *
reply_text(const redisReply *reply)
{
	if ((reply->type != REDIS_REPLY_STRING && reply->type != REDIS_REPLY_STATUS)
		|| strlen(reply->str) != (size_t)reply->len)
		return NULL;
	return reply->str;
}

bool
reply_fail(const redisReply *reply, GError **error)
{
	g_set_error(error, RETOUR_ERROR, ERROR_RETRY, "redis: %s",
		reply->type == REDIS_REPLY_ERROR ? reply->str : "unexpected kind of answer");
	return false;
}

/* hiredis writes with write(2), and a Redis that has gone would raise SIGPIPE. */
static bool
send_all(const redisContext *context, const GString *request)
{
	for (size_t done = 0; done < request->len;) {
		ssize_t sent = send(context->fd, request->str + done, request->len - done, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return false;
		done += (size_t)sent;
	}
	return true;
}

static GPtrArray *
exchange(const Link *connection, const GString *request, unsigned count, int *ret_errno)
{
	g_autoptr(GPtrArray) replies = g_ptr_array_new_full(count, freeReplyObject);

	if (!send_all(connection->context, request)) {
		*ret_errno = errno;
		return NULL;
	}
	for (unsigned i = 0; i < count; i++) {
		void *reply = NULL;

		errno = 0;
		if (redisGetReply(connection->context, &reply) != REDIS_OK || reply == NULL) {
			*ret_errno = connection->context->err == REDIS_ERR_IO ? errno : EPIPE;
			return NULL;
		}
		g_ptr_array_add(replies, reply);
	}
	return g_steal_pointer(&replies);
}

/* Read anew for every connection, so that a password can be changed under a running service. */
static bool
add_credentials(const RedisPool *pool, GString *request, GError **error)
{
	g_autofree char *password = NULL;
	g_autoptr(GError) problem = NULL;

	if (!g_file_get_contents(pool->password_file, &password, NULL, &problem)) {
		g_set_error(error, RETOUR_ERROR, ERROR_RETRY, "redis password: %s", problem->message);
		return false;
	}
	g_strchomp(password);
	if (*pool->user == '\0')
		request_add(request, "AUTH", password, NULL);
	else
		request_add(request, "AUTH", pool->user, password, NULL);
	explicit_bzero(password, strlen(password));
	return true;
}

static bool
authenticate(const RedisPool *pool, const Link *connection, GError **error)
{
	g_autoptr(GString) request = g_string_new(NULL);
	int problem = 0;

	if (*pool->password_file == '\0')
		return true;
	if (!add_credentials(pool, request, error))
		return false;
	g_autoptr(GPtrArray) replies = exchange(connection, request, 1, &problem);

	explicit_bzero(request->str, request->len);
	if (replies == NULL) {
		g_set_error(error, RETOUR_ERROR, ERROR_RETRY, "redis %s: %s", pool->address, g_strerror(problem));
		return false;
	}
	const redisReply *reply = g_ptr_array_index(replies, 0);

	return reply->type == REDIS_REPLY_STATUS || reply_fail(reply, error);
}

static Link *
connect_new(const RedisPool *pool, int64_t timeout_ms, GError **error)
{
	struct timeval wait = { .tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000 };
	redisContext *context = pool->path != NULL ? redisConnectUnixWithTimeout(pool->path, wait)
						   : redisConnectWithTimeout(pool->host, pool->port, wait);

	if (context == NULL || context->err != 0 || redisSetTimeout(context, wait) != REDIS_OK) {
		g_set_error(error, RETOUR_ERROR, ERROR_RETRY, "redis %s: %s", pool->address,
			context == NULL ? "out of memory" : context->errstr);
		redisFree(context);
		return NULL;
	}
	Link *connection = g_new0(Link, 1);

	connection->context = context;
	connection->timeout_ms = timeout_ms;
	if (!authenticate(pool, connection, error)) {
		link_free(connection);
		return NULL;
	}
	return connection;
}

static bool
set_timeout(Link *connection, int64_t timeout_ms)
{
	struct timeval wait = { .tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000 };

	if (connection->timeout_ms == timeout_ms)
		return true;
	connection->timeout_ms = timeout_ms;
	return redisSetTimeout(connection->context, wait) == REDIS_OK;
}

/* Under the lock. */
static bool
left_alone(RedisPool *pool, Patience patience, GError **error)
{
	if (!pool->failing || patience != PATIENCE_LOOKUP)
		return false;
	int64_t now = monotonic_ms();

	if (now >= pool->try_again_at) {
		pool->try_again_at = now + LEFT_ALONE_MS; /* this caller tries; the others still stay away */
		return false;
	}
	g_set_error(error, RETOUR_ERROR, ERROR_RETRY, "%s", pool->failure);
	return true;
}

/* Waits for a turn. *ret_link NULL: make a new connection. */
static bool
take(RedisPool *pool, Patience patience, int64_t timeout_ms, Link **ret_link, GError **error)
{
	int64_t end = monotonic_ms() + timeout_ms;
	struct timespec until = { .tv_sec = end / 1000, .tv_nsec = end % 1000 * 1000000 };
	bool late = false;

	pthread_mutex_lock(&pool->lock);
	bool refused = left_alone(pool, patience, error);

	while (!refused && pool->in_use >= pool->limit && !late) {
		late = pthread_cond_timedwait(&pool->idle_or_room, &pool->lock, &until) == ETIMEDOUT;
		refused = left_alone(pool, patience, error);
	}
	if (!refused && pool->in_use >= pool->limit) {
		g_set_error(error, RETOUR_ERROR, ERROR_RETRY, "redis %s: all %u connections are busy", pool->address,
			pool->limit);
		refused = true;
	}
	if (!refused) {
		pool->in_use++;
		*ret_link = pool->idle->len == 0 ? NULL : g_ptr_array_steal_index(pool->idle, pool->idle->len - 1);
	}
	pthread_mutex_unlock(&pool->lock);
	return !refused;
}

static void
give_back(RedisPool *pool, Link *connection)
{
	pthread_mutex_lock(&pool->lock);
	pool->in_use--;
	pool->failing = false;
	g_ptr_array_add(pool->idle, connection);
	pthread_cond_signal(&pool->idle_or_room);
	pthread_mutex_unlock(&pool->lock);
}

/* Under the lock. */
static void
note_failure(RedisPool *pool, const char *why)
{
	pool->failing = true;
	pool->try_again_at = monotonic_ms() + LEFT_ALONE_MS;
	g_free(pool->failure);
	pool->failure = g_strdup(why);
	g_ptr_array_set_size(pool->idle, 0);
	pthread_cond_broadcast(&pool->idle_or_room);
}

void
redis_pool_distrust(RedisPool *pool, const char *why)
{
	pthread_mutex_lock(&pool->lock);
	note_failure(pool, why);
	pthread_mutex_unlock(&pool->lock);
}

/* A kept connection that Redis has closed meanwhile is no failure yet: one new one is tried at once. */
static GPtrArray *
ask_over(RedisPool *pool, Link **connection, const GString *request, unsigned count, int64_t timeout_ms, GError **error)
{
	int problem = 0;
	bool kept = *connection != NULL;

	for (;;) {
		if (*connection == NULL)
			*connection = connect_new(pool, timeout_ms, error);
		if (*connection == NULL)
			return NULL;
		GPtrArray *replies =
			set_timeout(*connection, timeout_ms) ? exchange(*connection, request, count, &problem) : NULL;

		if (replies != NULL)
			return replies;
		g_clear_pointer(connection, link_free);
		if (!kept || problem == EAGAIN || problem == EWOULDBLOCK) {
			g_set_error(error, RETOUR_ERROR, ERROR_RETRY, "redis %s: %s", pool->address,
				problem == EAGAIN ? "no answer in time" : g_strerror(problem));
			return NULL;
		}
		kept = false;
	}
}

GPtrArray *
redis_pool_ask(RedisPool *pool, const GString *request, unsigned count, Patience patience, GError **error)
{
	int64_t timeout_ms = patience == PATIENCE_MIRROR ? MIRROR_TIMEOUT_MS : pool->timeout_ms;
	Link *connection = NULL;
	GError *problem = NULL;

	if (!take(pool, patience, timeout_ms, &connection, error))
		return NULL;
	GPtrArray *replies = ask_over(pool, &connection, request, count, timeout_ms, &problem);

	if (replies != NULL) {
		give_back(pool, connection);
		return replies;
	}
	pthread_mutex_lock(&pool->lock);
	pool->in_use--;
	note_failure(pool, problem->message);
	pthread_mutex_unlock(&pool->lock);
	g_propagate_error(error, problem);
	return NULL;
}
