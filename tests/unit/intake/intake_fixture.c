#include "intake_fixture.h"

#include "data_dir.h"
#include "log.h"
#include "message.h"
#include "migrate.h"

#include <string.h>

int
fixture_prepare(void)
{
	const char *url = g_getenv("RETOUR_TEST_DATABASE");
	g_autoptr(GError) error = NULL;
	unsigned applied;

	if (url == NULL || !redis_server_is_installed()) {
		g_test_message("run by meson, with redis-server and PostgreSQL installed");
		return 77;
	}
	log_open("test", LOG_OUTCOMES); /* GLib's own writer asks for the local time, which is not thread-safe */
	/* What is broken here on purpose is logged as a warning. */
	g_log_set_always_fatal(G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
	message_init();
	migrate_run(url, NULL, NULL, &applied, &error);
	g_assert_no_error(error);
	return 0;
}

static void
open_rules(Fixture *fixture, GError **error)
{
	g_autofree char *shipped = data_dir();

	g_assert_true(rulebook_settings_read(NULL, NULL, shipped, &fixture->rulebook_settings, error));
	fixture->book = rulebook_load(&fixture->rulebook_settings, error);
}

static void
open_cache(Fixture *fixture, GError **error)
{
	g_assert_true(cache_settings_read(NULL, &fixture->cache_settings, error));
	g_strfreev(fixture->cache_settings.addresses);
	fixture->cache_settings.addresses = g_strsplit(redis_server_address(fixture->redis), " ", -1);
	fixture->cache_settings.timeout_ms = 2000;
	fixture->cache = cache_open(&fixture->cache_settings, error);
}

static void
count_published(void *context)
{
	Fixture *fixture = context;

	atomic_fetch_add(&fixture->published, 1);
}

Fixture *
fixture_new(void)
{
	Fixture *fixture = g_new0(Fixture, 1);
	g_autoptr(GError) error = NULL;

	fixture->redis = redis_server_start(NULL);
	fixture->meter = meter_new(AREA_GATE | AREA_INTAKE | AREA_MIRROR);
	fixture->store_settings = (StoreSettings){ .meter = fixture->meter,
		.url = g_strdup(g_getenv("RETOUR_TEST_DATABASE")),
		.connections = 2,
		.commit_timeout_ms = 10000,
		.queue_events = 10000 };
	open_cache(fixture, &error);
	g_assert_no_error(error);
	open_rules(fixture, &error);
	g_assert_no_error(error);
	fixture->store = store_open(&fixture->store_settings, &error);
	g_assert_no_error(error);
	fixture->blacklist = blacklist_open(&fixture->store_settings, 4, 5000, &error);
	g_assert_no_error(error);
	fixture->intake =
		intake_new(fixture->store, fixture->book, &limits_default, fixture->meter, count_published, fixture);
	fixture->gate = gate_new(fixture->cache, fixture->blacklist, fixture->meter);
	return fixture;
}

void
fixture_free(Fixture *fixture)
{
	mirror_stop(fixture->mirror);
	gate_free(fixture->gate);
	intake_free(fixture->intake);
	rulebook_unref(fixture->book);
	store_close(fixture->store);
	blacklist_close(fixture->blacklist);
	cache_close(fixture->cache);
	redis_server_free(fixture->redis);
	settings_clear(cache_settings, &fixture->cache_settings);
	rulebook_settings_clear(&fixture->rulebook_settings);
	g_free(fixture->store_settings.url);
	meter_free(fixture->meter);
	g_free(fixture);
}

void
fixture_start_mirror(Fixture *fixture)
{
	g_autoptr(GError) error = NULL;

	fixture->mirror = mirror_start(fixture->cache, fixture->blacklist, fixture->meter, &error);
	g_assert_no_error(error);
	fixture_await_mirror(fixture);
}

void
fixture_await_mirror(Fixture *fixture)
{
	for (;;) {
		g_autoptr(Listing) listing = NULL;

		if (cache_check(fixture->cache, ONLY_NAME("unlisted@example.org"), "", 0, &listing) != CACHE_UNKNOWN)
			return;
		g_usleep(10000);
	}
}

IntakeResult
fixture_deliver(Fixture *fixture, char *mail, bool local)
{
	static const char *const recipients[] = { "bounces@shop.example" };
	g_autofree char *bytes = mail;
	IntakeResult result;
	Inbound inbound = {
		.source = "file",
		.id = "test",
		.envelope_sender = "",
		.recipients = recipients,
		.recipient_count = G_N_ELEMENTS(recipients),
		.bytes = bytes,
		.size = strlen(bytes),
		.local = local,
		.client_address = "",
		.received_at = g_get_real_time() / G_USEC_PER_SEC,
	};

	g_assert_cmpint(intake_deliver(fixture->intake, &inbound, &result), ==, result.outcome);
	return result;
}

void
fixture_list(Fixture *fixture, const char *target, const char *scope)
{
	BlacklistChange change = { .target = target,
		.scope = scope,
		.actor = "test",
		.reason = "for the test",
		.category = CATEGORY_USER_UNKNOWN,
		.expires_at = NEVER_EXPIRES };
	g_autoptr(GError) error = NULL;
	g_autofree char *reference = NULL;

	blacklist_add(fixture->blacklist, &change, &reference, &error);
	g_assert_no_error(error);
}

GateAnswer
fixture_ask(Fixture *fixture, const char *address, const char *sender_domain)
{
	g_autoptr(Listing) listing = NULL;
	GateAnswer answer = gate_ask(fixture->gate, address, sender_domain, &listing);

	g_assert_cmpint(listing != NULL, ==, answer == GATE_CLOSED);
	return answer;
}

unsigned
fixture_events(Fixture *fixture, const char *address)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Lookup) lookup = lookup_address(fixture->blacklist, address, &error);

	g_assert_no_error(error);
	return lookup->events->len;
}

void
fixture_postgres(const char *verb)
{
	const char *arguments[] = { g_getenv("RETOUR_TEST_POSTGRES_CONTROL"), verb, g_getenv("RETOUR_TEST_POSTGRES"),
		NULL };
	g_autoptr(GError) error = NULL;
	int status;

	g_spawn_sync(
		NULL, (char **)(uintptr_t)arguments, NULL, G_SPAWN_DEFAULT, NULL, NULL, NULL, NULL, &status, &error);
	g_assert_no_error(error);
	g_assert_cmpint(status, ==, 0);
}
