#include "blacklist.h"
#include "programme_state.h"
#include "sql_fixture.h"

#include <string.h>

#define DAY 86400

static void
tell(Store *store, const char *key, const char *address, Evidence evidence, unsigned incidents)
{
	g_autoptr(Sample) sample = sample_new(CATEGORY_COMPLAINT_SPAM, address, key);

	sample->report->kind = REPORT_COMPLAINT;
	sample->report->incidents = incidents;
	sample->submission.programme = "yahoo-cfl";
	sample->finding.evidence = evidence;
	fixture_record(store, sample);
}

static char *
days(const char *url)
{
	return fixture_text(url, "select concat_ws('|', programme, sum(reports), sum(complaints), sum(unattributed),"
				 " sum(verified)) from programme_days group by programme");
}

static void
test_counts(void)
{
	g_autofree char *url = fixture_database();
	g_autofree char *milter = fixture_url_as(url, "retour_milter");
	Store *store = fixture_store(milter);
	g_autofree char *first = NULL, *last = NULL, *counted = NULL, *report = NULL;

	tell(store, "one", "anna@example.org", EVIDENCE_UNVERIFIED, 7);
	tell(store, "one", "anna@example.org", EVIDENCE_UNVERIFIED, 7);
	tell(store, "two", "", EVIDENCE_REPORTER, 3);
	first = days(url);
	g_assert_cmpstr(first, ==, "yahoo-cfl|2|2|1|1");
	tell(store, "one", "anna@example.org", EVIDENCE_KNOWN_MESSAGE, 9);
	tell(store, "one", "anna@example.org", EVIDENCE_REPORTER, 9);
	last = days(url);
	g_assert_cmpstr(last, ==, "yahoo-cfl|2|2|1|2");
	/* What the first telling of it said stands: 7 incidents and 3, all of them proven now. */
	counted = fixture_text(url, "select sum(n) || ' ' || sum(verified) from counters");
	g_assert_cmpstr(counted, ==, "10 10");
	report = fixture_text(url, "select string_agg(programme || incidents, ' ' order by id) from reports");
	g_assert_cmpstr(report, ==, "yahoo-cfl7 yahoo-cfl3");
	store_close(store);
}

/* Anybody may claim a million incidents. */
static void
test_claimed_incidents(void)
{
	g_autofree char *url = fixture_database();
	Store *store = fixture_store(url);

	tell(store, "one", "anna@example.org", EVIDENCE_UNVERIFIED, 1000000);
	tell(store, "two", "anna@example.org", EVIDENCE_KNOWN_MESSAGE, 1000000);
	g_assert_cmpint(fixture_number(url, "select sum(n) from counters"), ==, 2);
	store_close(store);
}

static const struct SilenceCase {
	const char *name;
	const char *days_ago; /* on which something came */
	unsigned silent_days, usual_days;
	bool silent;
} silence_cases[] = {
	{ "daily", "0,1,2,3,4,5,6,7,8,9", 0, 1, false },
	{ "weekend", "2,3,4,5,6,7,8", 2, 1, false },
	{ "stopped", "4,5,6,7,8,9,10", 4, 1, true },
	{ "weekly", "12,19,26,33,40,47", 12, 7, false },
	{ "weekly-stopped", "22,29,36,43,50,57", 22, 7, true },
	{ "young", "20,21,22", 20, 1, false },
	{ "once", "9", 9, 0, false },
	{ "one-long-pause", "5,6,7,8,9,10,11,12,13,14,15,60", 5, 1, true },
};

static void
test_silence(void)
{
	g_autofree char *url = fixture_database();
	g_autofree char *support = fixture_url_as(url, "retour_support");
	StoreSettings settings = { .url = support, .connections = 1, .commit_timeout_ms = 20000 };
	g_autoptr(GError) error = NULL;
	g_autoptr(GArray) states = NULL;
	Blacklist *blacklist;

	for (size_t i = 0; i < G_N_ELEMENTS(silence_cases); i++) {
		g_autofree char *sql = g_strdup_printf(
			"insert into programme_days (programme, day, shard, last_at, reports, complaints, unattributed,"
			" verified) select '%s', current_date - ago, 0, now() - ago * interval '1 day', 2, 2, 1, 0"
			" from unnest(array[%s]) as ago",
			silence_cases[i].name, silence_cases[i].days_ago);

		fixture_run(url, sql);
	}
	blacklist = blacklist_open(&settings, 1, 10000, &error);
	g_assert_no_error(error);
	states = programme_states(blacklist, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(states->len, ==, G_N_ELEMENTS(silence_cases));
	for (size_t i = 0; i < G_N_ELEMENTS(silence_cases); i++)
		for (guint k = 0; k < states->len; k++) {
			const ProgrammeState *state = &g_array_index(states, ProgrammeState, k);

			if (strcmp(state->name, silence_cases[i].name) != 0)
				continue;
			g_test_message("%s", state->name);
			g_assert_cmpuint(state->silent_days, ==, silence_cases[i].silent_days);
			g_assert_cmpuint(state->usual_days, ==, silence_cases[i].usual_days);
			g_assert_true(state->silent == silence_cases[i].silent);
			g_assert_cmpuint(state->complaints, ==, 2 * state->unattributed);
		}
	blacklist_close(blacklist);
}

/* A service says so in its log when it starts, whether reports come or not. */
static void
test_warning(void)
{
	g_autofree char *url = fixture_database();
	Store *store;

	fixture_run(url,
		"insert into programme_days (programme, day, shard, last_at, reports, complaints, unattributed,"
		" verified) select 'gone', current_date - ago, 0, now(), 1, 1, 0, 0"
		" from generate_series(10, 20) as ago");
	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING,
		"feedback programme gone has been silent for 10 days, usually it pauses for 1 at most");
	store = fixture_store(url);
	tell(store, "one", "anna@example.org", EVIDENCE_LOCAL, 1);
	store_close(store);
	g_test_assert_expected_messages();
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	if (!fixture_present())
		return 0;
	g_test_add_func("/programmes/counts", test_counts);
	g_test_add_func("/programmes/claimed-incidents", test_claimed_incidents);
	g_test_add_func("/programmes/silence", test_silence);
	g_test_add_func("/programmes/warning", test_warning);
	return g_test_run();
}
