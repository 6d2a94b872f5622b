#include "store.h"

#include "sent.h"
#include "sql_fixture.h"

#include <pthread.h>
#include <string.h>

#define DAY 86400

static void
test_records(void)
{
	g_autofree char *url = fixture_database();
	g_autofree char *milter = fixture_url_as(url, "retour_milter");
	Store *store = fixture_store(milter);
	g_autoptr(Sample) sample = sample_new(CATEGORY_USER_UNKNOWN, "anna@example.org", "one");
	Recorded recorded = fixture_record(store, sample);
	g_autofree char *entry = NULL;

	g_assert_cmpuint(recorded.new_events, ==, 1);
	g_assert_cmpuint(recorded.duplicate_events, ==, 0);
	g_assert_cmpuint(recorded.listed, ==, 1);
	g_assert_cmpint(recorded.evidence, ==, EVIDENCE_LOCAL);
	recorded = fixture_record(store, sample);
	g_assert_cmpuint(recorded.new_events, ==, 0);
	g_assert_cmpuint(recorded.duplicate_events, ==, 1);
	g_assert_cmpuint(recorded.listed, ==, 0);
	entry = fixture_text(url,
		"select concat_ws('|', target, scope, category, reference, source, evidence, strikes, expires_at)"
		" from blacklist_check('Anna@Example.org', 'any.example')");
	g_assert_cmpstr(entry, ==, "anna@example.org|*|user_unknown|R-1|auto|local|1");
	g_assert_cmpint(
		fixture_number(url,
			"select count(*) from reports r join events e on e.report = r.id and e.at = r.received_at"),
		==, 1);
	g_assert_cmpint(
		fixture_number(url, "select n * 10 + verified from counters_hourly where provider = 'example.org'"
				    " and sender_domain = 'sender.example' and category = 'user_unknown'"),
		==, 11);
	g_assert_cmpint(
		fixture_number(url, "select count(*) from audit where action = 'list' and db_user = session_user"), ==,
		1);
	g_assert_cmpint(fixture_number(url, "select count(*) from rule_sets where hash = '0123abcd'"), ==, 1);
	store_close(store);
}

/* What a mail server or a file system calls something is no clean text, and no reason to refuse a report. */
static void
test_foreign_names(void)
{
	g_autofree char *url = fixture_database();
	Store *store = fixture_store(url);
	g_autoptr(Sample) sample = sample_new(CATEGORY_USER_UNKNOWN, "anna@example.org", "named");
	g_autofree char *names = NULL;

	sample->inbound.id = "archive/R\xe9sum\xe9.eml";
	sample->inbound.envelope_sender = "h\xf6rst@example.com";
	sample->inbound.client_address = "unknown\xff";
	g_assert_cmpuint(fixture_record(store, sample).new_events, ==, 1);
	names = fixture_text(url, "select concat_ws('|', source_id, envelope_sender, client_address) from reports");
	g_assert_cmpstr(
		names, ==, "archive/R\xef\xbf\xbdsum\xef\xbf\xbd.eml|h\xef\xbf\xbdrst@example.com|unknown\xef\xbf\xbd");
	store_close(store);
}

/* An old failure lists for what is left of its period, if anything is. */
static void
test_archive(void)
{
	g_autofree char *url = fixture_database();
	Store *store = fixture_store(url);

	for (int64_t days_ago = 102; days_ago >= 100; days_ago--) {
		g_autofree char *key = g_strdup_printf("long ago %d", (int)days_ago);

		g_assert_cmpuint(fixture_record_one(
					 store, CATEGORY_MAILBOX_FULL, "old@example.org", key, EVIDENCE_LOCAL, days_ago)
					 .listed,
			==, 0);
	}
	for (int64_t days_ago = 22; days_ago >= 20; days_ago--) {
		g_autofree char *key = g_strdup_printf("a while ago %d", (int)days_ago);

		g_assert_cmpuint(fixture_record_one(store, CATEGORY_MAILBOX_FULL, "late@example.org", key,
					 EVIDENCE_LOCAL, days_ago)
					 .listed,
			==, days_ago == 20);
	}
	g_assert_cmpint(fixture_number(url, "select extract(day from expires_at - now())::int from blacklist"), ==, 9);
	g_assert_cmpuint(
		fixture_record_one(store, CATEGORY_USER_UNKNOWN, "gone@example.org", "gone", EVIDENCE_LOCAL, 400)
			.listed,
		==, 1);
	store_close(store);
}

