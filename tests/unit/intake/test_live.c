#include "live.h"
#include "redis_server.h"
#include "reputation_json.h"
#include "sql_fixture.h"

#define NOW INT64_C(1795458400) /* 2026-11-23 18:26:40 UTC */
#define LIFETIME_MS 600000

typedef struct World {
	char *url;
	RedisServer *redis;
	CacheSettings cache_settings;
	ReputationSettings settings;
	Blacklist *blacklist;
	Cache *cache;
} World;

static Blacklist *
open_lists(char *url)
{
	StoreSettings settings = { .url = url };
	g_autoptr(GError) error = NULL;
	Blacklist *blacklist = blacklist_open(&settings, 1, 60000, &error);

	g_assert_no_error(error);
	return blacklist;
}

static void
world_open(World *world)
{
	g_autoptr(GError) error = NULL;

	world->url = fixture_database();
	world->redis = redis_server_start(NULL);
	world->blacklist = open_lists(world->url);
	g_assert_true(reputation_settings_read(NULL, &world->settings, &error));
	g_assert_true(cache_settings_read(NULL, &world->cache_settings, &error));
	g_strfreev(world->cache_settings.addresses);
	world->cache_settings.addresses = g_strsplit(redis_server_address(world->redis), " ", -1);
	world->cache = cache_open(&world->cache_settings, &error);
	g_assert_no_error(error);
}

static void
world_close(World *world)
{
	cache_close(world->cache);
	blacklist_close(world->blacklist);
	settings_clear(cache_settings, &world->cache_settings);
	settings_clear(reputation_settings, &world->settings);
	redis_server_free(world->redis);
	g_free(world->url);
}

static GPtrArray *
from_database(const World *world, ReputationWindow window)
{
	ReputationQuery query = { .window = window, .until = NOW };
	g_autoptr(GError) error = NULL;
	GPtrArray *found = reputation_read(world->blacklist, &query, &world->settings, &error);

	g_assert_no_error(error);
	return found;
}

static void
publish(const World *world, ReputationWindow window)
{
	g_autoptr(GPtrArray) found = from_database(world, window);
	g_autoptr(GError) error = NULL;

	live_publish(world->cache, world->blacklist, window, NOW, found, LIFETIME_MS, &error);
	g_assert_no_error(error);
}

/* Names and all figures, in their order. */
static char *
texts_of(const GPtrArray *found, ReputationWindow window)
{
	GString *all = g_string_new(NULL);

	for (unsigned i = 0; i < found->len; i++) {
		g_autofree char *text = reputation_json_text(g_ptr_array_index(found, i), window);

		g_string_append_printf(all, "%s\n", text);
	}
	return g_string_free(all, FALSE);
}

/* From Redis word by word what PostgreSQL says. */
static void
assert_same(const World *world, ReputationWindow window, unsigned count)
{
	g_autoptr(GError) error = NULL;
	int64_t as_of;
	g_autoptr(GPtrArray) live = live_read(world->cache, world->blacklist, window, &world->settings, &as_of, &error);
	g_autoptr(GPtrArray) found = from_database(world, window);

	g_assert_no_error(error);
	g_assert_cmpint(as_of, ==, NOW);
	g_assert_cmpuint(live->len, ==, count);
	g_autofree char *left = texts_of(live, window), *right = texts_of(found, window);

	g_assert_cmpstr(left, ==, right);
}

static void
assert_none(const World *world, Blacklist *blacklist)
{
	g_autoptr(GError) error = NULL;
	int64_t as_of;

	g_assert_null(live_read(world->cache, blacklist, WINDOW_24H, &world->settings, &as_of, &error));
	g_assert_error(error, RETOUR_ERROR, ERROR_RETRY);
}

static void
test_same(void)
{
	World world = { 0 };

	world_open(&world);
	for (ReputationWindow window = 0; window < WINDOW_COUNT; window++) {
		publish(&world, window);
		assert_same(&world, window, 1);
	}
	/* Every hour of three weeks, with and without evidence; 40 providers, 30 sender domains; names that JSON must escape. */
	fixture_run(world.url, "insert into counters (hour, provider, sender_domain, category, shard, n, verified)"
			       " select date_trunc('hour', to_timestamp(1795458400) - h * interval '1 hour', 'UTC'),"
			       "  case when h % 40 = 7 then E'a \"quoted\\\\\\u0442 one' else 'p' || h % 40 end, 's' "
			       "|| h % 30 || '.example', c, 0,"
			       "  5 + h % 7, case when c = 'sent' then 5 + h % 7 else h % 5 end"
			       " from generate_series(0, 500) h, unnest(array['sent', 'delivered', 'deferred', "
			       "'user_unknown', 'mailbox_full',"
			       "  'complaint_spam', 'complaint_optout', 'not_kept']) c");
	for (ReputationWindow window = 0; window < WINDOW_COUNT; window++) {
		g_autoptr(GPtrArray) found = from_database(&world, window);

		publish(&world, window);
		assert_same(&world, window, found->len);
		g_assert_cmpuint(found->len, ==, window == WINDOW_1H ? 1 + 3 + 3 : 1 + 40 + 30);
	}
	world_close(&world);
}

/* Redis holds another database's, something else, nothing, or is away: said, and PostgreSQL is there. */
static void
test_none(void)
{
	g_autofree char *other = fixture_database();
	Blacklist *stranger = open_lists(other);
	World world = { 0 };

	world_open(&world);
	assert_none(&world, world.blacklist);
	publish(&world, WINDOW_24H);
	assert_none(&world, stranger);
	assert_same(&world, WINDOW_24H, 1);
	g_free(redis_server_do(world.redis, "HSET", "retour:live:24h", "service", "{\"sent\":\"many\"}", NULL));
	assert_none(&world, world.blacklist);
	g_free(redis_server_do(world.redis, "HSET", "retour:live:24h", "service", "no JSON", NULL));
	assert_none(&world, world.blacklist);
	publish(&world, WINDOW_24H);
	assert_same(&world, WINDOW_24H, 1);
	redis_server_stop(world.redis);
	assert_none(&world, world.blacklist);
	blacklist_close(stranger);
	world_close(&world);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	if (!fixture_present() || !redis_server_is_installed())
		return 77;
	g_test_add_func("/live/same", test_same);
	g_test_add_func("/live/none", test_none);
	return g_test_run();
}
