#include "cache_fixture.h"

#include <pthread.h>
#include <stdatomic.h>

#define LIFETIME_MS 600000
#define MANY 5000 /* names of each kind */

static LiveFigures *
make_figures(int64_t as_of, unsigned count, const char *text)
{
	LiveFigures *figures = live_figures_new();

	figures->as_of = as_of;
	figures->service = g_strdup(text);
	for (unsigned i = 0; i < count; i++) {
		g_hash_table_insert(figures->providers, g_strdup_printf("p%u", i), g_strdup(text));
		g_hash_table_insert(figures->senders, g_strdup_printf("s%u.example", i), g_strdup(text));
	}
	return figures;
}

static void
publish(Cache *cache, const char *database, int64_t as_of, unsigned count, const char *text)
{
	g_autoptr(LiveFigures) figures = make_figures(as_of, count, text);
	g_autoptr(GError) error = NULL;

	cache_live_publish(cache, database, "24h", figures, LIFETIME_MS, &error);
	g_assert_no_error(error);
}

static LiveFigures *
read_figures(Cache *cache)
{
	g_autoptr(GError) error = NULL;
	LiveFigures *figures = NULL;

	cache_live_read(cache, DATABASE, "24h", &figures, &error);
	g_assert_no_error(error);
	return figures;
}

static void
assert_figures(Cache *cache, int64_t as_of, unsigned count, const char *text)
{
	g_autoptr(LiveFigures) figures = read_figures(cache);
	g_autoptr(LiveFigures) wanted = make_figures(as_of, count, text);
	GHashTableIter iter;
	void *name;

	g_assert_nonnull(figures);
	g_assert_cmpint(figures->as_of, ==, as_of);
	g_assert_cmpstr(figures->service, ==, text);
	g_assert_cmpuint(g_hash_table_size(figures->providers), ==, count);
	g_assert_cmpuint(g_hash_table_size(figures->senders), ==, count);
	g_hash_table_iter_init(&iter, wanted->senders);
	while (g_hash_table_iter_next(&iter, &name, NULL))
		g_assert_cmpstr(g_hash_table_lookup(figures->senders, name), ==, text);
	g_hash_table_iter_init(&iter, wanted->providers);
	while (g_hash_table_iter_next(&iter, &name, NULL))
		g_assert_cmpstr(g_hash_table_lookup(figures->providers, name), ==, text);
}

static void
assert_none(Cache *cache)
{
	g_assert_null(read_figures(cache));
}

/* What is new takes the place of all that was; what is older does not; thousands are as good as none. */
static void
test_replaced(void)
{
	g_autoptr(RedisServer) server = redis_server_start(NULL);
	Cache *cache = fixture_open(server);

	assert_none(cache);
	publish(cache, DATABASE, 100, MANY, "{\"sent\":1}");
	assert_figures(cache, 100, MANY, "{\"sent\":1}");
	publish(cache, DATABASE, 99, 3, "late");
	assert_figures(cache, 100, MANY, "{\"sent\":1}");
	publish(cache, DATABASE, 101, 2, "two");
	assert_figures(cache, 101, 2, "two");
	publish(cache, DATABASE, 102, 0, "none");
	assert_figures(cache, 102, 0, "none");
	publish(cache, DATABASE, 102, 1, "again");
	assert_figures(cache, 102, 1, "again");
	cache_close(cache);
}

/* As a customer reads it, and how long it is there. */
static void
test_keys(void)
{
	g_autoptr(RedisServer) server = redis_server_start(NULL);
	static const char *const keys[] = { PREFIX "live:24h", PREFIX "live:24h:provider", PREFIX "live:24h:sender" };
	Cache *cache = fixture_open(server);

	publish(cache, DATABASE, 100, 2, "text");
	g_autofree char *as_of = redis_server_do(server, "HGET", keys[0], "as_of", NULL);
	g_autofree char *service = redis_server_do(server, "HGET", keys[0], "service", NULL);
	g_autofree char *provider = redis_server_do(server, "HGET", keys[1], "p1", NULL);
	g_autofree char *sender = redis_server_do(server, "HGET", keys[2], "s1.example", NULL);

	g_assert_cmpstr(as_of, ==, "100");
	g_assert_cmpstr(service, ==, "text");
	g_assert_cmpstr(provider, ==, "text");
	g_assert_cmpstr(sender, ==, "text");
	for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
		g_autofree char *left = redis_server_do(server, "PTTL", keys[i], NULL);

		g_assert_cmpint(g_ascii_strtoll(left, NULL, 10), >, LIFETIME_MS / 2);
		g_assert_cmpint(g_ascii_strtoll(left, NULL, 10), <=, LIFETIME_MS);
	}
	/* Nothing but these is left. */
	g_autofree char *size = redis_server_do(server, "DBSIZE", NULL);

	g_assert_cmpstr(size, ==, "3");
	g_free(redis_server_do(server, "PEXPIRE", keys[0], "1", NULL));
	for (LiveFigures *figures; (figures = read_figures(cache)) != NULL; live_figures_free(figures))
		g_usleep(1000);
	cache_close(cache);
}

