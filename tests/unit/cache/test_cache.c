#include "cache_fixture.h"

#include <string.h>

static const struct {
	const char *address;
	bool good;
} addresses[] = {
	{ "", true },
	{ "unix:/run/redis.sock", true },
	{ "tcp:localhost:6379", true },
	{ "tcp:[::1]:6379", true },
	{ "tls:redis.example:6380", true },
	{ "tls:redis.example", false },
	{ "unix:relative", false },
	{ "tcp:localhost", false },
	{ "tcp:localhost:0", false },
	{ "tcp:localhost:65536", false },
	{ "tcp::6379", false },
	{ "tcp:[]:6379", false },
	{ "redis://localhost", false },
	{ "localhost:6379", false },
};

static void
test_addresses(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(addresses); i++) {
		CacheSettings settings = { 0 };
		g_autoptr(GError) error = NULL;

		g_test_message("%s", addresses[i].address);
		g_assert_true(cache_settings_read(NULL, &settings, NULL));
		g_assert_cmpint(settings.fresh_ms, ==, 10000);
		g_strfreev(settings.addresses);
		settings.addresses = g_strsplit(addresses[i].address, " ", -1);
		Cache *cache = cache_open(&settings, &error);

		g_assert_cmpint(cache != NULL, ==, addresses[i].good);
		if (cache == NULL)
			g_assert_error(error, RETOUR_ERROR, ERROR_CONFIG);
		cache_close(cache);
		settings_clear(cache_settings, &settings);
	}
}

static const struct {
	const char *yaml, *problem; /* NULL: good */
} texts[] = {
	{ "address: tls:a:1\nca_file: x", NULL },
	{ "address: [tcp:a:1, 'tls:b:1']\nserver_name: b", NULL },
	{ "sentinels: tls:a:1\ncertificate_file: x\nkey_file: y", NULL },
	{ "address: [tcp:a:1, http:b:1]",
		"redis.yaml:1: redis address \"http:b:1\" is none of unix:/path, tcp:host:port and "
		"tls:host:port" },
	{ "address: tcp:a:1\nsentinels:\n  - tcp:a:1\n  - tcp:a", "redis.yaml:4: redis address \"tcp:a\" is none of "
								  "unix:/path, tcp:host:port and tls:host:port" },
	{ "address: tcp:a:1\nca_file: x",
		"redis.yaml:2: 'ca_file' is for TLS, and no address here begins with \"tls:\"" },
	{ "address: tls:a:1\ncertificate_file: x",
		"redis.yaml:2: 'certificate_file' and 'key_file' are only of use together" },
	{ "address: tls:a:1\nkey_file: x", "redis.yaml:2: 'certificate_file' and 'key_file' are only of use together" },
};

static void
test_settings(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		CacheSettings settings = { 0 };
		g_autoptr(GError) error = NULL;
		g_autoptr(YamlFile) file =
			yaml_file_parse("/etc/redis.yaml", texts[i].yaml, strlen(texts[i].yaml), &error);

		g_assert_no_error(error);
		cache_settings_read(yaml_file_root(file), &settings, &error);
		if (texts[i].problem == NULL) {
			g_assert_no_error(error);
		} else {
			g_assert_error(error, RETOUR_ERROR, ERROR_CONFIG);
			g_assert_cmpstr(error->message + strlen("/etc/"), ==, texts[i].problem);
		}
		if (*texts[i].yaml == 's')
			g_assert_cmpstr(settings.tls.key_file, ==, "/etc/y");
		settings_clear(cache_settings, &settings);
	}
}

static void
test_none(void)
{
	CacheSettings settings = { 0 };
	g_autoptr(GError) error = NULL;
	ChangePosition position;
	bool usable;

	cache_settings_read(NULL, &settings, NULL);
	Cache *cache = cache_open(&settings, &error);

	g_assert_false(cache_is_configured(cache));
	g_assert_cmpint(fixture_check(cache, "dead@example.org", ""), ==, CACHE_UNKNOWN);
	g_assert_false(cache_position(cache, DATABASE, &usable, &position, &error));
	g_assert_error(error, RETOUR_ERROR, ERROR_RETRY);
	cache_close(cache);
	settings_clear(cache_settings, &settings);
}

