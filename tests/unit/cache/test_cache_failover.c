#include "cache_fixture.h"
#include "redis_sentinel.h"

#include <hiredis/hiredis.h>
#include <string.h>

/* A primary and its replica, and a cache that knows both. */
typedef struct Pair {
	char port[8], replica_port[8]; /* Redis replicates, and Sentinel asks, over TCP alone */
	RedisServer *primary, *replica;
} Pair;

static void
await_role(const RedisServer *server, const char *words)
{
	for (;;) {
		g_autofree char *role = redis_server_do(server, "ROLE", NULL);

		if (strstr(role, words) != NULL)
			return;
		g_usleep(5000);
	}
}

static void
start_pair(Pair *pair)
{
	free_port(pair->port);
	free_port(pair->replica_port);
	const char *const first[] = { "--bind", "127.0.0.1", "--port", pair->port, "--repl-diskless-sync-delay", "0",
		NULL };
	const char *const second[] = { "--bind", "127.0.0.1", "--port", pair->replica_port, NULL };

	pair->primary = redis_server_start(first);
	pair->replica = redis_server_start(second);
	g_free(redis_server_do(pair->replica, "REPLICAOF", "127.0.0.1", pair->port, NULL));
	await_role(pair->replica, "connected");
}

static int64_t
offset_of(const RedisServer *server, const char *field)
{
	g_autofree char *info = redis_server_do(server, "INFO", "replication", NULL);
	const char *at = strstr(info, field);

	return at == NULL ? -1 : g_ascii_strtoll(at + strlen(field), NULL, 10);
}

/* Until the replica has what the primary has now. */
static void
await_copy(const Pair *pair)
{
	int64_t now = offset_of(pair->primary, "master_repl_offset:");

	while (offset_of(pair->replica, "slave_repl_offset:") < now)
		g_usleep(5000);
}

static void
stop_pair(Pair *pair)
{
	redis_server_free(pair->primary);
	redis_server_free(pair->replica);
}

static Cache *
open_both(const RedisServer *first, const RedisServer *second)
{
	CacheSettings settings = fixture_settings(first);
	char *addresses[] = { (char *)(uintptr_t)redis_server_address(first),
		(char *)(uintptr_t)redis_server_address(second), NULL };
	g_autoptr(GError) error = NULL;

	settings.addresses = addresses;
	Cache *cache = cache_open(&settings, &error);

	g_assert_no_error(error);
	return cache;
}

static uint64_t
gets_of(const RedisServer *server)
{
	g_autofree char *stats = redis_server_do(server, "INFO", "commandstats", NULL);
	const char *get = strstr(stats, "cmdstat_get:calls=");

	return get == NULL ? 0 : g_ascii_strtoull(get + strlen("cmdstat_get:calls="), NULL, 10);
}

/* Nearest first: look-ups ask the replica beside the mail server, the mirror finds the primary behind it. */
static void
test_replica_first(void)
{
	Pair pair;

	start_pair(&pair);
	Cache *cache = open_both(pair.replica, pair.primary);

	fixture_fill(cache, fixture_rows, fixture_row_count, (ChangePosition){ 1, 1 });
	await_copy(&pair);
	uint64_t before = gets_of(pair.primary);

	fixture_assert_lookups(cache);
	g_assert_cmpuint(gets_of(pair.primary), ==, before);
	cache_close(cache);
	stop_pair(&pair);
}

/* The primary dies, its replica is promoted: the mirror goes on there from where it stood, with nothing lost. */
static void
test_promotion(void)
{
	static const Row more[] = { { "late@example.org", SCOPE_ALL, CATEGORY_USER_UNKNOWN, NEVER_EXPIRES } };
	g_autoptr(GPtrArray) states = fixture_states(more, G_N_ELEMENTS(more));
	g_autoptr(GError) error = NULL;
	ChangePosition position;
	bool usable;
	Pair pair;

	start_pair(&pair);
	Cache *cache = open_both(pair.primary, pair.replica);

	fixture_fill(cache, fixture_rows, fixture_row_count, (ChangePosition){ 1, 1 });
	await_copy(&pair);
	fixture_assert_lookups(cache);
	redis_server_stop(pair.primary);
	await_role(pair.replica, "connect "); /* it has noticed */
	g_assert_false(cache_position(cache, DATABASE, &usable, &position, &error));
	g_assert_error(error, RETOUR_ERROR, ERROR_RETRY);
	g_free(redis_server_do(pair.replica, "REPLICAOF", "NO", "ONE", NULL));
	g_clear_error(&error);
	g_assert_true(cache_position(cache, DATABASE, &usable, &position, &error));
	g_assert_true(usable);
	g_assert_cmpuint(position.xid, ==, 1);
	g_assert_true(fixture_apply(cache, position, (ChangePosition){ 2, 1 }, states));
	fixture_assert_recovers(cache);
	fixture_assert_lookups(cache);
	g_assert_cmpint(fixture_check(cache, "late@example.org", ""), ==, CACHE_LISTED);
	cache_close(cache);
	stop_pair(&pair);
}