/* Two events of one report with the same key are one event. */
static void
test_copies_within_a_report(void)
{
	g_autofree char *url = fixture_database();
	Store *store = fixture_store(url);
	g_autoptr(Sample) sample = sample_new(CATEGORY_USER_UNKNOWN, "anna@example.org", "one");
	Finding twice[] = { sample->finding, sample->finding };
	Recorded recorded;

	sample->submission.findings = twice;
	sample->submission.finding_count = 2;
	recorded = fixture_record(store, sample);
	g_assert_cmpuint(recorded.new_events, ==, 1);
	g_assert_cmpuint(recorded.duplicate_events, ==, 1);
	g_assert_cmpint(fixture_number(url, "select count(*) from events"), ==, 1);
	g_assert_cmpint(fixture_number(url, "select sum(n) from counters"), ==, 1);
	store_close(store);
}

/* What is still being tried counts as such and not as a failure, also when it is told again with better evidence. */
static void
test_deferred(void)
{
	g_autofree char *url = fixture_database();
	Store *store = fixture_store(url);

	for (unsigned i = 0; i < 2; i++) {
		g_autoptr(Sample) sample = sample_new(CATEGORY_MAILBOX_FULL, "anna@example.org", "one");
		Event event = *sample->finding.event;

		event.action = ACTION_DELAYED;
		sample->finding.event = &event;
		sample->finding.evidence = i == 0 ? EVIDENCE_UNVERIFIED : EVIDENCE_LOCAL;
		fixture_record(store, sample);
		g_assert_cmpint(fixture_number(url,
					"select sum(n) * 10 + sum(verified) from counters where category = 'deferred'"),
			==, i == 0 ? 10 : 11);
		g_assert_cmpint(fixture_number(url, "select sum(n) from counters"), ==, 1);
	}
	g_assert_cmpint(fixture_number(url, "select count(*) from events where category = 'mailbox_full'"), ==, 1);
	store_close(store);
}

/* An unverified report is counted where no stranger can make rows; better evidence moves the count and lets policy act. */
static void
test_improved_evidence(void)
{
	g_autofree char *url = fixture_database();
	Store *store = fixture_store(url);
	Recorded recorded =
		fixture_record_one(store, CATEGORY_USER_UNKNOWN, "anna@example.org", "one", EVIDENCE_UNVERIFIED, 0);

	g_assert_cmpuint(recorded.new_events, ==, 1);
	g_assert_cmpuint(recorded.listed, ==, 0);
	g_assert_cmpint(fixture_number(url, "select count(*) from blacklist"), ==, 0);
	g_assert_cmpint(fixture_number(url, "select n * 10 + verified from counters_hourly where provider = 'other' "
					    "and sender_domain = ''"),
		==, 10);
	recorded = fixture_record_one(store, CATEGORY_USER_UNKNOWN, "anna@example.org", "one", EVIDENCE_LOCAL, 0);
	g_assert_cmpuint(recorded.new_events, ==, 0);
	g_assert_cmpuint(recorded.improved_events, ==, 1);
	g_assert_cmpuint(recorded.listed, ==, 1);
	g_assert_cmpint(recorded.evidence, ==, EVIDENCE_LOCAL);
	recorded =
		fixture_record_one(store, CATEGORY_USER_UNKNOWN, "anna@example.org", "one", EVIDENCE_KNOWN_MESSAGE, 0);
	g_assert_cmpuint(recorded.duplicate_events, ==, 1);
	g_assert_cmpint(fixture_number(url,
				"select count(*) from events where evidence = 'local' and provider = 'example.org'"),
		==, 1);
	g_assert_cmpint(fixture_number(url, "select count(*) from events"), ==, 1);
	g_assert_cmpint(fixture_number(url, "select sum(n) * 10 + sum(verified) from counters"), ==, 11);
	g_assert_cmpint(
		fixture_number(url, "select n * 10 + verified from counters_hourly where provider = 'example.org'"
				    " and sender_domain = 'sender.example'"),
		==, 11);
	g_assert_cmpint(fixture_number(url, "select n from counters_hourly where provider = 'other'"), ==, 0);
	g_assert_cmpint(
		fixture_number(url, "select report from blacklist") - fixture_number(url, "select id from reports"), ==,
		0);
	store_close(store);
}