/* Counts what Redis was asked: the contract is one round trip, three GETs. */
static unsigned
gets_so_far(const RedisServer *server)
{
	g_autofree char *stats = redis_server_do(server, "INFO", "commandstats", NULL);
	const char *line = strstr(stats, "cmdstat_get:calls=");

	return line == NULL ? 0 : (unsigned)g_ascii_strtoull(line + strlen("cmdstat_get:calls="), NULL, 10);
}

static void
test_lookups(void)
{
	g_autoptr(RedisServer) server = redis_server_start(NULL);
	Cache *cache = fixture_open(server);

	g_assert_cmpint(fixture_check(cache, "dead@example.org", ""), ==, CACHE_UNKNOWN);
	fixture_fill(cache, fixture_rows, fixture_row_count, (ChangePosition){ 7, 9 });
	fixture_assert_lookups(cache);

	Cache *other = fixture_open(server); /* has seen no generation yet */

	fixture_assert_lookups(other);
	unsigned before = gets_so_far(server);

	fixture_check(other, "dead@example.org", "");
	g_assert_cmpuint(gets_so_far(server), ==, before + 3);
	cache_close(other);
	cache_close(cache);
}

/* While it is rebuilt, and until something current was applied, PostgreSQL is to be asked. */
static void
test_fresh(void)
{
	g_autoptr(RedisServer) server = redis_server_start(NULL);
	g_autoptr(GPtrArray) states = fixture_states(fixture_rows, 1);
	g_autoptr(GPtrArray) nothing = g_ptr_array_new();
	CacheSettings settings = fixture_settings(server);
	g_autoptr(GError) error = NULL;
	bool applied;

	settings.fresh_ms = 50;
	Cache *cache = cache_open(&settings, &error);
	CacheRebuild *rebuild = cache_rebuild_begin(cache, DATABASE, &error);

	g_assert_true(cache_rebuild_add(rebuild, g_ptr_array_index(states, 0), &error));
	g_assert_true(cache_rebuild_finish(rebuild, (ChangePosition){ 1, 1 }, &error));
	g_assert_cmpint(fixture_check(cache, "dead@example.org", ""), ==, CACHE_UNKNOWN);
	g_assert_true(cache_apply(
		cache, DATABASE, (ChangePosition){ 1, 1 }, (ChangePosition){ 1, 2 }, nothing, false, &applied, &error));
	g_assert_true(applied);
	g_assert_cmpint(fixture_check(cache, "dead@example.org", ""), ==, CACHE_UNKNOWN);
	g_assert_true(fixture_apply(cache, (ChangePosition){ 1, 2 }, (ChangePosition){ 1, 2 }, nothing));
	for (;;) {
		g_autofree char *fresh = redis_server_do(server, "EXISTS", PREFIX "fresh", NULL);

		if (g_str_equal(fresh, "0"))
			break;
		g_usleep(10000);
	}
	g_assert_cmpint(fixture_check(cache, "dead@example.org", ""), ==, CACHE_UNKNOWN);
	cache_close(cache);
}

