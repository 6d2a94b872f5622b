#include "past_read.h"

#include "policy_load.h"
#include "replay.h"
#include "sql_fixture.h"

#include <string.h>

#define DAY 86400
#define HISTORY_DAYS 200
#define EVENTS 400

/* Periods are longer than the history: what comes out of an archive and is over by then is not listed at all. */
#define POLICY(full_days) \
	"- {category: user_unknown, evidence: known_message, action: list, scope: everybody, periods: [250d, 300d, " \
	"forever]," \
	" on_delivery: release}\n" \
	"- {category: mailbox_full, evidence: known_message, action: count, days: " full_days \
	", window: 40d, scope: everybody," \
	" periods: [220d, 400d], on_delivery: release}\n" \
	"- {category: complaint_spam, evidence: known_message, action: list, scope: sender_domain, periods: " \
	"[forever]}\n" \
	"- {category: domain_not_found, evidence: known_message, action: count, days: 2, window: 20d, scope: " \
	"everybody," \
	" target: domain, periods: [300d], on_delivery: release, probe: 1d}\n"

static Policy *
make_policy(const char *text)
{
	g_autoptr(GError) error = NULL;
	Policy *policy = policy_parse("policy", text, strlen(text), &error);

	g_assert_no_error(error);
	return policy;
}

static Plan
plan(const void *policy, const Case *subject)
{
	return policy_plan(policy, subject);
}

static void
tell(Store *store, const Policy *policy, Category category, const char *address, int64_t at)
{
	g_autofree char *key = g_uuid_string_random();
	g_autoptr(Sample) sample = sample_new(category, address, key);
	Event *event = g_ptr_array_index(sample->report->events, 0);

	if (category == CATEGORY_DELIVERED)
		event->action = ACTION_DELIVERED;
	if (category == CATEGORY_COMPLAINT_SPAM)
		event->action = ACTION_COMPLAINED;
	sample->inbound.received_at = at;
	sample->submission.policy = policy;
	sample->submission.plan = plan;
	sample->submission.decide = policy_decide;
	fixture_record(store, sample);
}

/* Up to three weeks ago, so that all periods begin with the event. */
static void
tell_history(Store *store, const Policy *policy, int64_t now)
{
	static const Category categories[] = { CATEGORY_USER_UNKNOWN, CATEGORY_MAILBOX_FULL, CATEGORY_MAILBOX_FULL,
		CATEGORY_MAILBOX_FULL, CATEGORY_COMPLAINT_SPAM, CATEGORY_DOMAIN_NOT_FOUND, CATEGORY_DELIVERED };

	for (int i = 0; i < EVENTS; i++) {
		g_autofree char *address =
			g_strdup_printf("user%d@d%d.example", g_test_rand_int_range(0, 8), g_test_rand_int_range(0, 5));
		int64_t days_ago = HISTORY_DAYS - (int64_t)i * (HISTORY_DAYS - 21) / EVENTS;

		tell(store, policy, categories[g_test_rand_int_range(0, G_N_ELEMENTS(categories))], address,
			now - days_ago * DAY + i % 60);
	}
}

/* What people do, and what DNS says. */
static void
meddle(const char *url, Store *store, const Policy *policy)
{
	int64_t now;

	fixture_run(url, "select blacklist_remove(target, null, 'back', 'test') from (select target from blacklist_now"
			 " where target like 'user1@%') as t");
	fixture_run(url, "select blacklist_add('user2@d' || n || '.example', '*', 'user_unknown', 'said so', null,"
			 " now() + interval '9 days', 'test') from generate_series(0, 4) as n");
	fixture_run(url, "select blacklist_probed('d3.example', 'MX found')");
	g_usleep(G_USEC_PER_SEC * 11 / 10); /* reports have whole seconds */
	now = g_get_real_time() / G_USEC_PER_SEC;
	for (unsigned i = 0; i < 5; i++) {
		g_autofree char *removed = g_strdup_printf("user1@d%u.example", i);
		g_autofree char *added = g_strdup_printf("user2@d%u.example", i);

		tell(store, policy, CATEGORY_USER_UNKNOWN, removed, now);
		tell(store, policy, CATEGORY_DELIVERED, added, now);
	}
}

static void
take_entry(
	void *replay, const char *target, const char *scope, const PastEntry *now, const PastEntry *before, bool held)
{
	replay_entry(replay, target, scope, now, before, held);
}

static void
take_fact(void *replay, const PastFact *fact)
{
	replay_fact(replay, fact);
}

