#include "store.h"

#include "sql_fixture.h"

#include <pthread.h>
#include <string.h>

#define THREADS 20

/* What the threads of one test share; each takes numbers until there are none left. */
typedef struct Load {
	Store *store;
	int next, count;
	bool same;           /* all tell the same event */
	bool until_recorded; /* what cannot be recorded now is told again, as a mail server does */
	int poisonous;       /* -1, or the number of the report whose text no database takes */
	int new_events, duplicates, listed, refused, retried;
} Load;

static void
tell_one(Load *load, int number)
{
	g_autofree char *key = g_strdup_printf("key-%d", load->same ? 0 : number);
	g_autofree char *address = g_strdup_printf("user%d@d%d.example", load->same ? 0 : number / 2, number % 7);
	g_autoptr(Sample) sample = sample_new(number % 3 == 0 ? CATEGORY_MAILBOX_FULL : CATEGORY_USER_UNKNOWN,
		load->same ? "user@d0.example" : address, key);
	Event *event = g_ptr_array_index(sample->report->events, 0);

	if (number == load->poisonous)
		report_set(&event->diagnostic, "550 \xff\xfe");
	for (;;) {
		g_autoptr(GError) error = NULL;
		Recorded recorded;

		if (store_record(load->store, &sample->submission, &recorded, &error)) {
			g_atomic_int_add(&load->new_events, (int)recorded.new_events);
			g_atomic_int_add(&load->duplicates, (int)recorded.duplicate_events);
			g_atomic_int_add(&load->listed, (int)recorded.listed);
			return;
		}
		if (g_error_matches(error, RETOUR_ERROR, ERROR_INPUT)) {
			g_assert_cmpint(number, ==, load->poisonous);
			g_atomic_int_inc(&load->refused);
			return;
		}
		if (!load->until_recorded)
			g_assert_no_error(error);
		g_atomic_int_inc(&load->retried);
		g_usleep(20000);
	}
}

static void *
tell_many(void *data)
{
	Load *load = data;
	int number;

	while ((number = g_atomic_int_add(&load->next, 1)) < load->count)
		tell_one(load, number);
	return NULL;
}

static void
start(Load *load, pthread_t threads[static THREADS])
{
	for (int i = 0; i < THREADS; i++)
		g_assert_cmpint(pthread_create(&threads[i], NULL, tell_many, load), ==, 0);
}

