#include "database.h"
#include "intake_fixture.h"
#include "mails.h"

static void
unlist_by_hand(Fixture *fixture, const char *target)
{
	BlacklistChange change = { .target = target, .actor = "test", .reason = "for the test" };
	g_autoptr(GError) error = NULL;
	bool removed;

	blacklist_remove(fixture->blacklist, &change, &removed, &error);
	g_assert_no_error(error);
	g_assert_true(removed);
}

/* Redis itself, not the gate, which would ask PostgreSQL. */
static void
await(Fixture *fixture, const char *address, const char *sender_domain, CacheAnswer wanted)
{
	for (;;) {
		g_autoptr(Listing) listing = NULL;

		if (cache_check(fixture->cache, ONLY_NAME(address), sender_domain, 0, &listing) == wanted)
			return;
		g_usleep(5000);
	}
}

/* What happened before the mirror started, what happens while it runs, and what is taken back. */
static void
test_follows(void)
{
	static const Bounce bounce = { .recipient = "bounced@mirror-a.example", .message_id = "ma-1@shop.example" };
	g_autoptr(Fixture) fixture = fixture_new();
	GateCounters before, after;

	fixture_list(fixture, "early@mirror-a.example", "*");
	g_assert_cmpint(fixture_ask(fixture, "early@mirror-a.example", "x.example"), ==, GATE_CLOSED);
	fixture_start_mirror(fixture);
	await(fixture, "early@mirror-a.example", "x.example", CACHE_LISTED);
	fixture_deliver(fixture, mail_bounce(&bounce), true);
	mirror_poke(fixture->mirror);
	await(fixture, bounce.recipient, "x.example", CACHE_LISTED);
	fixture_list(fixture, "@mirror-a.example", "shop.example");
	await(fixture, "anybody@mirror-a.example", "shop.example", CACHE_LISTED);
	await(fixture, "anybody@mirror-a.example", "x.example", CACHE_NOT_LISTED);
	unlist_by_hand(fixture, "early@mirror-a.example");
	await(fixture, "early@mirror-a.example", "x.example", CACHE_NOT_LISTED);

	gate_counters(fixture->gate, &before);
	g_assert_cmpint(fixture_ask(fixture, bounce.recipient, "x.example"), ==, GATE_CLOSED);
	g_assert_cmpint(fixture_ask(fixture, "early@mirror-a.example", "x.example"), ==, GATE_OPEN);
	gate_counters(fixture->gate, &after);
	g_assert_cmpuint(after.from_cache, ==, before.from_cache + 2);
	g_assert_cmpuint(after.from_database, ==, before.from_database);
	g_assert_cmpuint(after.closed, ==, before.closed + 1);
}

/* The answers are right at every moment; only who gives them changes. */
static void
ask_until_from_cache(Fixture *fixture)
{
	GateCounters start, now;

	gate_counters(fixture->gate, &start);
	do {
		g_assert_cmpint(fixture_ask(fixture, "dead@mirror-b.example", "x.example"), ==, GATE_CLOSED);
		g_assert_cmpint(fixture_ask(fixture, "alive@mirror-b.example", "x.example"), ==, GATE_OPEN);
		gate_counters(fixture->gate, &now);
		g_usleep(2000);
	} while (now.from_cache < start.from_cache + 10);
	g_assert_cmpuint(now.unknown, ==, 0);
}

static void
test_flushed(void)
{
	g_autoptr(Fixture) fixture = fixture_new();

	fixture_list(fixture, "dead@mirror-b.example", "*");
	fixture_start_mirror(fixture);
	ask_until_from_cache(fixture);
	for (unsigned i = 0; i < 3; i++) {
		g_free(redis_server_do(fixture->redis, "FLUSHALL", NULL));
		ask_until_from_cache(fixture);
	}
	redis_server_stop(fixture->redis);
	for (unsigned i = 0; i < 50; i++) {
		g_assert_cmpint(fixture_ask(fixture, "dead@mirror-b.example", "x.example"), ==, GATE_CLOSED);
		g_assert_cmpint(fixture_ask(fixture, "alive@mirror-b.example", "x.example"), ==, GATE_OPEN);
	}
	redis_server_restart(fixture->redis);
	ask_until_from_cache(fixture);
}

static void
test_foreign(void)
{
	g_autoptr(Fixture) fixture = fixture_new();

	fixture_list(fixture, "dead@mirror-b.example", "*");
	fixture_start_mirror(fixture);
	g_free(redis_server_do(fixture->redis, "HSET", "retour:position", "database", "another", NULL));
	g_free(redis_server_do(fixture->redis, "DEL", "retour:fresh", NULL));
	ask_until_from_cache(fixture);
}

static void
count_progress(void *context, uint64_t done)
{
	uint64_t *last = context;

	g_assert_cmpuint(done, ==, *last + 1);
	*last = done;
}

