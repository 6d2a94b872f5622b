#include "held.h"
#include "sent.h"
#include "sql_fixture.h"

/* A provider that calls many recipients unknown: entries are held, and a person decides. */

static Plan
plan(const void *policy G_GNUC_UNUSED, const Case *subject G_GNUC_UNUSED)
{
	return (Plan){ .kind = PLAN_LIST, .hold_percent = 20, .hold_events = 5 };
}

static Decision
decide(const Plan *made G_GNUC_UNUSED, const History *history G_GNUC_UNUSED, int64_t now G_GNUC_UNUSED)
{
	return (Decision){ .list = true, .expires_at = NEVER_EXPIRES };
}

static Recorded
fail_one(Store *store, const char *provider, unsigned number)
{
	g_autofree char *address = g_strdup_printf("p%u@%s", number, provider);
	g_autoptr(Sample) sample = sample_new(CATEGORY_USER_UNKNOWN, address, address);

	sample->submission.plan = plan;
	sample->submission.decide = decide;
	return fixture_record(store, sample);
}

static void
send_mail(const char *url, const char *provider, unsigned count)
{
	g_autofree char *copy = g_strdup(url);
	StoreSettings settings = { .url = copy, .connections = 1, .commit_timeout_ms = 20000, .queue_events = 1000 };
	SentRecorder *recorder = sent_open(&settings, 1000, NULL);

	for (unsigned i = 0; i < count; i++) {
		SentRecipient to = { "a@example.org", provider };
		SentMail mail = { .message_id = "m",
			.queue_id = "",
			.envelope_sender = "",
			.sender_domain = "sender.example",
			.sent_at = g_get_real_time() / G_USEC_PER_SEC,
			.recipients = &to,
			.recipient_count = 1 };

		g_assert_true(sent_add(recorder, &mail));
	}
	sent_close(recorder);
}

static Blacklist *
open_blacklist(const char *url)
{
	g_autofree char *support = fixture_url_as(url, "retour_support");
	StoreSettings settings = { .url = support, .commit_timeout_ms = 20000 };
	g_autoptr(GError) error = NULL;
	Blacklist *blacklist = blacklist_open(&settings, 1, 20000, &error);

	g_assert_no_error(error);
	return blacklist;
}

static int64_t
listed(const char *url)
{
	return fixture_number(url, "select count(*) from blacklist_now");
}

/* Up to the limit entries are made; from there they wait; other providers go on. */
static void
test_hold(void)
{
	g_autofree char *url = fixture_database();
	g_autofree char *milter = fixture_url_as(url, "retour_milter");
	Store *store = fixture_store(milter);
	g_autoptr(GError) error = NULL;
	unsigned held = 0, began = 0;
	uint64_t entries;

	send_mail(milter, "broken.example", 30);
	for (unsigned i = 0; i < 30; i++) {
		Recorded recorded = fail_one(store, "broken.example", i);

		held += recorded.held;
		began += recorded.hold_began;
		g_assert_cmpuint(recorded.held + recorded.listed, ==, 1);
	}
	g_assert_cmpuint(held, >=, 10); /* each of two writers may list six before it knows */
	g_assert_cmpuint(began, >=, 1);
	g_assert_cmpint(listed(url), ==, 30 - held);
	send_mail(milter, "fine.example", 300);
	for (unsigned i = 0; i < 12; i++)
		g_assert_cmpuint(fail_one(store, "fine.example", i).held, ==, 0);
	for (unsigned i = 0; i < 12; i++)
		g_assert_cmpuint(fail_one(store, "unrecorded.example", i).held, ==, 0);

	Blacklist *blacklist = open_blacklist(url);
	g_autoptr(GPtrArray) list = held_list(blacklist, "broken.example", 100, &error);
	g_autoptr(GPtrArray) holds = provider_holds(blacklist, &error);

	g_assert_no_error(error);
	g_assert_cmpuint(list->len, ==, held);
	g_assert_cmpuint(holds->len, ==, 1);
	g_assert_cmpstr(((ProviderHold *)holds->pdata[0])->provider, ==, "broken.example");
	g_assert_true(held_confirm(blacklist, "broken.example", "cli:test", &entries, &error));
	g_assert_cmpuint(entries, ==, held);
	g_assert_cmpint(listed(url), ==, 54);
	g_assert_cmpint(fixture_number(url, "select count(*) from held"), ==, 0);
	g_assert_cmpint(fixture_number(url, "select count(*) from audit where actor = 'cli:test'"), ==, held);
	store_close(store);
	store = fixture_store(milter);
	g_assert_cmpuint(fail_one(store, "broken.example", 99).listed, ==, 1); /* a person has decided */
	blacklist_close(blacklist);
	store_close(store);
}

static void
test_release(void)
{
	g_autofree char *url = fixture_database();
	g_autofree char *milter = fixture_url_as(url, "retour_milter");
	Store *store = fixture_store(milter);
	g_autoptr(GError) error = NULL;
	Blacklist *blacklist = open_blacklist(url);
	unsigned held = 0;
	uint64_t entries;

	send_mail(milter, "broken.example", 30);
	for (unsigned i = 0; i < 30; i++)
		held += fail_one(store, "broken.example", i).held;
	g_assert_true(held_release(blacklist, "broken.example", "cli:test", &entries, &error));
	g_assert_no_error(error);
	g_assert_cmpuint(entries, ==, held);
	g_assert_cmpuint(held, >=, 10);
	g_assert_cmpint(listed(url), ==, 30 - held);
	g_assert_cmpint(fixture_number(url, "select count(*) from held"), ==, 0);
	blacklist_close(blacklist);
	store_close(store);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	if (!fixture_present())
		return 0;
	g_test_add_func("/guard/hold", test_hold);
	g_test_add_func("/guard/release", test_release);
	return g_test_run();
}
