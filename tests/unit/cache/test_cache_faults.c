#include "cache_fixture.h"

#include <string.h>

static void
test_foreign_types(void)
{
	g_autoptr(RedisServer) server = redis_server_start(NULL);
	g_autoptr(GError) error = NULL;
	Cache *cache = fixture_open(server);
	ChangePosition position;
	bool usable;

	fixture_fill(cache, fixture_rows, fixture_row_count, (ChangePosition){ 1, 1 });
	g_autofree char *generation = redis_server_do(server, "GET", PREFIX "fresh", NULL);
	g_autofree char *key = g_strconcat(PREFIX, generation, ":dead@example.org", NULL);

	g_free(redis_server_do(server, "SET", key, "R1junk", NULL));
	g_assert_cmpint(fixture_check(cache, "dead@example.org", ""), ==, CACHE_UNKNOWN);
	g_free(redis_server_do(server, "DEL", key, NULL));
	g_free(redis_server_do(server, "LPUSH", key, "x", NULL));
	g_assert_cmpint(fixture_check(cache, "dead@example.org", ""), ==, CACHE_UNKNOWN);
	g_assert_cmpint(fixture_check(cache, "both@example.org", ""), ==, CACHE_LISTED);
	g_free(redis_server_do(server, "SET", PREFIX "fresh", "../../etc", NULL));
	g_assert_cmpint(fixture_check(cache, "both@example.org", ""), ==, CACHE_UNKNOWN);

	static const char *const own[] = { "position", "fresh", "rebuild", "litter" };

	for (size_t i = 0; i < G_N_ELEMENTS(own); i++) {
		g_autofree char *name = g_strconcat(PREFIX, own[i], NULL);

		g_free(redis_server_do(server, "DEL", name, NULL));
		g_free(redis_server_do(server, "SADD", name, "x", NULL));
	}
	g_assert_cmpint(fixture_check(cache, "both@example.org", ""), ==, CACHE_UNKNOWN);
	g_assert_true(cache_position(cache, DATABASE, &usable, &position, &error));
	g_assert_false(usable);
	fixture_fill(cache, fixture_rows, fixture_row_count, (ChangePosition){ 1, 1 });
	fixture_assert_lookups(cache);
	cache_close(cache);
}

static void
test_away(void)
{
	g_autoptr(RedisServer) server = redis_server_start(NULL);
	g_autoptr(GError) error = NULL;
	Cache *cache = fixture_open(server);
	ChangePosition position;
	bool usable;

	fixture_fill(cache, fixture_rows, fixture_row_count, (ChangePosition){ 1, 1 });
	redis_server_stop(server);
	for (unsigned i = 0; i < 1000; i++)
		g_assert_cmpint(fixture_check(cache, "dead@example.org", ""), ==, CACHE_UNKNOWN);
	g_assert_false(cache_position(cache, DATABASE, &usable, &position, &error));
	g_assert_error(error, RETOUR_ERROR, ERROR_RETRY);
	redis_server_restart(server);
	g_clear_error(&error);
	g_assert_true(cache_position(cache, DATABASE, &usable, &position, &error));
	g_assert_false(usable);
	g_assert_cmpint(fixture_check(cache, "dead@example.org", ""), ==, CACHE_UNKNOWN); /* empty */
	fixture_fill(cache, fixture_rows, fixture_row_count, (ChangePosition){ 1, 1 });
	fixture_assert_recovers(cache);
	fixture_assert_lookups(cache);
	cache_close(cache);
}

/* 10,000 questions to a Redis that hangs: each waiting out its timeout would take nearly three hours. */
static void
test_hanging(void)
{
	g_autoptr(RedisServer) server = redis_server_start(NULL);
	Cache *cache = fixture_open(server);

	fixture_fill(cache, fixture_rows, fixture_row_count, (ChangePosition){ 1, 1 });
	g_assert_cmpint(fixture_check(cache, "dead@example.org", ""), ==, CACHE_LISTED);
	redis_server_pause(server);
	for (unsigned i = 0; i < 10000; i++)
		g_assert_cmpint(fixture_check(cache, "dead@example.org", ""), ==, CACHE_UNKNOWN);
	redis_server_resume(server);
	fixture_assert_recovers(cache);
	cache_close(cache);
}

/* Redis closes idle connections: that is no failure. */
static void
test_closed_connection(void)
{
	g_autoptr(RedisServer) server = redis_server_start(NULL);
	Cache *cache = fixture_open(server);

	fixture_fill(cache, fixture_rows, fixture_row_count, (ChangePosition){ 1, 1 });
	for (unsigned i = 0; i < 5; i++) {
		g_free(redis_server_do(server, "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes", NULL));
		g_assert_cmpint(fixture_check(cache, "dead@example.org", ""), ==, CACHE_LISTED);
	}
	cache_close(cache);
}

