#include "store.h"

#include "sql_fixture.h"

/*
 * Statements are planned when a connection first uses them, perhaps while the tables are empty. They must not go on with
 * such a plan, which walks through all of a table, when it has grown.
 */

#define ROWS 20000
#define BATCHES 60                       /* in a window in which is counted what they read */
#define WINDOW_US (INT64_C(2500) * 1000) /* within that, a server process tells what it has read */
#define PATIENCE_US (INT64_C(60) * G_USEC_PER_SEC)

/* One batch of each kind that looks something up: told again with better evidence, counted by days, delivered. */
static void
tell(Store *store, unsigned number)
{
	static const struct {
		Category category;
		Evidence evidence;
	} steps[] = { { CATEGORY_MAILBOX_FULL, EVIDENCE_UNVERIFIED }, { CATEGORY_MAILBOX_FULL, EVIDENCE_LOCAL },
		{ CATEGORY_DELIVERED, EVIDENCE_LOCAL } };

	for (size_t i = 0; i < G_N_ELEMENTS(steps); i++) {
		g_autofree char *key = g_strdup_printf("%u %d", number, steps[i].category);
		g_autofree char *address = g_strdup_printf("user%u@example.org", number);
		g_autoptr(Sample) sample = sample_new(steps[i].category, address, key);

		sample->finding.evidence = steps[i].evidence;
		report_set(&sample->report->original.message_id, key);
		fixture_record(store, sample);
	}
}

/* Nobody analyses meanwhile: that would make good plans by itself. */
static char *
empty_but_analysed(void)
{
	char *url = fixture_database();

	fixture_run(url, "do $$ declare leaf regclass; begin for leaf in select oid from pg_class where relkind = 'r'"
			 " and relnamespace = 'public'::regnamespace loop"
			 " execute format('alter table %s set (autovacuum_enabled = false)', leaf); end loop; end $$;"
			 " analyze");
	return url;
}

static void
grow(const char *url)
{
	g_autofree char *rows = g_strdup_printf("generate_series(1, %d) as i", ROWS);
	g_autofree char *sql = g_strdup_printf(
		"insert into events select (jsonb_populate_record(null::events, to_jsonb(e) || "
		"jsonb_build_object('recipient', 'x' || i || '@example.com',"
		" 'key', gen_random_uuid()))).* from (select * from events order by at limit 1) as e, %s;"
		" insert into strikes select now(), 10, 'x' || i || '@example.com', '*', 'mailbox_full', "
		"'{2020-01-01}' from %s;"
		" insert into sent (at, mail_key, recipient, message_id, sender_domain, provider, queue_id, sender)"
		"  select now(), i, 'x' || i || '@example.com', i::text, '', '', '', '' from %s",
		rows, rows, rows);

	fixture_run(url, sql);
}

static int64_t
rows_read(const char *url)
{
	return fixture_number(url, "select sum(idx_tup_read) from pg_stat_user_indexes");
}

/* Whether batches read about as much as they must. */
static bool
reads_little(const char *url, Store *store, unsigned *number)
{
	int64_t before = rows_read(url), started = g_get_monotonic_time(), read;

	for (int batches = 0; batches < BATCHES || g_get_monotonic_time() < started + WINDOW_US; batches++)
		tell(store, (*number)++);
	read = rows_read(url) - before;
	g_test_message("%" G_GINT64_FORMAT " rows", read);
	return read < ROWS;
}

static void
test_growth(void)
{
	g_autofree char *url = empty_but_analysed();
	Store *store = fixture_store(url);
	int64_t started = g_get_monotonic_time();
	unsigned number = 0;

	while (number < 20)
		tell(store, number++);
	grow(url);
	while (!reads_little(url, store, &number))
		g_assert_cmpint(g_get_monotonic_time(), <, started + PATIENCE_US);
	store_close(store);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	if (!fixture_present())
		return 0;
	g_test_add_func("/store/plans/growth", test_growth);
	return g_test_run();
}
