#include "probes.h"

#include "blacklist.h"
#include "sql_fixture.h"

#define DAY 86400

/* A series of events about anna@example.org; listed and released by each, and the entries in force after it. */
static const struct Step {
	const char *key;
	Category category;
	Evidence evidence;
	int64_t days_ago;
	unsigned listed, released;
	const char *in_force; /* "target scope", in order */
} steps[] = {
	{ "a", CATEGORY_USER_UNKNOWN, EVIDENCE_LOCAL, 9, 1, 0, "anna@example.org *" },
	{ "b", CATEGORY_DELIVERED, EVIDENCE_LOCAL, 10, 0, 0, "anna@example.org *" }, /* before the failure */
	{ "c", CATEGORY_DELIVERED, EVIDENCE_LOCAL, 9, 0, 0, "anna@example.org *" },  /* nobody knows which was first */
	{ "d", CATEGORY_DELIVERED, EVIDENCE_UNVERIFIED, 1, 0, 0, "anna@example.org *" },
	{ "d", CATEGORY_DELIVERED, EVIDENCE_SIGNED, 1, 0, 1, "" }, /* told again, with proof */
	{ "e", CATEGORY_DELIVERED, EVIDENCE_LOCAL, 1, 0, 0, "" },
	{ "f", CATEGORY_COMPLAINT_SPAM, EVIDENCE_LOCAL, 9, 1, 0, "anna@example.org sender.example" },
	{ "g", CATEGORY_DELIVERED, EVIDENCE_LOCAL, 1, 0, 0,
		"anna@example.org sender.example" }, /* mail arrives: so what */
	{ "h", CATEGORY_DOMAIN_NOT_FOUND, EVIDENCE_LOCAL, 8, 1, 0, "@example.org *,anna@example.org sender.example" },
	{ "i", CATEGORY_DELIVERED, EVIDENCE_LOCAL, 1, 0, 1, "anna@example.org sender.example" },
	{ "j", CATEGORY_USER_UNKNOWN, EVIDENCE_LOCAL, 0, 1, 0, "anna@example.org *,anna@example.org sender.example" },
};

static Recorded
tell_at(Store *store, Category category, Evidence evidence, const char *key, int64_t at)
{
	g_autoptr(Sample) sample = sample_new(category, "anna@example.org", key);

	sample->finding.evidence = evidence;
	sample->inbound.received_at = at;
	return fixture_record(store, sample);
}

static Recorded
tell(Store *store, Category category, const char *key)
{
	return tell_at(store, category, EVIDENCE_LOCAL, key, g_get_real_time() / G_USEC_PER_SEC);
}

static void
test_delivered(void)
{
	g_autofree char *url = fixture_database();
	g_autofree char *milter = fixture_url_as(url, "retour_milter");
	Store *store = fixture_store(milter);
	int64_t today = g_get_real_time() / G_USEC_PER_SEC; /* for all steps: some are of the same second */

	for (size_t i = 0; i < G_N_ELEMENTS(steps); i++) {
		const struct Step *step = &steps[i];
		Recorded recorded =
			tell_at(store, step->category, step->evidence, step->key, today - step->days_ago * DAY);
		g_autofree char *in_force = fixture_text(url,
			"select string_agg(target || ' ' || scope, ',' order by target, scope) from blacklist_now");

		g_test_message("%s", step->key);
		g_assert_cmpuint(recorded.listed, ==, step->listed);
		g_assert_cmpuint(recorded.released, ==, step->released);
		g_assert_cmpstr(in_force, ==, step->in_force);
	}
	g_autofree char *trail =
		fixture_text(url, "select string_agg(action, ' ' order by xid, id) from audit where scope = '*'");

	g_assert_cmpstr(trail, ==, "list release list release renew");
	g_assert_cmpint(
		fixture_number(url, "select strikes from blacklist where target = 'anna@example.org' and scope = '*'"),
		==, 2);
	store_close(store);
}

static void
test_manual(void)
{
	g_autofree char *url = fixture_database();
	Store *store = fixture_store(url);

	fixture_run(
		url, "select blacklist_add('anna@example.org', '*', 'user_unknown', 'said so', null, null, 'test')");
	g_assert_cmpuint(tell(store, CATEGORY_DELIVERED, "a").released, ==, 0);
	g_assert_cmpint(fixture_number(url, "select count(*) from blacklist_now"), ==, 1);
	store_close(store);
}

