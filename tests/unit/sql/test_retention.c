#include "retention.h"

#include "sql_fixture.h"

#include <pthread.h>
#include <string.h>

#define DAY_MS (INT64_C(24) * 60 * 60 * 1000)

typedef struct World {
	char *url;
	Blacklist *blacklist; /* as retour_admin */
} World;

static void
world_init(World *world)
{
	g_autoptr(GError) error = NULL;

	world->url = fixture_database();
	g_autofree char *admin = fixture_url_as(world->url, "retour_admin");
	StoreSettings settings = { .url = admin };

	world->blacklist = blacklist_open(&settings, 2, 20000, &error);
	g_assert_no_error(error);
}

static void
world_clear(World *world)
{
	blacklist_close(world->blacklist);
	g_free(world->url);
}

static RetentionDone
run(const World *world, RetentionTable table, int64_t days)
{
	RetentionSettings settings = { 0 };
	g_autoptr(GError) error = NULL;
	RetentionDone done;

	settings.keep_ms[table] = days * DAY_MS;
	retention_run(world->blacklist, table, &settings, NULL, NULL, &done, &error);
	g_assert_no_error(error);
	return done;
}

/* Each table: a row of every tenth day of the last year, half of them in partitions where there are any. */
static const struct Table {
	RetentionTable table;
	const char *fill, *count;
} tables[] = {
	{ RETENTION_EVENTS,
		"insert into events select at, 1, gen_random_uuid(), 550, 'a@b.example', '', '', '', 'failed', "
		"'user_unknown', 'high', 'local', '', '', '', '', '', '' from days",
		"events where at" },
	{ RETENTION_REPORTS,
		"insert into reports select n, at, 'file', '', 'bounce', '', '', '', '', '', '', '', '', '', '', '', "
		"'', '', "
		"'', '', '' from days",
		"reports where received_at" },
	{ RETENTION_EVENT_KEYS, "insert into event_keys select at, gen_random_uuid(), 1 from days",
		"event_keys where first_at" },
	{ RETENTION_STRIKES,
		"insert into strikes select at, 10, n || '@b.example', '*', 'mailbox_full', array[at::date] from days",
		"strikes where last_at" },
	{ RETENTION_BLACKLIST,
		"insert into blacklist (target, category, source, reason, expires_at)"
		" select n || '@b.example', 'user_unknown', 'auto', 'none', at from days",
		"blacklist where expires_at" },
	{ RETENTION_PROVIDER_DOMAINS,
		"insert into provider_domains (domain, provider, source, seen_at) select n || '.example', '', 'dns', "
		"at from days",
		"provider_domains where seen_at" },
	{ RETENTION_ALERTS,
		"insert into reputation_alerts (at, told_at, subject, name, was, state, detail)"
		" select at, at, 'provider', n::text, '', 'bad', '{}' from days",
		"reputation_alerts where told_at" },
};

static void
fill(const World *world, const struct Table *table)
{
	g_autofree char *sql = g_strdup_printf("do $$ declare month timestamptz; begin for back in 1..6 loop"
					       " month := date_trunc('month', now() - back * interval '1 month');"
					       " perform make_partition('events', 'events_' || to_char(month, "
					       "'YYYY_MM'), 'at', month, month + interval '1 month');"
					       " perform make_partition('reports', 'reports_' || to_char(month, "
					       "'YYYY_MM'), 'received_at', month, month + interval "
					       "'1 month'); end loop; end $$;"
					       "create temp table days as select n, now() - n * interval '10 days' as "
					       "at from generate_series(1, 36) as n; %s",
		table->fill);

	fixture_run(world->url, sql);
}

static int64_t
count(const World *world, const struct Table *table, const char *condition)
{
	g_autofree char *sql = g_strdup_printf("select count(*) from %s %s", table->count, condition);

	return fixture_number(world->url, sql);
}

static void
check_table(const void *data)
{
	const struct Table *table = data;
	const RetentionRule *rule = &retention_rules[table->table];
	World world;
	RetentionDone done;

	world_init(&world);
	fill(&world, table);
	done = run(&world, table->table, 0);
	g_assert_cmpuint(done.partitions + done.rows, ==, 0); /* for ever */
	done = run(&world, table->table, 95);
	/* What went with its month may be younger by up to a month; nothing that is kept went. */
	g_assert_cmpint(count(&world, table, "> now() - interval '95 days'"), ==, 9);
	g_assert_cmpint(count(&world, table, "< now() - interval '127 days'"), ==, 0);
	g_assert_cmpint(done.partitions > 0, ==, rule->partitioned);
	g_assert_cmpint(done.rows > 0, ==, rule->swept);
	done = run(&world, table->table, 95);
	g_assert_cmpuint(done.partitions + done.rows, ==, 0); /* and again: nothing is left to do */
	world_clear(&world);
}

static void
test_sent(void)
{
	World world;

	world_init(&world);
	fixture_run(world.url,
		"select make_partition('sent', 'sent_old', 'at', now() - interval '90 days', now() - interval '80 "
		"days');"
		"insert into sent values (now() - interval '85 days', 1, 'a@b.example', 'm', '', '', '', '')");
	g_assert_cmpuint(run(&world, RETENTION_SENT, 60).partitions, ==, 1);
	g_assert_cmpint(fixture_number(world.url, "select count(*) from sent"), ==, 0);
	world_clear(&world);
}

/* A strike stays as long as the policy's window, whatever is configured. */
static void
test_strikes_in_window(void)
{
	World world;

	world_init(&world);
	fixture_run(
		world.url, "insert into strikes select now() - interval '50 days', 60, 'a@b.example', '*', 'c', '{}'");
	g_assert_cmpuint(run(&world, RETENTION_STRIKES, 10).rows, ==, 0);
	fixture_run(world.url, "update strikes set last_at = now() - interval '61 days'");
	g_assert_cmpuint(run(&world, RETENTION_STRIKES, 10).rows, ==, 1);
	world_clear(&world);
}

