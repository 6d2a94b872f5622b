#include "sql_fixture.h"

typedef struct StrikeStep {
	const char *key;
	Category category;
	Evidence evidence;
	int64_t days_ago;
	unsigned days, listed; /* expected after it */
} StrikeStep;

static const StrikeStep strike_steps[] = {
	{ "a", CATEGORY_MAILBOX_FULL, EVIDENCE_LOCAL, 30, 1, 0 },
	{ "b", CATEGORY_MAILBOX_FULL, EVIDENCE_LOCAL, 5, 1, 0 }, /* the window has moved on */
	{ "c", CATEGORY_MAILBOX_FULL, EVIDENCE_LOCAL, 5, 1, 0 }, /* the same day */
	{ "d", CATEGORY_MAILBOX_FULL, EVIDENCE_UNVERIFIED, 4, 1, 0 },
	{ "e", CATEGORY_MAILBOX_FULL, EVIDENCE_SIGNED, 4, 2, 0 },
	{ "e", CATEGORY_MAILBOX_FULL, EVIDENCE_LOCAL, 2, 2, 0 }, /* better evidence, the same event: its own day */
	{ "f", CATEGORY_DELIVERED, EVIDENCE_LOCAL, 2, 0, 0 },    /* forgotten */
	{ "g", CATEGORY_MAILBOX_FULL, EVIDENCE_LOCAL, 2, 1, 0 },
	{ "h", CATEGORY_MAILBOX_FULL, EVIDENCE_LOCAL, 1, 2, 0 },
	{ "i", CATEGORY_MAILBOX_FULL, EVIDENCE_LOCAL, 0, 3, 1 },
	{ "j", CATEGORY_MAILBOX_FULL, EVIDENCE_LOCAL, 0, 3, 0 }, /* in force for as long: no change */
};

static void
test_strikes(void)
{
	g_autofree char *url = fixture_database();
	Store *store = fixture_store(url);

	for (size_t i = 0; i < G_N_ELEMENTS(strike_steps); i++) {
		const StrikeStep *step = &strike_steps[i];
		Recorded recorded = fixture_record_one(
			store, step->category, "anna@example.org", step->key, step->evidence, step->days_ago);

		g_test_message("%s", step->key);
		g_assert_cmpint(fixture_number(url, "select cardinality(days) from strikes"), ==, step->days);
		g_assert_cmpuint(recorded.listed, ==, step->listed);
	}
	g_assert_cmpint(fixture_number(url, "select count(*) from audit"), ==, 1);
	store_close(store);
}

/* Strikes are days: three failures of one day, told at once, are one. */
static void
test_failures_of_a_day(void)
{
	g_autofree char *url = fixture_database();
	Store *store = fixture_store(url);
	g_autoptr(Sample) sample = sample_new(CATEGORY_MAILBOX_FULL, "anna@example.org", "one");
	Finding three[] = { sample->finding, sample->finding, sample->finding };
	Recorded recorded;

	for (unsigned char i = 0; i < G_N_ELEMENTS(three); i++)
		three[i].key[0] = i;
	sample->submission.findings = three;
	sample->submission.finding_count = G_N_ELEMENTS(three);
	recorded = fixture_record(store, sample);
	g_assert_cmpuint(recorded.new_events, ==, 3);
	g_assert_cmpuint(recorded.listed, ==, 0);
	g_assert_cmpint(fixture_number(url, "select cardinality(days) from strikes"), ==, 1);
	store_close(store);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	if (!fixture_present())
		return 0;
	g_test_add_func("/strikes/days", test_strikes);
	g_test_add_func("/strikes/failures-of-a-day", test_failures_of_a_day);
	return g_test_run();
}
