#include "pool.h"

#include "monotonic.h"
#include "schema.h"

#define REFUSE_MS 1000 /* after a failed attempt to connect */

struct Pool {
	char *url;
	int64_t timeout_ms;
	Meter *meter;
	pthread_mutex_t lock;
	pthread_cond_t given;
	GPtrArray *idle;
	unsigned may_open; /* further connections */
	GError *away;      /* why the last attempt failed; NULL: it did not */
	struct timespec away_until;
};

Pool *
pool_new(const char *url, unsigned connections, int64_t timeout_ms, Meter *meter)
{
	Pool *pool = g_new0(Pool, 1);

	pool->url = g_strdup(url);
	pool->timeout_ms = timeout_ms;
	pool->meter = meter;
	pthread_mutex_init(&pool->lock, NULL);
	monotonic_cond_init(&pool->given);
	pool->idle = g_ptr_array_new();
	pool->may_open = MAX(connections, 1);
	return pool;
}

void
pool_free(Pool *pool)
{
	if (pool == NULL)
		return;
	for (unsigned i = 0; i < pool->idle->len; i++)
		database_close(g_ptr_array_index(pool->idle, i));
	g_ptr_array_unref(pool->idle);
	g_clear_error(&pool->away);
	pthread_cond_destroy(&pool->given);
	pthread_mutex_destroy(&pool->lock);
	g_free(pool->url);
	g_free(pool);
}

static Database *
open_database(Pool *pool, GError **error)
{
	Database *database = database_open(pool->url, pool->timeout_ms, error);

	meter_count(pool->meter, database == NULL ? METRIC_DATABASE_FAILURES : METRIC_DATABASE_CONNECTS);
	if (database == NULL || schema_check(database, error))
		return database;
	database_close(database);
	return NULL;
}

/* With the lock held: is there an idle connection, or the right to open one (NULL in *ret_database)? */
static bool
claim(Pool *pool, Database **ret_database)
{
	*ret_database = NULL;
	if (pool->idle->len > 0)
		*ret_database = g_ptr_array_steal_index(pool->idle, pool->idle->len - 1);
	else if (pool->may_open > 0)
		pool->may_open--;
	else
		return false;
	return true;
}

static bool
wait_for_claim(Pool *pool, Database **ret_database, GError **error)
{
	struct timespec deadline;
	bool claimed;

	monotonic_after(&deadline, pool->timeout_ms);
	pthread_mutex_lock(&pool->lock);
	while (!(claimed = claim(pool, ret_database)) && !monotonic_has_passed(&deadline))
		pthread_cond_timedwait(&pool->given, &pool->lock, &deadline);
	if (claimed && *ret_database == NULL && pool->away != NULL && !monotonic_has_passed(&pool->away_until)) {
		g_propagate_error(error, g_error_copy(pool->away));
		pool->may_open++;
		pthread_cond_signal(&pool->given);
		claimed = false;
	} else if (!claimed) {
		g_set_error_literal(error, RETOUR_ERROR, ERROR_RETRY, "database: all connections are busy");
	}
	pthread_mutex_unlock(&pool->lock);
	return claimed;
}

/* Opening happens without the lock; its outcome is everybody's. */
static Database *
open_claimed(Pool *pool, GError **error)
{
	GError *problem = NULL;
	Database *database = open_database(pool, &problem);

	pthread_mutex_lock(&pool->lock);
	g_clear_error(&pool->away);
	if (database == NULL) {
		pool->away = g_error_copy(problem);
		monotonic_after(&pool->away_until, REFUSE_MS);
		pool->may_open++;
		pthread_cond_signal(&pool->given);
		g_propagate_error(error, problem);
	}
	pthread_mutex_unlock(&pool->lock);
	return database;
}

Database *
pool_take(Pool *pool, GError **error)
{
	Database *database;

	if (!wait_for_claim(pool, &database, error))
		return NULL;
	if (database == NULL)
		database = open_claimed(pool, error);
	if (database != NULL)
		database_set_deadline(database, g_get_monotonic_time() + pool->timeout_ms * 1000);
	return database;
}

void
pool_give(Pool *pool, Database *database)
{
	bool lost = database_is_lost(database);

	if (lost)
		database_close(database);
	pthread_mutex_lock(&pool->lock);
	if (lost)
		pool->may_open++;
	else
		g_ptr_array_add(pool->idle, database);
	pthread_cond_signal(&pool->given);
	pthread_mutex_unlock(&pool->lock);
}

static Rows *
ask(Pool *pool, const Statement *statement, const Params *params, bool *ret_lost, GError **error)
{
	Database *database = pool_take(pool, error);
	Rows *rows;

	*ret_lost = false;
	if (database == NULL)
		return NULL;
	rows = database_ask(database, statement, params, error);
	*ret_lost = database_is_lost(database);
	pool_give(pool, database);
	return rows;
}

Rows *
pool_read(Pool *pool, const Statement *statement, const Params *params, GError **error)
{
	int64_t deadline = g_get_monotonic_time() + pool->timeout_ms * 1000;

	for (;;) {
		g_autoptr(GError) problem = NULL;
		bool lost;
		Rows *rows = ask(pool, statement, params, &lost, &problem);

		if (rows != NULL)
			return rows;
		/* Each dead connection is met once: what is idle now died with it, and new ones fail or live. */
		if (lost && g_get_monotonic_time() < deadline)
			continue;
		g_propagate_error(error, g_steal_pointer(&problem));
		return NULL;
	}
}

Rows *
pool_write(Pool *pool, const Statement *statement, const Params *params, GError **error)
{
	bool lost;

	return ask(pool, statement, params, &lost, error);
}

const char *
pool_url(const Pool *pool)
{
	return pool->url;
}