/* The command works without a mirror running, and beside several. */
static void
test_rebuild(void)
{
	g_autoptr(Fixture) fixture = fixture_new();
	g_autoptr(GError) error = NULL;
	uint64_t targets, seen = 0;

	fixture_list(fixture, "dead@mirror-b.example", "*");
	g_assert_true(mirror_rebuild(fixture->cache, fixture->blacklist, count_progress, &seen, &targets, &error));
	g_assert_no_error(error);
	g_assert_cmpuint(targets, >, 0);
	g_assert_cmpuint(seen, ==, targets);
	await(fixture, "dead@mirror-b.example", "x.example", CACHE_LISTED);

	fixture_start_mirror(fixture);
	Mirror *second = mirror_start(fixture->cache, fixture->blacklist, NULL, &error);

	for (unsigned i = 0; i < 5; i++) {
		g_autofree char *address = g_strdup_printf("m%u@mirror-c.example", i);

		fixture_list(fixture, address, "*");
		mirror_poke(second);
		mirror_poke(fixture->mirror);
		await(fixture, address, "x.example", CACHE_LISTED);
		if (!mirror_rebuild(fixture->cache, fixture->blacklist, NULL, NULL, &targets, &error))
			g_assert_error(error, RETOUR_ERROR, ERROR_RETRY);
		g_clear_error(&error);
		await(fixture, address, "x.example", CACHE_LISTED);
	}
	mirror_stop(second);
}

/* PostgreSQL away: Redis answers, also when it is fresh no more; without Redis's list nobody does; and it mends by itself. */
static void
test_postgres_away(void)
{
	g_autoptr(Fixture) fixture = fixture_new();

	fixture_list(fixture, "dead@mirror-b.example", "*");
	fixture_start_mirror(fixture);
	fixture_postgres("stop");
	g_assert_cmpint(fixture_ask(fixture, "dead@mirror-b.example", "x.example"), ==, GATE_CLOSED);
	g_free(redis_server_do(fixture->redis, "DEL", "retour:fresh", NULL));
	g_assert_cmpint(fixture_ask(fixture, "dead@mirror-b.example", "x.example"), ==, GATE_CLOSED);
	g_free(redis_server_do(fixture->redis, "FLUSHALL", NULL));
	g_assert_cmpint(fixture_ask(fixture, "dead@mirror-b.example", "x.example"), ==, GATE_UNKNOWN);
	fixture_postgres("start");
	await(fixture, "dead@mirror-b.example", "x.example", CACHE_LISTED);
}

/*
 * An old transaction holds the feed back. Redis must not answer by a list that it knows to be behind once it is
 * no longer fresh; and when the transaction ends, the feed comes.
 */
static void
test_held_back(void)
{
	g_autoptr(Fixture) fixture = fixture_new();
	g_autoptr(GError) error = NULL;
	g_autoptr(Database) other = database_open(fixture->store_settings.url, 0, &error);

	g_assert_no_error(error);
	fixture_start_mirror(fixture);
	g_assert_true(database_run(other, "begin; select pg_current_xact_id()", &error));
	fixture_list(fixture, "held@mirror-d.example", "*");
	g_free(redis_server_do(fixture->redis, "DEL", "retour:fresh", NULL));
	for (unsigned i = 0; i < 20; i++) {
		mirror_poke(fixture->mirror);
		g_assert_cmpint(fixture_ask(fixture, "held@mirror-d.example", "x.example"), ==, GATE_CLOSED);
		g_usleep(25000);
	}
	g_assert_true(database_run(other, "commit", &error));
	await(fixture, "held@mirror-d.example", "x.example", CACHE_LISTED);
}

/*
 * An address is erased while no mirror runs: the change that would take it out of Redis names its hash by then, and the
 * next mirror must not leave the address there.
 */
static void
test_erased_meanwhile(void)
{
	g_autoptr(Fixture) fixture = fixture_new();
	g_autofree char *hash = g_strdup_printf("hash:%064d", 7);
	g_autofree char *sql = g_strdup_printf("select forget_entry('person@mirror-e.example', '%s', 'test', 'test');"
					       "select forget_trail('person@mirror-e.example', "
					       "'person@mirror-e[.]example', '%s', 'test', 'test')",
		hash, hash);
	g_autoptr(GError) error = NULL;
	g_autoptr(Database) owner = database_open(fixture->store_settings.url, 0, &error);

	g_assert_no_error(error);
	fixture_list(fixture, "person@mirror-e.example", "*");
	fixture_start_mirror(fixture);
	await(fixture, "person@mirror-e.example", "x.example", CACHE_LISTED);
	mirror_stop(g_steal_pointer(&fixture->mirror));
	database_run(owner, sql, &error);
	g_assert_no_error(error);
	fixture_start_mirror(fixture);
	await(fixture, hash, "x.example", CACHE_LISTED);
	await(fixture, "person@mirror-e.example", "x.example", CACHE_NOT_LISTED);
}

static void
test_not_configured(void)
{
	CacheSettings settings = { 0 };
	g_autoptr(GError) error = NULL;

	cache_settings_read(NULL, &settings, NULL);
	Cache *cache = cache_open(&settings, NULL);

	g_assert_null(mirror_start(cache, NULL, NULL, &error));
	g_assert_error(error, RETOUR_ERROR, ERROR_CONFIG);
	cache_close(cache);
	settings_clear(cache_settings, &settings);
	mirror_stop(NULL);
	mirror_poke(NULL);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	int status = fixture_prepare();

	if (status != 0)
		return status;
	g_test_add_func("/mirror/not-configured", test_not_configured);
	g_test_add_func("/mirror/follows", test_follows);
	g_test_add_func("/mirror/flushed", test_flushed);
	g_test_add_func("/mirror/foreign", test_foreign);
	g_test_add_func("/mirror/rebuild", test_rebuild);
	g_test_add_func("/mirror/held-back", test_held_back);
	g_test_add_func("/mirror/erased-meanwhile", test_erased_meanwhile);
	g_test_add_func("/mirror/postgres-away", test_postgres_away);
	return g_test_run();
}