static void
test_apply(void)
{
	static const Row changed[] = { { "new@example.org", SCOPE_ALL, CATEGORY_USER_UNKNOWN, NEVER_EXPIRES } };
	ChangePosition first = { 18446744073709551610u, 1 }, second = { 18446744073709551615u, INT64_MAX }, position;
	g_autoptr(RedisServer) server = redis_server_start(NULL);
	g_autoptr(GPtrArray) states = fixture_states(changed, 1);
	g_autoptr(GPtrArray) nothing = g_ptr_array_new();
	g_autoptr(GError) error = NULL;
	Cache *cache = fixture_open(server);
	bool usable, applied;

	g_assert_false(fixture_apply(cache, first, second, states));
	fixture_fill(cache, fixture_rows, fixture_row_count, first);
	g_ptr_array_add(states, target_state_new("dead@example.org")); /* on no list any more */
	g_assert_true(fixture_apply(cache, first, second, states));
	g_assert_cmpint(fixture_check(cache, "new@example.org", ""), ==, CACHE_LISTED);
	g_assert_cmpint(fixture_check(cache, "dead@example.org", ""), ==, CACHE_NOT_LISTED);
	g_assert_true(cache_position(cache, DATABASE, &usable, &position, &error));
	g_assert_true(usable);
	g_assert_cmpuint(position.xid, ==, second.xid);
	g_assert_cmpint(position.id, ==, second.id);

	/* Lost: another process was first. Nothing may change. */
	g_ptr_array_set_size(states, 0);
	g_ptr_array_add(states, target_state_new("new@example.org"));
	g_assert_false(fixture_apply(cache, first, second, states));
	g_assert_cmpint(fixture_check(cache, "new@example.org", ""), ==, CACHE_LISTED);

	/* Another database: neither usable nor changed. */
	g_assert_true(cache_position(cache, "db-2", &usable, &position, &error));
	g_assert_false(usable);
	g_assert_true(cache_apply(cache, "db-2", second, second, nothing, true, &applied, &error));
	g_assert_false(applied);
	cache_close(cache);
}

/* Only a target of which every entry ends may vanish by itself, and not before the last one ends. */
static void
test_expiry(void)
{
	int64_t now = g_get_real_time() / G_USEC_PER_SEC;
	const Row table[] = {
		{ "soon@example.org", SCOPE_ALL, CATEGORY_MAILBOX_FULL, now + 1000 },
		{ "soon@example.org", "shop.example", CATEGORY_MAILBOX_FULL, now + 5000 },
		{ "half@example.org", SCOPE_ALL, CATEGORY_MAILBOX_FULL, now + 1000 },
		{ "half@example.org", "shop.example", CATEGORY_COMPLAINT_SPAM, NEVER_EXPIRES },
		{ "over@example.org", SCOPE_ALL, CATEGORY_MAILBOX_FULL, now - 5 },
		{ "ages@example.org", SCOPE_ALL, CATEGORY_MAILBOX_FULL, NEVER_EXPIRES - 1 },
	};
	g_autoptr(RedisServer) server = redis_server_start(NULL);
	Cache *cache = fixture_open(server);

	fixture_fill(cache, table, G_N_ELEMENTS(table), (ChangePosition){ 1, 1 });
	g_autofree char *generation = redis_server_do(server, "GET", PREFIX "fresh", NULL);
	g_autofree char *soon = g_strconcat(PREFIX, generation, ":soon@example.org", NULL);
	g_autofree char *half = g_strconcat(PREFIX, generation, ":half@example.org", NULL);
	g_autofree char *ages = g_strconcat(PREFIX, generation, ":ages@example.org", NULL);
	g_autofree char *soon_ends = redis_server_do(server, "EXPIRETIME", soon, NULL);
	g_autofree char *half_ends = redis_server_do(server, "EXPIRETIME", half, NULL);
	g_autofree char *ages_ends = redis_server_do(server, "EXPIRETIME", ages, NULL);

	g_assert_cmpint(g_ascii_strtoll(soon_ends, NULL, 10), ==, now + 5000);
	g_assert_cmpstr(half_ends, ==, "-1");
	g_assert_cmpstr(ages_ends, ==, "-1");
	g_assert_cmpint(fixture_check(cache, "over@example.org", ""), ==, CACHE_NOT_LISTED);
	g_assert_cmpint(fixture_check(cache, "ages@example.org", ""), ==, CACHE_LISTED);
	cache_close(cache);
}