/* Roles swapped under open connections (READONLY): the mirror looks for the new primary. */
static void
test_demotion(void)
{
	g_autoptr(GPtrArray) nothing = g_ptr_array_new();
	g_autoptr(GError) error = NULL;
	ChangePosition at = { 1, 1 };
	bool applied;
	Pair pair;

	start_pair(&pair);
	Cache *cache = open_both(pair.primary, pair.replica);

	fixture_fill(cache, fixture_rows, fixture_row_count, at);
	await_copy(&pair);
	g_free(redis_server_do(pair.replica, "REPLICAOF", "NO", "ONE", NULL));
	g_free(redis_server_do(pair.primary, "REPLICAOF", "127.0.0.1", "1", NULL));
	g_assert_false(cache_apply(cache, DATABASE, at, at, nothing, true, &applied, &error));
	g_assert_error(error, RETOUR_ERROR, ERROR_RETRY);
	g_clear_error(&error);
	g_assert_true(cache_apply(cache, DATABASE, at, at, nothing, true, &applied, &error));
	g_assert_true(applied);
	cache_close(cache);
	stop_pair(&pair);
}

/* One that hangs is passed over by the next connection; one that has lost its primary is not asked while another serves. */
static void
test_first_hangs(void)
{
	Pair pair;

	start_pair(&pair);
	Cache *filler = fixture_open(pair.primary);

	fixture_fill(filler, fixture_rows, fixture_row_count, (ChangePosition){ 1, 1 });
	await_copy(&pair);
	cache_close(filler);
	redis_server_pause(pair.replica);
	Cache *cache = open_both(pair.replica, pair.primary);

	fixture_assert_recovers(cache);
	fixture_assert_lookups(cache);
	cache_close(cache);
	redis_server_resume(pair.replica);
	g_free(redis_server_do(pair.replica, "REPLICAOF", "127.0.0.1", "1", NULL));
	cache = open_both(pair.replica, pair.primary);
	fixture_assert_lookups(cache);
	cache_close(cache);
	stop_pair(&pair);
}

static Cache *
open_by_sentinel(const RedisServer *server, const char *port)
{
	CacheSettings settings = fixture_settings(server);
	g_autofree char *sentinel = g_strdup_printf("tcp:127.0.0.1:%s", port);
	char name[] = "retour", *none[] = { NULL }, *sentinels[] = { sentinel, NULL };
	g_autoptr(GError) error = NULL;

	settings.addresses = none;
	settings.sentinels = sentinels;
	settings.sentinel_name = name;
	Cache *cache = cache_open(&settings, &error);

	g_assert_no_error(error);
	return cache;
}

static bool
await_position(Cache *cache)
{
	ChangePosition position;
	bool usable;

	while (!cache_position(cache, DATABASE, &usable, &position, NULL))
		g_usleep(20000);
	return usable;
}

/* As if the primary were down; refused until the Sentinel knows the replica. */
static void
fail_over(const char *port)
{
	redisContext *context = redisConnect("127.0.0.1", (int)g_ascii_strtoll(port, NULL, 10));
	bool begun = false;

	g_assert_cmpint(context->err, ==, 0);
	while (!begun) {
		redisReply *reply = redisCommand(context, "SENTINEL FAILOVER retour");

		g_assert_nonnull(reply);
		begun = reply->type == REDIS_REPLY_STATUS;
		freeReplyObject(reply);
		g_usleep(20000);
	}
	redisFree(context);
}

/* Nobody but the Sentinel says where the primary is, before and after it moved. */
static void
test_sentinel(void)
{
	char port[8];
	Pair pair;

	start_pair(&pair);
	free_port(port);
	g_autofree char *watch = g_strdup_printf("port %s\n", port);
	GPid sentinel = redis_sentinel_start(redis_server_directory(pair.replica), pair.port, watch);
	Cache *cache = open_by_sentinel(pair.primary, port);

	g_assert_false(await_position(cache));
	fixture_fill(cache, fixture_rows, fixture_row_count, (ChangePosition){ 1, 1 });
	await_copy(&pair);
	fixture_assert_recovers(cache);
	fixture_assert_lookups(cache);
	fail_over(port);
	await_role(pair.replica, "master");
	redis_server_stop(pair.primary);
	g_assert_true(await_position(cache));
	fixture_assert_recovers(cache);
	fixture_assert_lookups(cache);
	cache_close(cache);
	redis_sentinel_stop(sentinel);
	stop_pair(&pair);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	if (!redis_server_is_installed()) {
		g_test_message("redis-server is not installed");
		return 77;
	}
	g_test_add_func("/cache/replica_first", test_replica_first);
	g_test_add_func("/cache/promotion", test_promotion);
	g_test_add_func("/cache/demotion", test_demotion);
	g_test_add_func("/cache/first_hangs", test_first_hangs);
	g_test_add_func("/cache/sentinel", test_sentinel);
	return g_test_run();
}
