#include "sent.h"

#include "sql_fixture.h"

#include <pthread.h>

static SentRecorder *
open_recorder(const char *url, size_t buffer)
{
	g_autofree char *milter = fixture_url_as(url, "retour_milter");
	StoreSettings settings = { .url = milter };
	g_autoptr(GError) error = NULL;
	SentRecorder *recorder = sent_open(&settings, buffer, &error);

	g_assert_no_error(error);
	return recorder;
}

static bool
add(SentRecorder *recorder, int number, size_t recipients)
{
	g_autofree char *message_id = g_strdup_printf("m%d@sender.example", number);
	SentRecipient to[] = { { "a@one.example", "one" }, { "b@one.example", "one" }, { "c@two.example", "two" } };
	SentMail mail = { message_id, "4Xq", "news@sender.example", "sender.example",
		g_get_real_time() / G_USEC_PER_SEC, to, recipients, number };

	g_assert_cmpuint(recipients, <=, G_N_ELEMENTS(to));
	return sent_add(recorder, &mail);
}

static void
test_counts(void)
{
	g_autofree char *url = fixture_database();
	SentRecorder *recorder = open_recorder(url, 100000);

	for (int i = 0; i < 2500; i++)
		g_assert_true(add(recorder, i, 3));
	sent_close(recorder);
	g_assert_cmpint(fixture_number(url, "select count(*) from sent"), ==, 7500);
	/* By its token, and the second that stands in it, a message is found again. */
	g_assert_cmpint(fixture_number(url,
				"select count(*) from sent where token = 1234 and message_id = 'm1234@sender.example'"
				" and at = date_trunc('second', at)"),
		==, 3);
	g_assert_cmpint(fixture_number(url, "select sum(n) from counters where category = 'sent' and provider = 'one'"),
		==, 5000);
	g_assert_cmpint(
		fixture_number(url, "select sum(verified) from counters where sender_domain = 'sender.example'"), ==,
		7500);
}

static void
test_flushes_by_itself(void)
{
	g_autofree char *url = fixture_database();
	SentRecorder *recorder = open_recorder(url, 100);

	g_assert_true(add(recorder, 1, 1));
	while (fixture_number(url, "select count(*) from sent") == 0)
		g_usleep(20000);
	g_assert_true(add(recorder, 2, 1));
	while (fixture_number(url, "select count(*) from sent") == 1)
		g_usleep(20000);
	sent_close(recorder);
}

static void *
add_many(void *recorder)
{
	for (int i = 0; i < 1000; i++)
		add(recorder, i, 2);
	return NULL;
}

static void
test_threads(void)
{
	g_autofree char *url = fixture_database();
	SentRecorder *recorder = open_recorder(url, 1000000);
	pthread_t threads[8];

	for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
		g_assert_cmpint(pthread_create(&threads[i], NULL, add_many, recorder), ==, 0);
	for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
		pthread_join(threads[i], NULL);
	g_assert_cmpuint(sent_dropped(recorder), ==, 0);
	sent_close(recorder);
	g_assert_cmpint(fixture_number(url, "select count(*) from sent"), ==, 16000);
}

/* Away: kept until the buffer is full, then dropped and counted; what was kept is written once the database is back. */
static void
test_away(void)
{
	g_autofree char *url = fixture_database();
	SentRecorder *recorder = open_recorder(url, 2000);
	int kept = 0;

	fixture_server("stop");
	for (int i = 0; i < 3000; i++)
		kept += add(recorder, i, 1);
	g_assert_cmpint(kept, ==, 2000);
	g_assert_cmpuint(sent_dropped(recorder), ==, 1000);
	fixture_server("start");
	while (fixture_number(url, "select count(*) from sent") < 2000)
		g_usleep(50000);
	sent_close(recorder);
	g_assert_cmpint(fixture_number(url, "select count(*) from sent"), ==, 2000);
	g_assert_cmpint(fixture_number(url, "select sum(n) from counters"), ==, 2000);
}

/* The server dies while batches are being committed: nothing twice, nothing lost. */
static void
test_crash(void)
{
	g_autofree char *url = fixture_database();
	SentRecorder *recorder = open_recorder(url, 1000000);

	for (int i = 0; i < 60000; i++) {
		g_assert_true(add(recorder, i, 1));
		if (i % 20000 == 10000) {
			fixture_server("kill");
			fixture_server("start");
		}
	}
	while (fixture_number(url, "select count(*) from sent") < 60000)
		g_usleep(50000);
	sent_close(recorder);
	g_assert_cmpint(fixture_number(url, "select count(*) from sent"), ==, 60000);
	g_assert_cmpint(fixture_number(url, "select sum(n) from counters"), ==, 60000);
}

/* Header bytes that no database takes, and a clock that is wrong, cost nobody's record. */
static void
test_odd_mail(void)
{
	g_autofree char *url = fixture_database();
	SentRecorder *recorder = open_recorder(url, 100);
	SentRecipient to = { "a@one.example", "one" };
	SentMail mail = { "\xff\xfe@x", "4Xq", "\x80", "sender.example", 1000, &to, 1, 0 };

	g_assert_true(sent_add(recorder, &mail));
	mail.sent_at = 4000000000;
	g_assert_true(sent_add(recorder, &mail));
	g_assert_true(add(recorder, 1, 1));
	sent_close(recorder);
	g_assert_cmpint(fixture_number(url, "select count(*) from sent where at > now() - interval '1 hour'"), ==, 3);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_log_set_always_fatal(
		G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL); /* the database goes away here, which is warned of */
	if (!fixture_present())
		return 0;
	g_test_add_func("/sent/counts", test_counts);
	g_test_add_func("/sent/flushes-by-itself", test_flushes_by_itself);
	g_test_add_func("/sent/threads", test_threads);
	g_test_add_func("/sent/away", test_away);
	g_test_add_func("/sent/crash", test_crash);
	g_test_add_func("/sent/odd-mail", test_odd_mail);
	return g_test_run();
}