/* PostgreSQL away: nobody renews the mirror, and what it held goes on holding. */
static void
test_stale(void)
{
	static const struct {
		const char *command[4]; /* what happens in Redis */
		CacheAnswer dead, alive;
	} steps[] = {
		{ { "DEL", PREFIX "fresh" }, CACHE_LISTED, CACHE_NOT_LISTED },
		{ { "HSET", PREFIX "position", "generation", "another" }, CACHE_UNKNOWN, CACHE_UNKNOWN },
		{ { "FLUSHALL" }, CACHE_UNKNOWN, CACHE_UNKNOWN },
	};
	g_autoptr(RedisServer) server = redis_server_start(NULL);
	Cache *cache = fixture_open(server);

	g_assert_cmpint(cache_check_stale(cache, ONLY_NAME("dead@example.org"), "", NOW, NULL), ==, CACHE_UNKNOWN);
	fixture_fill(cache, fixture_rows, fixture_row_count, (ChangePosition){ 1, 1 });
	g_assert_true(fixture_position(cache));
	g_assert_cmpint(fixture_check(cache, "dead@example.org", ""), ==, CACHE_LISTED);
	for (size_t i = 0; i < G_N_ELEMENTS(steps); i++) {
		const char *const *word = steps[i].command;
		g_autofree char *done = redis_server_do(server, word[0], word[1], word[2], word[3], NULL);
		g_autoptr(Listing) listing = NULL;

		g_assert_cmpstr(done, !=, "");
		g_assert_cmpint(fixture_check(cache, "dead@example.org", ""), ==, CACHE_UNKNOWN);
		g_assert_cmpint(
			cache_check_stale(cache, ONLY_NAME("dead@example.org"), "", NOW, &listing), ==, steps[i].dead);
		g_assert_cmpint(
			cache_check_stale(cache, ONLY_NAME("nobody@example.net"), "", NOW, NULL), ==, steps[i].alive);
	}
	cache_close(cache);
}

/* Who has seen nothing of a rebuild by another process believes it as long as the list is that of the same database. */
static void
test_stale_rebuilt(void)
{
	static const Row other[] = { { "gone@example.org", SCOPE_ALL, CATEGORY_USER_UNKNOWN, NEVER_EXPIRES } };
	g_autoptr(RedisServer) server = redis_server_start(NULL);
	Cache *cache = fixture_open(server), *another = fixture_open(server);
	g_autoptr(Listing) listing = NULL;

	fixture_fill(cache, fixture_rows, fixture_row_count, (ChangePosition){ 1, 1 });
	g_assert_true(fixture_position(cache));
	g_free(redis_server_do(server, "FLUSHALL", NULL));
	fixture_fill(another, other, G_N_ELEMENTS(other), (ChangePosition){ 2, 1 });
	g_assert_cmpint(cache_check_stale(cache, ONLY_NAME("gone@example.org"), "", NOW, &listing), ==, CACHE_LISTED);
	g_assert_cmpint(cache_check_stale(cache, ONLY_NAME("dead@example.org"), "", NOW, NULL), ==, CACHE_NOT_LISTED);
	g_free(redis_server_do(server, "HSET", PREFIX "position", "database", "db-2", NULL));
	g_assert_cmpint(cache_check_stale(cache, ONLY_NAME("gone@example.org"), "", NOW, NULL), ==, CACHE_UNKNOWN);
	cache_close(another);
	cache_close(cache);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/cache/settings", test_settings);
	g_test_add_func("/cache/addresses", test_addresses);
	g_test_add_func("/cache/none", test_none);
	if (!redis_server_is_installed()) {
		g_test_message("redis-server is not installed");
		return 77;
	}
	g_test_add_func("/cache/lookups", test_lookups);
	g_test_add_func("/cache/fresh", test_fresh);
	g_test_add_func("/cache/apply", test_apply);
	g_test_add_func("/cache/expiry", test_expiry);
	g_test_add_func("/cache/stale", test_stale);
	g_test_add_func("/cache/stale_rebuilt", test_stale_rebuilt);
	return g_test_run();
}
