#include "redis_pool.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

#define LEFT_ALONE_MS 1000
#define MIRROR_TIMEOUT_MS 2000

struct RedisPool {
	GPtrArray *places;    /* RedisPlace *; tried in order */
	GPtrArray *sentinels; /* RedisPlace * */
	char *sentinel_name;
	RedisRole role;
	RedisLogin login, sentinel_login;
	RedisTlsSettings tls;
	int64_t timeout_ms;
	unsigned limit;
	Meter *meter;

	pthread_mutex_t lock; /* all below */
	pthread_cond_t idle_or_room;
	GPtrArray *idle; /* RedisLink *; the warmest last */
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

static bool
add_places(GPtrArray *places, char *const *addresses, GError **error)
{
	for (; addresses != NULL && *addresses != NULL; addresses++) {
		RedisPlace *place = **addresses == '\0' ? NULL : redis_place_parse(*addresses, error);

		if (place == NULL && **addresses != '\0')
			return false;
		if (place != NULL)
			g_ptr_array_add(places, place);
	}
	return true;
}

static RedisLogin
login_copy(const RedisLogin *login)
{
	return (RedisLogin){ .user = g_strdup(login->user), .password_file = g_strdup(login->password_file) };
}

static void
login_clear(RedisLogin *login)
{
	g_free(login->user);
	g_free(login->password_file);
}

RedisPool *
redis_pool_new(const CacheSettings *settings, RedisRole role, GError **error)
{
	RedisPool *pool = g_new0(RedisPool, 1);
	pthread_condattr_t monotonic;

	pool->places = g_ptr_array_new_with_free_func(redis_place_free);
	pool->sentinels = g_ptr_array_new_with_free_func(redis_place_free);
	pool->sentinel_name = g_strdup(settings->sentinel_name);
	pool->role = role;
	pool->login = login_copy(&settings->login);
	pool->sentinel_login = login_copy(&settings->sentinel_login);
	pool->tls = (RedisTlsSettings){ .ca_file = g_strdup(settings->tls.ca_file),
		.certificate_file = g_strdup(settings->tls.certificate_file),
		.key_file = g_strdup(settings->tls.key_file),
		.server_name = g_strdup(settings->tls.server_name) };
	pool->timeout_ms = settings->timeout_ms;
	pool->limit = (unsigned)settings->connections;
	pool->meter = settings->meter;
	pool->idle = g_ptr_array_new_with_free_func(redis_link_free);
	pool->failure = g_strdup("");
	pthread_mutex_init(&pool->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&pool->idle_or_room, &monotonic);
	pthread_condattr_destroy(&monotonic);
	if (!add_places(pool->places, settings->addresses, error)
		|| !add_places(pool->sentinels, settings->sentinels, error)) {
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
	g_ptr_array_unref(pool->sentinels);
	g_ptr_array_unref(pool->places);
	g_free(pool->failure);
	g_free(pool->sentinel_name);
	g_free(pool->tls.server_name);
	g_free(pool->tls.key_file);
	g_free(pool->tls.certificate_file);
	g_free(pool->tls.ca_file);
	login_clear(&pool->sentinel_login);
	login_clear(&pool->login);
	g_free(pool);
}

bool
redis_pool_has_choice(const RedisPool *pool)
{
	return pool->places->len > 1 || pool->sentinels->len > 0;
}

static RedisLink *
connect_to(const RedisPool *pool, const RedisPlace *place, int64_t timeout_ms, GError **error)
{
	RedisLink *connection = redis_link_open(place, &pool->login, &pool->tls, timeout_ms, error);

	if (connection == NULL || !redis_pool_has_choice(pool) || redis_link_check_role(connection, pool->role, error))
		return connection;
	redis_link_free(connection);
	return NULL;
}

/* What one Sentinel says; NULL with an error. Owned by the caller. */
static RedisPlace *
ask_sentinel(const RedisPool *pool, const RedisPlace *sentinel, int64_t timeout_ms, GError **error)
{
	RedisLink *connection = redis_link_open(sentinel, &pool->sentinel_login, &pool->tls, timeout_ms, error);
	g_autoptr(GString) request = g_string_new(NULL);
	RedisPlace *place = NULL;
	int problem = 0;

	if (connection == NULL)
		return NULL;
	request_add(request, "SENTINEL", "get-master-addr-by-name", pool->sentinel_name, NULL);
	g_autoptr(GPtrArray) replies = redis_link_exchange(connection, request, 1, &problem);
	const redisReply *reply = replies == NULL ? NULL : g_ptr_array_index(replies, 0);

	if (reply != NULL && reply->type == REDIS_REPLY_ARRAY && reply->elements == 2) {
		const char *host = reply_text(reply->element[0]), *port = reply_text(reply->element[1]);

		place = host == NULL || port == NULL ? NULL : redis_place_of(host, port, sentinel->tls);
	}
	if (reply == NULL || reply->type == REDIS_REPLY_ERROR)
		g_set_error(error, RETOUR_ERROR, ERROR_RETRY, "sentinel %s: %s", sentinel->address,
			reply == NULL ? redis_link_problem(connection, problem) : reply->str);
	else if (place == NULL)
		g_set_error(error, RETOUR_ERROR, ERROR_RETRY, "sentinel %s does not know the primary of \"%s\"",
			sentinel->address, pool->sentinel_name);
	redis_link_free(connection);
	return place;
}

/* The first that is connected to, can be logged in to, and has the role; *last: why the last one was of no use. */
static RedisLink *
try_places(const RedisPool *pool, int64_t timeout_ms, GError **last)
{
	for (unsigned i = 0; i < pool->places->len; i++) {
		RedisLink *connection;

		g_clear_error(last);
		connection = connect_to(pool, g_ptr_array_index(pool->places, i), timeout_ms, last);
		if (connection != NULL)
			return connection;
	}
	return NULL;
}

static RedisLink *
try_sentinels(const RedisPool *pool, int64_t timeout_ms, GError **last)
{
	for (unsigned i = 0; i < pool->sentinels->len; i++) {
		g_clear_error(last);
		g_autoptr(RedisPlace) place =
			ask_sentinel(pool, g_ptr_array_index(pool->sentinels, i), timeout_ms, last);
		RedisLink *connection = place == NULL ? NULL : connect_to(pool, place, timeout_ms, last);

		if (connection != NULL)
			return connection;
	}
	return NULL;
}

/* Where there are Sentinels they say which one is the primary; look-ups prefer the places that are configured. */
static RedisLink *
connect_new(const RedisPool *pool, int64_t timeout_ms, GError **error)
{
	GError *last = NULL;
	RedisLink *connection = NULL;

	if (pool->sentinels->len == 0 || pool->role == REDIS_ROLE_ANY)
		connection = try_places(pool, timeout_ms, &last);
	if (connection == NULL)
		connection = try_sentinels(pool, timeout_ms, &last);
	if (connection == NULL) {
		g_propagate_error(error, last);
		return NULL;
	}
	g_clear_error(&last);
	meter_count(pool->meter, METRIC_REDIS_CONNECTS);
	return connection;
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
take(RedisPool *pool, Patience patience, int64_t timeout_ms, RedisLink **ret_link, GError **error)
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
		g_set_error(error, RETOUR_ERROR, ERROR_RETRY, "redis: all %u connections are busy", pool->limit);
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
give_back(RedisPool *pool, RedisLink *connection)
{
	pthread_mutex_lock(&pool->lock);
	pool->in_use--;
	pool->failing = false;
	meter_set(pool->meter, METRIC_REDIS_UP, 1);
	g_ptr_array_add(pool->idle, connection);
	pthread_cond_signal(&pool->idle_or_room);
	pthread_mutex_unlock(&pool->lock);
}

/* Under the lock. */
static void
note_failure(RedisPool *pool, const char *why)
{
	pool->failing = true;
	meter_set(pool->meter, METRIC_REDIS_UP, 0);
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
ask_over(RedisPool *pool, RedisLink **connection, const GString *request, unsigned count, int64_t timeout_ms,
	GError **error)
{
	int problem = 0;
	bool kept = *connection != NULL;

	for (;;) {
		if (*connection == NULL)
			*connection = connect_new(pool, timeout_ms, error);
		if (*connection == NULL)
			return NULL;
		GPtrArray *replies = redis_link_set_timeout(*connection, timeout_ms)
					     ? redis_link_exchange(*connection, request, count, &problem)
					     : NULL;

		if (replies != NULL)
			return replies;
		bool over = !kept || problem == EAGAIN;

		if (over)
			g_set_error(error, RETOUR_ERROR, ERROR_RETRY, "redis: %s",
				redis_link_problem(*connection, problem));
		g_clear_pointer(connection, redis_link_free);
		if (over)
			return NULL;
		kept = false;
	}
}

GPtrArray *
redis_pool_ask(RedisPool *pool, const GString *request, unsigned count, Patience patience, GError **error)
{
	int64_t timeout_ms = patience == PATIENCE_MIRROR ? MIRROR_TIMEOUT_MS : pool->timeout_ms;
	RedisLink *connection = NULL;
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
