#include "migrate.h"

#include "sql_fixture.h"

#include <pthread.h>
#include <string.h>

static void
test_twice(void)
{
	g_autofree char *url = fixture_empty_database();
	unsigned applied = 0, version, wanted;
	g_autoptr(GError) error = NULL;

	g_assert_true(migrate_status(url, &version, &wanted, &error));
	g_assert_cmpuint(version, ==, 0);
	g_assert_true(migrate_run(url, NULL, NULL, &applied, &error));
	g_assert_cmpuint(applied, ==, wanted);
	g_assert_true(migrate_run(url, NULL, NULL, &applied, &error));
	g_assert_cmpuint(applied, ==, 0);
	g_assert_true(migrate_status(url, &version, &wanted, &error));
	g_assert_cmpuint(version, ==, wanted);
	g_assert_no_error(error);
}

static void *
migrate_in_thread(void *url)
{
	unsigned applied = 0;
	g_autoptr(GError) error = NULL;

	migrate_run(url, NULL, NULL, &applied, &error);
	g_assert_no_error(error);
	return GUINT_TO_POINTER(applied);
}

static void
test_at_once(void)
{
	g_autofree char *url = fixture_empty_database();
	pthread_t threads[6];
	unsigned applied = 0, version, wanted;

	for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
		g_assert_cmpint(pthread_create(&threads[i], NULL, migrate_in_thread, url), ==, 0);
	for (size_t i = 0; i < G_N_ELEMENTS(threads); i++) {
		void *result;

		pthread_join(threads[i], &result);
		applied += GPOINTER_TO_UINT(result);
	}
	g_assert_true(migrate_status(url, &version, &wanted, NULL));
	g_assert_cmpuint(applied, ==, wanted);
	g_assert_cmpint(fixture_number(url, "select count(*) from migrations"), ==, wanted);
}

static void
test_changed(void)
{
	g_autofree char *url = fixture_database();
	g_autoptr(GError) error = NULL;
	unsigned applied;

	fixture_run(url, "update migrations set checksum = 'other' where version = 2");
	g_assert_false(migrate_run(url, NULL, NULL, &applied, &error));
	g_assert_error(error, RETOUR_ERROR, ERROR_CONFIG);
	g_assert_nonnull(strstr(error->message, "0002_"));
}

/* A migration that fails leaves nothing of itself. */
static void
test_failing(void)
{
	g_autofree char *url = fixture_empty_database();
	g_autoptr(GError) error = NULL;
	unsigned applied, version, wanted;

	fixture_run(url, "create table strikes (in_the_way int)");
	g_assert_false(migrate_run(url, NULL, NULL, &applied, &error));
	g_assert_error(error, RETOUR_ERROR, ERROR_CONFIG);
	g_assert_true(migrate_status(url, &version, &wanted, NULL));
	g_assert_cmpuint(version, ==, 1);
	g_assert_cmpint(fixture_number(url, "select count(*) from pg_class where relname = 'blacklist'"), ==, 0);
	fixture_run(url, "drop table strikes");
	g_assert_true(migrate_run(url, NULL, NULL, &applied, NULL));
	g_assert_cmpuint(applied, ==, wanted - 1);
}

static void
test_old_schema_is_refused(void)
{
	g_autofree char *url = fixture_empty_database();
	StoreSettings settings = { .url = url, .connections = 1, .commit_timeout_ms = 5000, .queue_events = 100 };
	g_autoptr(GError) error = NULL;

	g_assert_null(store_open(&settings, &error));
	g_assert_error(error, RETOUR_ERROR, ERROR_CONFIG);
	g_assert_nonnull(strstr(error->message, "retour migrate"));
}

/* Everything a person may come across in psql says what it is. */
static void
test_comments(void)
{
	g_autofree char *url = fixture_database();
	g_autofree char *tables = fixture_text(url,
		"select coalesce(string_agg(relname, ' '), '') from pg_class where relnamespace = "
		"'public'::regnamespace"
		" and relkind in ('r', 'p', 'v') and not relispartition and obj_description(oid, 'pg_class') is null");
	g_autofree char *functions = fixture_text(url,
		"select coalesce(string_agg(proname, ' '), '') from pg_proc where pronamespace = 'public'::regnamespace"
		" and prorettype <> 'trigger'::regtype and obj_description(oid, 'pg_proc') is null");

	g_assert_cmpstr(tables, ==, "");
	g_assert_cmpstr(functions, ==, "");
}

static void
test_partitions(void)
{
	g_autofree char *url = fixture_database();

	/* A row that came before its partition moves along. */
	fixture_run(url, "do $$ begin execute format('drop table public.%I', 'reports_' || to_char(now() at time zone "
			 "'UTC', 'YYYY_MM')); end $$");
	fixture_run(url, "insert into reports select 1, now(), '', '', '', '', '', '', '', '', '', '', '', '', '', '', "
			 "'', '', '', '', ''");
	g_assert_cmpint(fixture_number(url, "select count(*) from reports_default"), ==, 1);
	fixture_run(url, "select make_partitions()");
	g_assert_cmpint(fixture_number(url, "select count(*) from reports_default"), ==, 0);
	g_assert_cmpint(fixture_number(url, "select count(*) from reports"), ==, 1);
	g_assert_cmpint(
		fixture_number(url, "select count(*) from pg_inherits where inhparent = 'sent'::regclass"), ==, 5);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	if (!fixture_present())
		return 0;
	g_test_add_func("/migrate/twice", test_twice);
	g_test_add_func("/migrate/at-once", test_at_once);
	g_test_add_func("/migrate/changed", test_changed);
	g_test_add_func("/migrate/failing", test_failing);
	g_test_add_func("/migrate/old-schema-is-refused", test_old_schema_is_refused);
	g_test_add_func("/migrate/comments", test_comments);
	g_test_add_func("/migrate/partitions", test_partitions);
	return g_test_run();
}
