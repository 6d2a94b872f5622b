#include "cache_fixture.h"

#include <pthread.h>
#include <stdatomic.h>

typedef struct Reader {
	Cache *cache;
	atomic_bool stop;
	atomic_uint wrong, right;
} Reader;

static void *
read_on(void *data)
{
	Reader *reader = data;
	char address[64];

	for (unsigned i = 0; !atomic_load(&reader->stop); i++) {
		g_snprintf(address, sizeof address, "user%u@example.org", i % 1000);
		CacheAnswer answer = fixture_check(reader->cache, address, "");

		atomic_fetch_add(answer == CACHE_LISTED ? &reader->right : &reader->wrong, answer != CACHE_UNKNOWN);
	}
	return NULL;
}

static void
fill_users(Cache *cache, unsigned count, ChangePosition position)
{
	g_autoptr(GArray) table = g_array_new(FALSE, FALSE, sizeof(Row));
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);

	for (unsigned i = 0; i < count; i++) {
		g_ptr_array_add(names, g_strdup_printf("user%u@example.org", i));
		Row row = { g_ptr_array_index(names, i), SCOPE_ALL, CATEGORY_USER_UNKNOWN, NEVER_EXPIRES };

		g_array_append_val(table, row);
	}
	fixture_fill(cache, &g_array_index(table, Row, 0), count, position);
}

/* Everybody is listed in every generation: a look-up that says otherwise has seen half a list. */
static void
test_switch(void)
{
	g_autoptr(RedisServer) server = redis_server_start(NULL);
	Cache *cache = fixture_open(server);
	Reader reader = { .cache = cache };
	pthread_t threads[3];

	fill_users(cache, 1000, (ChangePosition){ 1, 1 });
	for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
		pthread_create(&threads[i], NULL, read_on, &reader);
	for (unsigned i = 0; i < 30; i++) {
		unsigned before = atomic_load(&reader.right);

		fill_users(cache, 1000, (ChangePosition){ 2 + i, 1 });
		while (atomic_load(&reader.right) == before)
			g_usleep(100);
	}
	atomic_store(&reader.stop, true);
	for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
		pthread_join(threads[i], NULL);
	g_assert_cmpuint(atomic_load(&reader.wrong), ==, 0);
	g_assert_cmpuint(atomic_load(&reader.right), >, 0);

	g_autofree char *keys = redis_server_do(server, "DBSIZE", NULL);

	g_assert_cmpstr(keys, ==, "1002"); /* one generation, position, fresh; the others are swept away */
	cache_close(cache);
}

static void
test_rebuilds(void)
{
	g_autoptr(RedisServer) server = redis_server_start(NULL);
	g_autoptr(GPtrArray) states = fixture_states(fixture_rows, 1);
	g_autoptr(GError) error = NULL;
	Cache *cache = fixture_open(server);
	CacheRebuild *first = cache_rebuild_begin(cache, DATABASE, &error);

	g_assert_no_error(error);
	g_assert_null(cache_rebuild_begin(cache, DATABASE, &error));
	g_assert_error(error, RETOUR_ERROR, ERROR_RETRY);
	g_clear_error(&error);

	/* The first one stalls until its lock has expired and another has rebuilt. It must not undo that. */
	g_assert_true(cache_rebuild_add(first, g_ptr_array_index(states, 0), &error));
	g_free(redis_server_do(server, "DEL", PREFIX "rebuild", NULL));
	fixture_fill(cache, fixture_rows, fixture_row_count, (ChangePosition){ 5, 5 });
	g_assert_false(cache_rebuild_finish(first, (ChangePosition){ 4, 4 }, &error));
	g_assert_error(error, RETOUR_ERROR, ERROR_RETRY);
	g_clear_error(&error);
	fixture_assert_lookups(cache);

	/* An abandoned one leaves no lock, and what it wrote is tidied up; foreign keys stay. */
	CacheRebuild *second = cache_rebuild_begin(cache, DATABASE, &error);

	for (unsigned i = 0; i < 300; i++)
		g_assert_true(cache_rebuild_add(second, g_ptr_array_index(states, 0), &error));
	cache_rebuild_abandon(second);
	g_free(redis_server_do(server, "SET", PREFIX "not-a-generation:x", "1", NULL));
	g_free(redis_server_do(server, "SET", "rex:aaaaaaaaaaaa:x", "1", NULL));
	g_autofree char *before = redis_server_do(server, "DBSIZE", NULL);

	g_assert_true(cache_tidy(cache, &error));
	g_assert_true(cache_tidy(cache, &error));
	g_autofree char *after = redis_server_do(server, "DBSIZE", NULL);

	g_assert_cmpint(g_ascii_strtoll(after, NULL, 10), ==, g_ascii_strtoll(before, NULL, 10) - 2);
	fixture_assert_lookups(cache);
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
	g_test_add_func("/cache-rebuild/switch", test_switch);
	g_test_add_func("/cache-rebuild/rebuilds", test_rebuilds);
	return g_test_run();
}