static void
test_password(void)
{
	g_autoptr(RedisServer) server = redis_server_start(NULL);
	g_autofree char *file = g_build_filename(redis_server_directory(server), "password", NULL);
	CacheSettings settings = fixture_settings(server);
	g_autoptr(GError) error = NULL;
	ChangePosition position;
	bool usable;

	g_free(redis_server_do(server, "ACL", "SETUSER", "retour", "on", ">secret",
		"~"
		"re\\*\\[x\\]:*",
		"+get", "+set", "+hmget", "+hset", "+pttl", "+pexpire", "+pexpireat", NULL));
	g_free(redis_server_do(
		server, "ACL", "SETUSER", "retour", "+unlink", "+scan", "+eval", "+evalsha", "+info", "+exists", NULL));
	static char user[] = "retour";

	settings.login.user = user;
	settings.login.password_file = file;
	Cache *cache = cache_open(&settings, &error);

	g_assert_no_error(error);
	g_assert_cmpint(fixture_check(cache, "dead@example.org", ""), ==, CACHE_UNKNOWN); /* no password file yet */
	g_assert_true(g_file_set_contents(file, "wrong\n", -1, NULL));
	g_assert_false(cache_position(cache, DATABASE, &usable, &position, &error));
	g_assert_error(error, RETOUR_ERROR, ERROR_RETRY);
	g_assert_nonnull(strstr(error->message, "WRONGPASS"));
	g_clear_error(&error);
	g_assert_true(g_file_set_contents(file, "secret\n", -1, NULL));
	fixture_fill(cache, fixture_rows, fixture_row_count, (ChangePosition){ 1, 1 });
	fixture_assert_recovers(cache);
	fixture_assert_lookups(cache);
	g_free(redis_server_do(server, "ACL", "SETUSER", "retour", "-get", NULL));
	g_assert_cmpint(fixture_check(cache, "dead@example.org", ""), ==, CACHE_UNKNOWN);
	cache_close(cache);
}

/* A replica answers look-ups from what its primary wrote; writing to it is refused. */
static void
test_replica(void)
{
	g_autoptr(RedisServer) server = redis_server_start(NULL);
	g_autoptr(GPtrArray) nothing = g_ptr_array_new();
	g_autoptr(GError) error = NULL;
	Cache *cache = fixture_open(server);
	bool applied;

	fixture_fill(cache, fixture_rows, fixture_row_count, (ChangePosition){ 1, 1 });
	g_free(redis_server_do(server, "REPLICAOF", "127.0.0.1", "1", NULL));
	g_free(redis_server_do(server, "CONFIG", "SET", "replica-serve-stale-data", "yes", NULL));
	fixture_assert_lookups(cache);
	g_assert_false(cache_apply(
		cache, DATABASE, (ChangePosition){ 1, 1 }, (ChangePosition){ 1, 1 }, nothing, true, &applied, &error));
	g_assert_error(error, RETOUR_ERROR, ERROR_RETRY);
	g_free(redis_server_do(server, "CONFIG", "SET", "replica-serve-stale-data", "no", NULL));
	g_assert_cmpint(fixture_check(cache, "dead@example.org", ""), ==, CACHE_UNKNOWN);
	cache_close(cache);
}

static void
test_eviction(void)
{
	static const char *const options[] = { "--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru", NULL };
	g_autoptr(RedisServer) server = redis_server_start(options);
	g_autoptr(GError) error = NULL;
	Cache *cache = fixture_open(server);
	ChangePosition position;
	bool usable;

	g_assert_false(cache_position(cache, DATABASE, &usable, &position, &error));
	g_assert_error(error, RETOUR_ERROR, ERROR_CONFIG);
	g_clear_error(&error);
	g_free(redis_server_do(server, "CONFIG", "SET", "maxmemory-policy", "noeviction", NULL));
	g_assert_true(cache_position(cache, DATABASE, &usable, &position, &error));
	cache_close(cache);
}

/* Memory is used up and nothing may be evicted: what is there goes on holding, and changes are not taken for applied. */
static void
test_memory_full(void)
{
	static const Row more[] = { { "late@example.org", SCOPE_ALL, CATEGORY_USER_UNKNOWN, NEVER_EXPIRES } };
	g_autoptr(RedisServer) server = redis_server_start(NULL);
	g_autoptr(GPtrArray) states = fixture_states(more, G_N_ELEMENTS(more));
	g_autoptr(GError) error = NULL;
	ChangePosition from = { 1, 1 }, to = { 2, 1 };
	Cache *cache = fixture_open(server);
	bool applied;

	fixture_fill(cache, fixture_rows, fixture_row_count, from);
	g_free(redis_server_do(server, "CONFIG", "SET", "maxmemory", "1000", NULL));
	g_assert_false(cache_apply(cache, DATABASE, from, to, states, true, &applied, &error));
	g_assert_error(error, RETOUR_ERROR, ERROR_RETRY);
	g_assert_nonnull(strstr(error->message, "OOM"));
	fixture_assert_lookups(cache);
	g_free(redis_server_do(server, "CONFIG", "SET", "maxmemory", "0", NULL));
	g_assert_true(fixture_apply(cache, from, to, states));
	g_assert_cmpint(fixture_check(cache, "late@example.org", ""), ==, CACHE_LISTED);
	cache_close(cache);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	if (!redis_server_is_installed()) {
		g_test_message("redis-server is not installed");
		return 77;
	}
	g_test_add_func("/cache-faults/foreign-types", test_foreign_types);
	g_test_add_func("/cache-faults/away", test_away);
	g_test_add_func("/cache-faults/hanging", test_hanging);
	g_test_add_func("/cache-faults/closed-connection", test_closed_connection);
	g_test_add_func("/cache-faults/password", test_password);
	g_test_add_func("/cache-faults/replica", test_replica);
	g_test_add_func("/cache-faults/eviction", test_eviction);
	g_test_add_func("/cache-faults/memory-full", test_memory_full);
	return g_test_run();
}