static void
insert_sent(const char *url, const char *message_id, const char *recipient, const char *domain)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *copy = g_strdup(url);
	StoreSettings settings = { .url = copy, .connections = 1, .commit_timeout_ms = 20000, .queue_events = 1000 };
	SentRecorder *recorder = sent_open(&settings, 1000, &error);
	SentRecipient to = { recipient, "example" };
	SentMail mail = { message_id, "4Xq", "news@sender.example", domain, g_get_real_time() / G_USEC_PER_SEC, &to, 1,
		0 };

	g_assert_no_error(error);
	g_assert_true(sent_add(recorder, &mail));
	sent_close(recorder);
}

/* Only Message-ID and recipient together tie a report to mail that left; then our record says whose mail it was. */
static void
test_known_message(void)
{
	g_autofree char *url = fixture_database();
	Store *store = fixture_store(url);
	g_autoptr(Sample) forged = sample_new(CATEGORY_COMPLAINT_SPAM, "bert@example.org", "one");
	g_autoptr(Sample) real = sample_new(CATEGORY_COMPLAINT_SPAM, "anna@example.org", "two");
	g_autoptr(Sample) local = sample_new(CATEGORY_COMPLAINT_SPAM, "anna@example.org", "three");
	Sample *samples[] = { forged, real, local };
	Recorded recorded;

	insert_sent(url, "m1@sender.example", "anna@example.org", "true.example");
	for (size_t i = 0; i < G_N_ELEMENTS(samples); i++)
		report_set(&samples[i]->report->original.message_id, "m1@sender.example");
	forged->finding.evidence = real->finding.evidence = EVIDENCE_UNVERIFIED;
	recorded = fixture_record(store, forged);
	g_assert_cmpint(recorded.evidence, ==, EVIDENCE_UNVERIFIED);
	g_assert_cmpuint(recorded.listed, ==, 0);
	recorded = fixture_record(store, real);
	g_assert_cmpint(recorded.evidence, ==, EVIDENCE_KNOWN_MESSAGE);
	g_assert_cmpuint(recorded.listed, ==, 1);
	g_assert_cmpint(
		fixture_number(url,
			"select count(*) from blacklist where target = 'anna@example.org' and scope = 'true.example'"
			" and evidence = 'known_message'"),
		==, 1);
	recorded = fixture_record(store, local);
	g_assert_cmpint(recorded.evidence, ==, EVIDENCE_LOCAL);
	g_assert_cmpint(fixture_number(url, "select count(*) from events where sender_domain = 'true.example'"), ==, 2);
	store_close(store);
}