static GArray *
simulate(const char *url, const Policy *policy, int64_t since, Replay **ret_replay)
{
	g_autofree char *support = fixture_url_as(url, "retour_support");
	const StoreSettings settings = { .url = support };
	g_autoptr(GError) error = NULL;
	Blacklist *blacklist = blacklist_open(&settings, 1, 20000, &error);
	const PastReader reader = { take_entry, take_fact, *ret_replay = replay_new(policy, since) };

	g_assert_no_error(error);
	past_read(blacklist, since, policy_window_days(policy) * (int64_t)DAY, &reader, &error);
	g_assert_no_error(error);
	blacklist_close(blacklist);
	return replay_differences(*ret_replay, g_get_real_time() / G_USEC_PER_SEC);
}

static void
assert_same(const char *url, const Policy *policy, int64_t since)
{
	g_autoptr(Replay) replay = NULL;
	g_autoptr(GArray) differences = simulate(url, policy, since, &replay);

	for (unsigned i = 0; i < differences->len; i++) {
		const ReplayDifference *difference = &g_array_index(differences, ReplayDifference, i);

		g_test_message("%s %s %s %s %" G_GINT64_FORMAT " %" G_GINT64_FORMAT,
			replay_change_name(difference->change), difference->target, difference->scope,
			category_name(difference->category), difference->expires_now, difference->expires_then);
	}
	g_assert_cmpuint(differences->len, ==, 0);
}

static void
test_same(void)
{
	g_autofree char *url = fixture_database();
	g_autofree char *milter = fixture_url_as(url, "retour_milter");
	g_autoptr(Policy) policy = make_policy(POLICY("3"));
	int64_t now = g_get_real_time() / G_USEC_PER_SEC;
	Store *store = fixture_store(milter);

	tell_history(store, policy, now);
	g_assert_cmpint(fixture_number(url, "select count(*) from blacklist_now"), >, 20);
	g_assert_cmpint(fixture_number(url, "select count(*) from blacklist where strikes > 1"), >, 5);
	assert_same(url, policy, 0);
	meddle(url, store, policy);
	assert_same(url, policy, 0);
	store_close(store);
}

/* In the last days of the month before: one address is full on four days, one on three, one on two. */
static void
tell_full(Store *store, const Policy *policy, int64_t now)
{
	static const struct {
		int days_ago;
		const char *address;
	} full[] = { { 30, "four@d.example" }, { 30, "three@d.example" }, { 30, "two@d.example" },
		{ 29, "four@d.example" }, { 29, "three@d.example" }, { 29, "two@d.example" }, { 28, "four@d.example" },
		{ 28, "three@d.example" }, { 27, "four@d.example" } };

	for (size_t i = 0; i < G_N_ELEMENTS(full); i++)
		tell(store, policy, CATEGORY_MAILBOX_FULL, full[i].address, now - full[i].days_ago * DAY);
}

static void
assert_one(const char *url, const char *text, ReplayChange change, const char *target)
{
	g_autoptr(Policy) policy = make_policy(text);
	g_autoptr(Replay) replay = NULL;
	g_autoptr(GArray) differences = simulate(url, policy, 0, &replay);
	const ReplayDifference *first = &g_array_index(differences, ReplayDifference, 0);

	g_assert_cmpuint(differences->len, ==, 1);
	g_assert_cmpint(first->change, ==, change);
	g_assert_cmpstr(first->target, ==, target);
	g_assert_cmpint(first->category, ==, CATEGORY_MAILBOX_FULL);
}

/* A stricter count lists who had two days, a milder one releases who had but three. */
static void
test_changed(void)
{
	g_autofree char *url = fixture_database();
	g_autofree char *milter = fixture_url_as(url, "retour_milter");
	g_autoptr(Policy) policy = make_policy(POLICY("3")), mild = make_policy(POLICY("4"));
	int64_t now = g_get_real_time() / G_USEC_PER_SEC;
	Store *store = fixture_store(milter);

	tell_full(store, policy, now);
	assert_same(url, policy, 0);
	assert_one(url, POLICY("2"), REPLAY_LISTED, "two@d.example");
	assert_one(url, POLICY("4"), REPLAY_RELEASED, "three@d.example");
	/* Since a time: strikes from before it count, entries from before it stay. */
	assert_same(url, policy, now - 28 * DAY - 1);
	assert_same(url, mild, now - 27 * DAY - 1);
	/* Neither is an entry a difference whose reason is no longer kept. */
	tell(store, policy, CATEGORY_USER_UNKNOWN, "one@d.example", now - 22 * DAY);
	fixture_run(url, "delete from events where at < now() - interval '25 days'");
	assert_same(url, mild, 0);
	store_close(store);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	if (!fixture_present())
		return 0;
	g_test_add_func("/past/same", test_same);
	g_test_add_func("/past/changed", test_changed);
	return g_test_run();
}