static void
test_expired_leaves_a_trail(void)
{
	World world;

	world_init(&world);
	fixture_run(world.url, "insert into blacklist (target, category, source, reason, expires_at) values"
			       " ('old@b.example', 'user_unknown', 'auto', 'none', now() - interval '2 days'),"
			       " ('kept@b.example', 'user_unknown', 'auto', 'none', null)");
	g_assert_cmpuint(run(&world, RETENTION_BLACKLIST, 1).rows, ==, 1);
	g_assert_cmpint(fixture_number(world.url,
				"select count(*) from audit where action = 'remove' and target = 'old@b.example'"),
		==, 1);
	g_assert_cmpint(fixture_number(world.url, "select count(*) from blacklist"), ==, 1);
	world_clear(&world);
}

/* Domains go when no mail was counted for them for so long, and stay when a person has said whose they are. */
static void
test_domains_in_use(void)
{
	World world;

	world_init(&world);
	fixture_run(world.url,
		"insert into provider_domains (domain, provider, source, seen_at)"
		" select name || '.example', 'p.example', source, now() - interval '500 days' from (values"
		"  ('unused', 'dns'), ('long-ago', 'dns'), ('by-day', 'report'), ('by-hour', ''), ('by-hand', "
		"'manual')) "
		"as t(name, source);"
		"insert into counters_days select current_date - 200, 1, 1, 'by-day.example', 's.example', 'sent';"
		"insert into counters_days select current_date - 450, 1, 1, 'long-ago.example', 's.example', 'sent';"
		"insert into counters (hour, provider, sender_domain, category, shard, n, verified)"
		" select date_trunc('hour', now()), 'by-hour.example', 's.example', 'sent', 0, 1, 1");
	g_assert_cmpuint(run(&world, RETENTION_PROVIDER_DOMAINS, 400).rows, ==, 2);
	g_autofree char *left =
		fixture_text(world.url, "select string_agg(domain, ' ' order by domain) from provider_domains");

	g_assert_cmpstr(left, ==, "by-day.example by-hand.example by-hour.example");
	world_clear(&world);
}

/* An alert that nobody was told of yet is no matter of age. */
static void
test_untold(void)
{
	World world;

	world_init(&world);
	fixture_run(world.url, "insert into reputation_alerts (at, subject, name, was, state, detail)"
			       " values (now() - interval '500 days', 'provider', 'p', '', 'bad', '{}')");
	g_assert_cmpuint(run(&world, RETENTION_ALERTS, 400).rows, ==, 0);
	world_clear(&world);
}

/* A partition that somebody reads for long is left alone, with an error that says to come again. */
static void
test_in_use(void)
{
	World world;
	RetentionSettings settings = { 0 };
	g_autoptr(GError) error = NULL;
	RetentionDone done;

	world_init(&world);
	fill(&world, &tables[0]);
	g_autoptr(Database) reader = database_open(world.url, 0, &error);

	g_assert_true(database_run(reader, "begin; select count(*) from events", &error));
	settings.keep_ms[RETENTION_EVENTS] = 95 * DAY_MS;
	g_assert_false(retention_run(world.blacklist, RETENTION_EVENTS, &settings, NULL, NULL, &done, &error));
	g_assert_error(error, RETOUR_ERROR, ERROR_RETRY);
	g_assert_true(g_str_has_prefix(error->message, "events_"));
	g_clear_error(&error);
	g_assert_true(database_run(reader, "commit", &error));
	g_assert_cmpuint(run(&world, RETENTION_EVENTS, 95).partitions, >, 0);
	world_clear(&world);
}

/* Support may look, not delete; and what is named here alone is swept. */
static void
test_refused(void)
{
	World world;

	world_init(&world);
	g_autofree char *support = fixture_url_as(world.url, "retour_support");
	g_autofree char *admin = fixture_url_as(world.url, "retour_admin");
	g_autofree char *drop = fixture_refused(support, "select retention_drop('events', 'events_default', '1 day')");
	g_autofree char *sweep = fixture_refused(support, "select retention_sweep('event_keys', '0', 1000)");
	g_autofree char *other = fixture_refused(admin, "select retention_sweep('audit', '0', 1000)");

	g_assert_nonnull(strstr(drop, "42501"));
	g_assert_nonnull(strstr(sweep, "42501"));
	g_assert_nonnull(strstr(other, "nothing is swept from"));
	g_assert_cmpint(fixture_number(admin, "select retention_drop('events', 'audit', '0')::int"), ==, 0);
	g_assert_cmpint(fixture_number(admin, "select retention_drop('audit', 'audit', '0')::int"), ==, 0);
	world_clear(&world);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	if (!fixture_present())
		return 0;
	for (size_t i = 0; i < G_N_ELEMENTS(tables); i++) {
		g_autofree char *path = g_strconcat("/retention/", retention_rules[tables[i].table].table, NULL);

		g_test_add_data_func(path, &tables[i], check_table);
	}
	g_test_add_func("/retention/sent", test_sent);
	g_test_add_func("/retention/strikes-in-window", test_strikes_in_window);
	g_test_add_func("/retention/expired-leaves-a-trail", test_expired_leaves_a_trail);
	g_test_add_func("/retention/domains-in-use", test_domains_in_use);
	g_test_add_func("/retention/untold", test_untold);
	g_test_add_func("/retention/in-use", test_in_use);
	g_test_add_func("/retention/refused", test_refused);
	return g_test_run();
}