/* Mail is known for as long as it is recorded; where it left several times, the last time counts. */
static void
test_known_long_ago(void)
{
	static const struct {
		const char *recipient;
		Evidence evidence;
		const char *sender_domain;
	} cases[] = {
		{ "long-ago@example.org", EVIDENCE_KNOWN_MESSAGE, "month.example" },
		{ "again@example.org", EVIDENCE_KNOWN_MESSAGE, "hour.example" },
		{ "twice@example.org", EVIDENCE_KNOWN_MESSAGE, "hour.example" },
		{ "never@example.org", EVIDENCE_UNVERIFIED, "sender.example" },
	};
	g_autofree char *url = fixture_database();
	Store *store = fixture_store(url);

	fixture_run(url, "select make_partition('sent', 'sent_month_ago', 'at', now() - interval '40 days', now() - "
			 "interval '20 "
			 "days')");
	insert_sent(url, "m1@sender.example", "long-ago@example.org", "month.example");
	insert_sent(url, "m1@sender.example", "again@example.org", "month.example");
	fixture_run(url, "update sent set at = at - interval '30 days'");
	insert_sent(url, "m1@sender.example", "again@example.org", "hour.example");
	insert_sent(url, "m1@sender.example", "twice@example.org", "hour.example");
	insert_sent(url, "m1@sender.example", "twice@example.org", "day.example");
	fixture_run(url, "update sent set at = at - interval '1 hour' where sender_domain = 'day.example'");
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Sample) sample = sample_new(CATEGORY_COMPLAINT_SPAM, cases[i].recipient, cases[i].recipient);
		g_autofree char *counted = g_strdup_printf("select count(*) from events where recipient = '%s' and "
							   "sender_domain = '%s' and evidence = '%s'",
			cases[i].recipient, cases[i].sender_domain, evidence_name(cases[i].evidence));

		report_set(&sample->report->original.message_id, "m1@sender.example");
		sample->finding.evidence = EVIDENCE_UNVERIFIED;
		g_assert_cmpint(fixture_record(store, sample).evidence, ==, cases[i].evidence);
		g_assert_cmpint(fixture_number(url, counted), ==, 1);
	}
	store_close(store);
}

/* Extended while in force; begun anew with a new reference, one strike more and a longer period when it had expired. */
static void
test_listed_again(void)
{
	g_autofree char *url = fixture_database();
	Store *store = fixture_store(url);
	g_autofree char *entry = NULL;

	for (int64_t day = 2; day >= 0; day--) {
		g_autofree char *key = g_strdup_printf("%d", (int)day);

		fixture_record_one(store, CATEGORY_MAILBOX_FULL, "anna@example.org", key, EVIDENCE_LOCAL, day);
	}
	fixture_run(url,
		"update blacklist set expires_at = now() + interval '10 days', since = now() - interval '20 days'");
	g_assert_cmpuint(
		fixture_record_one(store, CATEGORY_MAILBOX_FULL, "anna@example.org", "x", EVIDENCE_LOCAL, 0).listed, ==,
		1);
	g_assert_cmpint(fixture_number(url, "select strikes from blacklist where reference = 'R-1'"), ==, 1);
	fixture_run(url, "update blacklist set expires_at = now() - interval '1 day'");
	g_assert_cmpuint(
		fixture_record_one(store, CATEGORY_MAILBOX_FULL, "anna@example.org", "y", EVIDENCE_LOCAL, 0).listed, ==,
		1);
	entry = fixture_text(url,
		"select concat_ws(' ', strikes, reference <> 'R-1', since = (select max(at) from audit),"
		" round(extract(epoch from expires_at - now()) / 86400)) from blacklist");
	g_assert_cmpstr(entry, ==, "2 t t 60");
	g_free(entry);
	entry = fixture_text(url, "select string_agg(action, ' ' order by id) from audit");
	g_assert_cmpstr(entry, ==, "list extend renew");
	store_close(store);
}

