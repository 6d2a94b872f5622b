#include "changes.h"

#include "sql_fixture.h"

#include <pthread.h>
#include <string.h>

#define WRITERS 6
#define TARGETS 40 /* of each writer */

static Blacklist *
open_as_milter(const char *url)
{
	g_autofree char *milter = fixture_url_as(url, "retour_milter");
	StoreSettings settings = { .url = milter };
	g_autoptr(GError) error = NULL;
	Blacklist *blacklist = blacklist_open(&settings, 2, 5000, &error);

	g_assert_no_error(error);
	return blacklist;
}

typedef struct Writers {
	const char *url;
	int next, running;
} Writers;

/* Transactions take their number early and commit late and out of order: that is when a feed skips. */
static void *
write_targets(void *data)
{
	Writers *writers = data;
	int number = g_atomic_int_add(&writers->next, 1);
	g_autoptr(GError) error = NULL;
	g_autoptr(Database) database = database_open(writers->url, 60000, &error);

	g_assert_no_error(error);
	for (int i = 0; i < TARGETS; i++) {
		g_autofree char *sql = g_strdup_printf(
			"begin; select pg_current_xact_id(); select pg_sleep(%d / 1000.0);"
			"select blacklist_add('t%d@w%d.example', '*', 'user_unknown', 'test', '', null, 'test');"
			"select pg_sleep(%d / 1000.0); commit",
			(number * 7 + i) % 5, i, number, (number * 5 + i * 3) % 11);

		database_run(database, sql, &error);
		g_assert_no_error(error);
	}
	g_atomic_int_dec_and_test(&writers->running);
	return NULL;
}

static unsigned
take_changes(Blacklist *blacklist, ChangePosition *position, GHashTable *seen)
{
	g_autoptr(GError) error = NULL;
	ChangePosition to;
	g_autoptr(GPtrArray) states = changes_since(blacklist, *position, 7, &to, &error);

	g_assert_no_error(error);
	for (unsigned i = 0; i < states->len; i++) {
		const TargetState *state = g_ptr_array_index(states, i);

		g_assert_cmpuint(state->listings->len, ==, 1);
		g_hash_table_add(seen, g_strdup(state->target));
	}
	*position = to;
	return states->len;
}

static void
test_never_skips(void)
{
	g_autofree char *url = fixture_database();
	Blacklist *blacklist = open_as_milter(url);
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	Writers writers = { .url = url, .running = WRITERS };
	ChangePosition position = { 0 };
	pthread_t threads[WRITERS];

	for (int i = 0; i < WRITERS; i++)
		g_assert_cmpint(pthread_create(&threads[i], NULL, write_targets, &writers), ==, 0);
	while (g_atomic_int_get(&writers.running) > 0)
		take_changes(blacklist, &position, seen);
	for (int i = 0; i < WRITERS; i++)
		pthread_join(threads[i], NULL);
	while (take_changes(blacklist, &position, seen) > 0)
		;
	g_assert_cmpuint(g_hash_table_size(seen), ==, WRITERS * TARGETS);
	blacklist_close(blacklist);
}

static bool
gather(void *context, const TargetState *state)
{
	g_hash_table_insert(context, g_strdup(state->target), GUINT_TO_POINTER(state->listings->len));
	return true;
}

static bool
stop_at_once(void *context, const TargetState *state)
{
	(void)state;
	++*(unsigned *)context;
	return false;
}

/* A full copy plus what comes after its position is the whole, also with transactions in flight while it is taken. */
static void
test_all_then_since(void)
{
	g_autofree char *url = fixture_database();
	Blacklist *blacklist = open_as_milter(url);
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GError) error = NULL;
	g_autoptr(Database) writer = database_open(url, 60000, &error);
	g_autoptr(GPtrArray) states = NULL;
	ChangePosition position, to;
	unsigned stopped = 0;

	fixture_run(url, "select blacklist_add('a@x.example', s, 'user_unknown', 'test', '', null, 'test') from "
			 "unnest(array['*', 'b.example']) s;"
			 "select blacklist_add('b@x.example', '*', 'user_unknown', 'test', '', null, 'test');"
			 "select blacklist_add('old@x.example', '*', 'user_unknown', 'test', '', null, 'test');"
			 "update blacklist set expires_at = now() where target = 'old@x.example'");
	g_assert_true(database_run(writer,
		"begin; select blacklist_add('c@x.example', '*', 'user_unknown', 'test', '', null, 'test')", &error));
	fixture_run(url, "select blacklist_add('d@x.example', '*', 'user_unknown', 'test', '', null, 'test')");
	g_assert_true(changes_all(blacklist, gather, seen, &position, &error));
	g_assert_no_error(error);
	g_assert_cmpuint(g_hash_table_size(seen), ==, 3);
	g_assert_cmpuint(GPOINTER_TO_UINT(g_hash_table_lookup(seen, "a@x.example")), ==, 2);
	g_assert_true(database_run(writer, "commit", &error));
	fixture_run(url, "select blacklist_remove('b@x.example', null, 'test', 'test')");
	states = changes_since(blacklist, position, 100, &to, &error);
	g_assert_no_error(error);
	for (unsigned i = 0; i < states->len; i++)
		gather(seen, g_ptr_array_index(states, i));
	g_assert_cmpuint(GPOINTER_TO_UINT(g_hash_table_lookup(seen, "c@x.example")), ==, 1);
	g_assert_true(g_hash_table_contains(seen, "b@x.example"));
	g_assert_cmpuint(GPOINTER_TO_UINT(g_hash_table_lookup(seen, "b@x.example")), ==, 0);
	g_assert_true(changes_all(blacklist, stop_at_once, &stopped, &position, &error));
	g_assert_cmpuint(stopped, ==, 1);
	blacklist_close(blacklist);
}