static void
finish(pthread_t threads[static THREADS])
{
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

static void
test_copies(void)
{
	g_autofree char *url = fixture_database();
	Load load = { .store = fixture_store(url), .count = 200, .same = true, .poisonous = -1 };
	pthread_t threads[THREADS];

	start(&load, threads);
	finish(threads);
	store_close(load.store);
	g_assert_cmpint(load.new_events, ==, 1);
	g_assert_cmpint(load.duplicates, ==, 199);
	g_assert_cmpint(fixture_number(url, "select count(*) from events"), ==, 1);
	g_assert_cmpint(fixture_number(url, "select count(*) from reports"), ==, 1);
	g_assert_cmpint(fixture_number(url, "select sum(n) from counters"), ==, 1);
	g_assert_cmpint(fixture_number(url, "select sum(verified) from counters"), ==, 1);
}

/* Two stores, as two hosts, share addresses, domains and counters, and never wait for each other in a circle. */
static void
test_many(void)
{
	g_autofree char *url = fixture_database();
	Load left = { .store = fixture_store(url), .count = 5000, .poisonous = -1 };
	Load right = { .store = fixture_store(url), .count = 5000, .poisonous = -1 };
	pthread_t left_threads[THREADS], right_threads[THREADS];
	g_autofree char *log = NULL;

	start(&left, left_threads);
	start(&right, right_threads);
	finish(left_threads);
	finish(right_threads);
	store_close(left.store);
	store_close(right.store);
	g_assert_cmpint(left.new_events + right.new_events, ==, 5000);
	g_assert_cmpint(left.duplicates + right.duplicates, ==, 5000);
	g_assert_cmpint(fixture_number(url, "select count(*) from events"), ==, 5000);
	g_assert_cmpint(fixture_number(url, "select count(*) from (select distinct id from reports) r"), ==, 5000);
	g_assert_cmpint(fixture_number(url, "select sum(n) from counters"), ==, 5000);
	g_assert_cmpint(fixture_number(url, "select sum(n) from counters where category = 'mailbox_full'"), ==, 1667);
	g_assert_cmpint(fixture_number(url, "select count(*) from blacklist"), ==,
		fixture_number(url, "select count(distinct recipient) from events where category = 'user_unknown'"));
	g_assert_cmpint(fixture_number(url, "select count(*) from blacklist where strikes <> 1"), ==, 0);
	log = fixture_server_log();
	g_assert_null(strstr(log, "deadlock"));
}

static void
test_poison(void)
{
	g_autofree char *url = fixture_database();
	Load load = { .store = fixture_store(url), .count = 400, .poisonous = 100 };
	pthread_t threads[THREADS];

	start(&load, threads);
	finish(threads);
	store_close(load.store);
	g_assert_cmpint(load.refused, ==, 1);
	g_assert_cmpint(load.new_events, ==, 399);
	g_assert_cmpint(fixture_number(url, "select count(*) from events"), ==, 399);
	g_assert_cmpint(fixture_number(url, "select sum(n) from counters"), ==, 399);
}

/* Crashes in the middle, three times: whoever got an answer was recorded, and nobody twice. */
static void
test_crash(void)
{
	g_autofree char *url = fixture_database();
	Load load = { .store = fixture_store(url), .count = 4000, .poisonous = -1, .until_recorded = true };
	pthread_t threads[THREADS];

	start(&load, threads);
	for (int crash = 1; crash <= 3; crash++) {
		while (g_atomic_int_get(&load.next) < crash * 1000)
			g_usleep(1000);
		fixture_server("kill");
		fixture_server("start");
	}
	finish(threads);
	store_close(load.store);
	g_assert_cmpint(load.new_events + load.duplicates, ==, 4000);
	g_assert_cmpint(fixture_number(url, "select count(*) from events"), ==, 4000);
	g_assert_cmpint(fixture_number(url, "select count(*) from (select distinct key from events) k"), ==, 4000);
	g_assert_cmpint(fixture_number(url, "select sum(n) from counters"), ==, 4000);
	g_assert_cmpint(
		fixture_number(url, "select count(*) from (select distinct report, at from events) r"), ==, 4000);
}

static void
test_away(void)
{
	g_autofree char *url = fixture_database();
	Store *store = fixture_store(url);
	g_autoptr(Sample) sample = sample_new(CATEGORY_USER_UNKNOWN, "anna@example.org", "one");
	g_autoptr(GError) error = NULL;
	Recorded recorded;

	fixture_server("stop");
	for (int i = 0; i < 20; i++) {
		g_assert_false(store_record(store, &sample->submission, &recorded, &error));
		g_assert_error(error, RETOUR_ERROR, ERROR_RETRY);
		g_clear_error(&error);
	}
	fixture_server("start");
	while (!store_record(store, &sample->submission, &recorded, NULL))
		g_usleep(10000);
	g_assert_cmpuint(recorded.new_events, ==, 1);
	store_close(store);
}

/* A store that is opened and closed while the database is away keeps nobody waiting and loses nothing. */
static void
test_opened_while_away(void)
{
	g_autofree char *url = fixture_database();
	Store *store;
	g_autoptr(Sample) sample = sample_new(CATEGORY_USER_UNKNOWN, "anna@example.org", "one");
	g_autoptr(GError) error = NULL;
	Recorded recorded;

	fixture_server("stop");
	store = fixture_store(url);
	g_assert_false(store_record(store, &sample->submission, &recorded, &error));
	g_assert_error(error, RETOUR_ERROR, ERROR_RETRY);
	store_close(store);
	fixture_server("start");
}

/* Closing answers those who wait: committed, or told to come again. */
static void
test_close_under_load(void)
{
	g_autofree char *url = fixture_database();
	Load load = { .store = fixture_store(url), .count = 100000, .poisonous = -1, .until_recorded = true };
	pthread_t threads[THREADS];

	start(&load, threads);
	while (g_atomic_int_get(&load.next) < 500)
		g_usleep(1000);
	g_atomic_int_set(&load.next, load.count);
	finish(threads);
	store_close(load.store);
	g_assert_cmpint(fixture_number(url, "select count(*) from events"), ==, load.new_events);
	g_assert_cmpint(load.retried, ==, 0);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	if (!fixture_present())
		return 0;
	g_test_add_func("/store/load/copies", test_copies);
	g_test_add_func("/store/load/many", test_many);
	g_test_add_func("/store/load/poison", test_poison);
	g_test_add_func("/store/load/crash", test_crash);
	g_test_add_func("/store/load/away", test_away);
	g_test_add_func("/store/load/opened-while-away", test_opened_while_away);
	g_test_add_func("/store/load/close", test_close_under_load);
	return g_test_run();
}