static void
test_manual_entries(void)
{
	g_autofree char *url = fixture_database();
	Store *store = fixture_store(url);

	fixture_run(url, "select blacklist_add('anna@example.org', '*', 'policy_other', 'asked us by letter', '',"
			 " now() + interval '5 days', 'cli:eve')");
	g_assert_cmpuint(
		fixture_record_one(store, CATEGORY_USER_UNKNOWN, "anna@example.org", "a", EVIDENCE_LOCAL, 0).listed, ==,
		0);
	g_assert_cmpint(
		fixture_number(url, "select count(*) from blacklist where source = 'manual' and reason like 'asked%'"),
		==, 1);
	g_assert_cmpint(fixture_number(url, "select count(*) from audit"), ==, 1);
	/* Once it has expired it is no longer in the way. */
	fixture_run(url, "update blacklist set expires_at = now() - interval '1 day'");
	g_assert_cmpuint(
		fixture_record_one(store, CATEGORY_USER_UNKNOWN, "anna@example.org", "b", EVIDENCE_LOCAL, 0).listed, ==,
		1);
	g_assert_cmpint(
		fixture_number(url, "select count(*) from blacklist where source = 'auto' and strikes = 1"), ==, 1);
	store_close(store);
}

typedef struct Telling {
	Store *store;
	const char *address;
} Telling;

static void *
tell_of_unknown_user(void *data)
{
	const Telling *telling = data;

	fixture_record_one(telling->store, CATEGORY_USER_UNKNOWN, telling->address, "a", EVIDENCE_LOCAL, 0);
	return NULL;
}

/* No entry stood there when Retour took its locks, and one that a person made does when it writes. */
static void
test_manual_entry_in_between(void)
{
	g_autofree char *url = fixture_database();
	Telling telling = { fixture_store(url), "anna@example.org" };
	g_autofree char *left = NULL;
	g_autoptr(GError) error = NULL;
	g_autoptr(Database) person = database_open(url, 0, &error);
	pthread_t thread;

	g_assert_no_error(error);
	g_assert_true(database_run(person, "begin", NULL));
	g_assert_true(database_run(person,
		"select blacklist_add('anna@example.org', '*', 'policy_other', 'asked us by letter', 'kept',"
		" now() + interval '5 days', 'cli:eve')",
		NULL));
	g_assert_cmpint(pthread_create(&thread, NULL, tell_of_unknown_user, &telling), ==, 0);
	while (fixture_number(url, "select count(*) from pg_stat_activity where datname = current_database()"
				   " and wait_event_type = 'Lock' and query like '%insert into blacklist%'")
		== 0)
		g_usleep(10000);
	g_assert_true(database_run(person, "commit", NULL));
	pthread_join(thread, NULL);
	left = fixture_text(url, "select concat_ws(' ', source, category, strikes, note, reason) from blacklist");
	g_assert_cmpstr(left, ==, "manual policy_other 0 kept asked us by letter");
	g_assert_cmpint(fixture_number(url, "select count(*) from audit where actor = 'auto'"), ==, 0);
	g_assert_cmpint(fixture_number(url, "select count(*) from events"), ==, 1);
	store_close(telling.store);
}

static void
test_whole_domain(void)
{
	g_autofree char *url = fixture_database();
	Store *store = fixture_store(url);

	fixture_record_one(store, CATEGORY_DOMAIN_NOT_FOUND, "anna@gone.example", "a", EVIDENCE_LOCAL, 0);
	g_assert_cmpint(
		fixture_number(url, "select count(*) from blacklist_check('bert@gone.example', 'any.example')"), ==, 1);
	g_assert_cmpint(
		fixture_number(url, "select count(*) from blacklist_check('bert@other.example', 'any.example')"), ==,
		0);
	store_close(store);
}

static void
test_hidden_recipient(void)
{
	g_autofree char *url = fixture_database();
	Store *store = fixture_store(url);
	Recorded recorded = fixture_record_one(store, CATEGORY_COMPLAINT_SPAM, "", "a", EVIDENCE_LOCAL, 0);

	g_assert_cmpuint(recorded.new_events, ==, 1);
	g_assert_cmpuint(recorded.listed, ==, 0);
	g_assert_cmpint(fixture_number(url, "select sum(n) from counters"), ==, 1);
	store_close(store);
}