/* Where transaction ids get one digit more, too: as numbers, whatever the limit cuts off. */
static void
test_by_number(void)
{
	static const unsigned ids[] = { 8, 9, 10, 11, 98, 99, 100, 101 };
	g_autofree char *url = fixture_database();
	Blacklist *blacklist = open_as_milter(url);

	fixture_run(url, "insert into audit (xid, target, scope, action, category, actor, reason)"
			 " select x::text::xid8, 'x' || x || '@x.example', '*', 'add', 'user_unknown', 'test', 'test'"
			 " from unnest(array[100, 9, 101, 98, 8, 10, 99, 11]) x");
	for (size_t limit = 1; limit <= G_N_ELEMENTS(ids); limit++) {
		ChangePosition position = { 0 };
		unsigned next = 0;

		while (next < G_N_ELEMENTS(ids)) {
			g_autoptr(GError) error = NULL;
			g_autoptr(GPtrArray) states = changes_since(blacklist, position, limit, &position, &error);

			g_assert_no_error(error);
			g_assert_cmpuint(states->len, ==, MIN(limit, G_N_ELEMENTS(ids) - next));
			for (unsigned i = 0; i < states->len; i++) {
				const TargetState *state = g_ptr_array_index(states, i);

				g_assert_cmpuint(g_ascii_strtoull(state->target + 1, NULL, 10), ==, ids[next++]);
			}
			g_assert_cmpuint(position.xid, ==, ids[next - 1]);
		}
	}
	blacklist_close(blacklist);
}

/* A mirror asks every second for what is nearly always nothing: that must not cost more the longer the trail is. */
static void
test_by_index(void)
{
	static const char *const scans =
		"select coalesce(sum(seq_scan + idx_scan), 0) from pg_stat_user_tables where relname = 'audit'";
	g_autofree char *url = fixture_database();
	Blacklist *blacklist = open_as_milter(url);
	ChangePosition position = { 0 };
	g_autoptr(GError) error = NULL;
	bool held_back;

	fixture_run(url, "alter table audit set (autovacuum_enabled = false); analyze audit");
	g_assert_true(changes_held_back(blacklist, position, &held_back, &error));
	g_ptr_array_unref(changes_since(blacklist, position, 500, &position, &error));
	fixture_run(url,
		"insert into audit (target, scope, action, category, actor, reason)"
		" select 'x@x.example', '*', 'add', 'user_unknown', 'test', 'test' from generate_series(1, 20000);"
		"analyze audit");
	position = (ChangePosition){ UINT64_MAX / 4, 0 };
	int64_t before = fixture_number(url, scans),
		read = fixture_number(url, "select seq_tup_read from pg_stat_user_tables"
					   " where relname = 'audit'");

	for (unsigned i = 0; i < 10; i++) {
		g_ptr_array_unref(changes_since(blacklist, position, 500, &position, &error));
		g_assert_true(changes_held_back(blacklist, position, &held_back, &error));
		g_assert_false(held_back);
	}
	blacklist_close(blacklist);
	/* A server process tells what it has read when it ends, at the latest. */
	while (fixture_number(url, scans) < before + 20)
		g_usleep(10000);
	g_assert_cmpint(
		fixture_number(url, "select seq_tup_read from pg_stat_user_tables where relname = 'audit'"), ==, read);
}

static void
test_database_id(void)
{
	g_autofree char *one = fixture_database(), *two = fixture_database();
	Blacklist *first = open_as_milter(one), *again = open_as_milter(one), *other = open_as_milter(two);
	g_autofree char *first_id = changes_database_id(first, NULL), *again_id = changes_database_id(again, NULL);
	g_autofree char *other_id = changes_database_id(other, NULL);

	g_assert_cmpstr(first_id, ==, again_id);
	g_assert_cmpstr(first_id, !=, other_id);
	g_assert_cmpuint(strlen(first_id), >, 36);
	blacklist_close(first);
	blacklist_close(again);
	blacklist_close(other);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	if (!fixture_present())
		return 0;
	g_test_add_func("/changes/never-skips", test_never_skips);
	g_test_add_func("/changes/all-then-since", test_all_then_since);
	g_test_add_func("/changes/by-number", test_by_number);
	g_test_add_func("/changes/by-index", test_by_index);
	g_test_add_func("/changes/database-id", test_database_id);
	return g_test_run();
}
