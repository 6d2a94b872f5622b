#include "store.h"

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

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	if (!fixture_present())
		return 0;
	g_test_add_func("/store/records", test_records);
	return g_test_run();
}