/* Mail that arrives at a domain forgets the strikes of the domain, and a row without strikes is not written again. */
static void
test_domain_strikes(void)
{
	g_autofree char *url = fixture_database();
	Store *store = fixture_store(url);

	fixture_run(url, "insert into strikes (last_at, window_days, target, scope, category, days)"
			 " values (now(), 30, '@example.org', '*', 'domain_not_found', array[current_date])");
	tell(store, CATEGORY_DELIVERED, "a");
	g_assert_cmpint(fixture_number(url, "select cardinality(days) from strikes"), ==, 0);
	g_autofree char *before = fixture_text(url, "select xmin from strikes");

	tell(store, CATEGORY_DELIVERED, "b");
	g_autofree char *after = fixture_text(url, "select xmin from strikes");

	g_assert_cmpstr(before, ==, after);
	store_close(store);
}

/* A failure and the delivery that contradicts it, in one report: listed, and released at once. */
static void
test_in_one_batch(void)
{
	g_autofree char *url = fixture_database();
	Store *store = fixture_store(url);
	g_autoptr(Sample) failed = sample_new(CATEGORY_USER_UNKNOWN, "anna@example.org", "a");
	g_autoptr(Sample) arrived = sample_new(CATEGORY_DELIVERED, "anna@example.org", "b");
	Finding both[] = { failed->finding, arrived->finding };
	g_autoptr(GError) error = NULL;
	Recorded recorded;

	failed->submission.findings = both;
	failed->submission.finding_count = 2;
	g_assert_true(store_record(store, &failed->submission, &recorded, &error));
	g_assert_cmpuint(recorded.listed, ==, 1);
	g_assert_cmpuint(recorded.released, ==, 0); /* the same second: nobody knows which was first */
	g_assert_cmpint(fixture_number(url, "select count(*) from blacklist_now"), ==, 1);
	store_close(store);
}

static char *
probe(Blacklist *blacklist)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) domains = probes_take(blacklist, 10, &error);

	g_assert_no_error(error);
	g_assert_cmpuint(domains->len, <=, 1);
	return g_strdup(domains->len == 0 ? "" : g_ptr_array_index(domains, 0));
}

static void
test_probes(void)
{
	g_autofree char *url = fixture_database();
	g_autofree char *admin = fixture_url_as(url, "retour_admin");
	Store *store = fixture_store(url);
	StoreSettings settings = { .url = admin };
	g_autoptr(GError) error = NULL;
	Blacklist *blacklist = blacklist_open(&settings, 1, 5000, &error);
	g_autofree char *early = NULL, *due = NULL, *again = NULL;
	unsigned released;

	g_assert_no_error(error);
	tell(store, CATEGORY_DOMAIN_NOT_FOUND, "a");
	early = probe(blacklist);
	g_assert_cmpstr(early, ==, "");
	fixture_run(url, "update blacklist set probe_at = now() - interval '1 second'");
	due = probe(blacklist);
	g_assert_cmpstr(due, ==, "example.org");
	again = probe(blacklist); /* handed out once */
	g_assert_cmpstr(again, ==, "");
	g_assert_true(probes_answer(blacklist, "example.org", "MX mail.example.org", &released, &error));
	g_assert_cmpuint(released, ==, 1);
	g_assert_true(probes_answer(blacklist, "example.org", "MX mail.example.org", &released, &error));
	g_assert_cmpuint(released, ==, 0);
	g_assert_cmpint(fixture_number(url, "select count(*) from blacklist_now"), ==, 0);
	g_assert_cmpint(fixture_number(url, "select count(*) from audit where action = 'release' and reason ="
					    " 'the domain takes mail again: MX mail.example.org'"),
		==, 1);
	/* A person's entry in its place is left alone. */
	fixture_run(url, "select blacklist_add('@example.org', '*', 'policy_other', 'said so', null, null, 'test')");
	g_assert_true(probes_answer(blacklist, "example.org", "MX mail.example.org", &released, &error));
	g_assert_cmpuint(released, ==, 0);
	g_assert_cmpint(fixture_number(url, "select count(*) from blacklist_now"), ==, 1);
	blacklist_close(blacklist);
	store_close(store);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	if (!fixture_present())
		return 0;
	g_test_add_func("/release/delivered", test_delivered);
	g_test_add_func("/release/manual", test_manual);
	g_test_add_func("/release/domain-strikes", test_domain_strikes);
	g_test_add_func("/release/in-one-batch", test_in_one_batch);
	g_test_add_func("/release/probes", test_probes);
	return g_test_run();
}