/* Of another database, of foreign types, or not whole: none, and the next publication mends it. */
static void
test_spoilt(void)
{
	static const char *const spoilers[][4] = {
		{ "HSET", PREFIX "live:24h", "database", "db-2" },
		{ "HSET", PREFIX "live:24h", "as_of", "now" },
		{ "HDEL", PREFIX "live:24h", "service", NULL },
		{ "HDEL", PREFIX "live:24h:provider", "p1", NULL },
		{ "HSET", PREFIX "live:24h:sender", "more.example", "text" },
		{ "DEL", PREFIX "live:24h:sender", NULL, NULL },
		{ "DEL", PREFIX "live:24h", NULL, NULL },
		{ "SET", PREFIX "live:24h", "text", NULL },
		{ "SET", PREFIX "live:24h:provider", "text", NULL },
		{ "FLUSHALL", NULL, NULL, NULL },
	};
	g_autoptr(RedisServer) server = redis_server_start(NULL);
	Cache *cache = fixture_open(server);

	publish(cache, "db-2", 100, 2, "foreign");
	assert_none(cache);
	for (size_t i = 0; i < G_N_ELEMENTS(spoilers); i++) {
		publish(cache, DATABASE, (int64_t)i, 2, "text");
		assert_figures(cache, (int64_t)i, 2, "text");
		g_free(redis_server_do(server, spoilers[i][0], spoilers[i][1], spoilers[i][2], spoilers[i][3], NULL));
		assert_none(cache);
	}
	cache_close(cache);
}

static void
test_away(void)
{
	g_autoptr(RedisServer) server = redis_server_start(NULL);
	g_autoptr(LiveFigures) figures = make_figures(100, 2, "text");
	g_autoptr(GError) error = NULL;
	Cache *cache = fixture_open(server);
	LiveFigures *found = NULL;

	redis_server_stop(server);
	g_assert_false(cache_live_publish(cache, DATABASE, "24h", figures, LIFETIME_MS, &error));
	g_assert_error(error, RETOUR_ERROR, ERROR_RETRY);
	g_clear_error(&error);
	g_assert_false(cache_live_read(cache, DATABASE, "24h", &found, &error));
	g_assert_error(error, RETOUR_ERROR, ERROR_RETRY);
	redis_server_restart(server);
	publish(cache, DATABASE, 100, 2, "text");
	assert_figures(cache, 100, 2, "text");
	cache_close(cache);
}

typedef struct Publisher {
	Cache *cache;
	pthread_t thread;
	atomic_bool stop;
} Publisher;

static void *
publish_on(void *data)
{
	Publisher *publisher = data;

	for (unsigned i = 1; !atomic_load(&publisher->stop); i++) {
		g_autofree char *text = g_strdup_printf("%u", i);

		publish(publisher->cache, DATABASE, 7, 20 + i % 2, text); /* all as of the same second */
	}
	return NULL;
}

/* Two write while one reads: what is read is of one publication. */
static void
test_whole(void)
{
	g_autoptr(RedisServer) server = redis_server_start(NULL);
	Cache *cache = fixture_open(server);
	Publisher publishers[2] = { { .cache = cache }, { .cache = cache } };

	for (size_t i = 0; i < G_N_ELEMENTS(publishers); i++)
		g_assert_cmpint(pthread_create(&publishers[i].thread, NULL, publish_on, &publishers[i]), ==, 0);
	for (unsigned seen = 0; seen < 200;) {
		g_autoptr(LiveFigures) figures = read_figures(cache);
		GHashTableIter iter;
		void *text;

		if (figures == NULL)
			continue; /* not yet, or replaced under all tries */
		seen++;
		g_assert_cmpuint(g_hash_table_size(figures->senders), ==, g_hash_table_size(figures->providers));
		g_hash_table_iter_init(&iter, figures->senders);
		while (g_hash_table_iter_next(&iter, NULL, &text))
			g_assert_cmpstr(text, ==, figures->service);
		g_hash_table_iter_init(&iter, figures->providers);
		while (g_hash_table_iter_next(&iter, NULL, &text))
			g_assert_cmpstr(text, ==, figures->service);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(publishers); i++) {
		atomic_store(&publishers[i].stop, true);
		pthread_join(publishers[i].thread, NULL);
	}
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
	g_test_add_func("/cache/live/replaced", test_replaced);
	g_test_add_func("/cache/live/keys", test_keys);
	g_test_add_func("/cache/live/spoilt", test_spoilt);
	g_test_add_func("/cache/live/away", test_away);
	g_test_add_func("/cache/live/whole", test_whole);
	return g_test_run();
}