static void
test_bounds(void)
{
	g_autofree char *url = fixture_database();
	Store *store = fixture_store(url);
	g_autoptr(Sample) sample = sample_new(CATEGORY_USER_UNKNOWN, "anna@example.org", "a");
	g_autofree char *text = g_strnfill(5001, 'x');
	Event *event = g_ptr_array_index(sample->report->events, 0);
	g_autofree char *longer = g_strconcat(text, "", NULL);

	memcpy(longer + 2047, "\xc3\xa9", 2); /* a character across the border is left out */
	report_set(&event->diagnostic, longer);
	report_set(&sample->report->subject, text);
	event->reply_code = 4000000000;
	fixture_record(store, sample);
	g_assert_cmpint(fixture_number(url, "select octet_length(diagnostic) from events"), ==, 2047);
	g_assert_cmpint(fixture_number(url, "select octet_length(subject) from reports"), ==, 998);
	store_close(store);
}

static void
test_provider_domains(void)
{
	g_autofree char *url = fixture_database();
	Store *store = fixture_store(url);

	for (int i = 0; i < 4; i++) {
		g_autofree char *key = g_strdup_printf("%d", i);
		g_autoptr(Sample) sample = sample_new(CATEGORY_GREYLISTED, "anna@example.org", key);

		g_free(sample->finding.provider);
		sample->finding.provider = g_strdup(i < 2 ? "first" : "second");
		sample->finding.provider_known = true;
		sample->finding.evidence = i == 3 ? EVIDENCE_UNVERIFIED : EVIDENCE_LOCAL;
		if (i == 3) {
			g_free(sample->finding.address);
			sample->finding.address = g_strdup("anna@claimed.example");
		}
		fixture_record(store, sample);
	}
	g_assert_cmpint(fixture_number(url, "select count(*) from provider_domains"), ==, 1);
	g_assert_cmpint(fixture_number(url, "select count(*) from provider_domains where provider = 'second'"), ==, 1);
	store_close(store);
}

static void
test_reports_without_news(void)
{
	g_autofree char *url = fixture_database();
	Store *store = fixture_store(url);
	g_autoptr(Sample) sample = sample_new(CATEGORY_USER_UNKNOWN, "anna@example.org", "a");

	sample->submission.finding_count = 0;
	g_assert_cmpuint(fixture_record(store, sample).new_events, ==, 0);
	sample->submission.finding_count = 1;
	fixture_record(store, sample);
	fixture_record(store, sample);
	g_assert_cmpint(fixture_number(url, "select count(*) from reports"), ==, 1);
	store_close(store);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	if (!fixture_present())
		return 0;
	g_test_add_func("/store/records", test_records);
	g_test_add_func("/store/foreign-names", test_foreign_names);
	g_test_add_func("/store/archive", test_archive);
	g_test_add_func("/store/copies-within-a-report", test_copies_within_a_report);
	g_test_add_func("/store/deferred", test_deferred);
	g_test_add_func("/store/improved-evidence", test_improved_evidence);
	g_test_add_func("/store/known-message", test_known_message);
	g_test_add_func("/store/known-long-ago", test_known_long_ago);
	g_test_add_func("/store/listed-again", test_listed_again);
	g_test_add_func("/store/manual-entries", test_manual_entries);
	g_test_add_func("/store/manual-entry-in-between", test_manual_entry_in_between);
	g_test_add_func("/store/whole-domain", test_whole_domain);
	g_test_add_func("/store/hidden-recipient", test_hidden_recipient);
	g_test_add_func("/store/bounds", test_bounds);
	g_test_add_func("/store/provider-domains", test_provider_domains);
	g_test_add_func("/store/reports-without-news", test_reports_without_news);
	return g_test_run();
}
