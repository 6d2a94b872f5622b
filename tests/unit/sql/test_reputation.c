#include "reputation.h"

#include "category.h"
#include "sql_fixture.h"

#include <math.h>
#include <string.h>

#define NOW INT64_C(1795458400) /* 2026-11-23 18:26:40 UTC */
#define HOUR 3600
#define DAY (24 * HOUR)

static Blacklist *
open_lists(const char *url)
{
	g_autofree char *copy = g_strdup(url);
	StoreSettings settings = { .url = copy };
	g_autoptr(GError) error = NULL;
	Blacklist *blacklist = blacklist_open(&settings, 1, 60000, &error);

	g_assert_no_error(error);
	return blacklist;
}

static void
count(const char *url, int64_t at, const char *provider, const char *sender, const char *category, int n, int verified)
{
	g_autofree char *sql = g_strdup_printf(
		"insert into counters (hour, provider, sender_domain, category, shard, n, verified) values"
		" (date_trunc('hour', to_timestamp(%" G_GINT64_FORMAT
		"), 'UTC'), '%s', '%s', '%s', (random() * 30000)::int, %d, %d)",
		at, provider, sender, category, n, verified);

	fixture_run(url, sql);
}

static GPtrArray *
read_window(Blacklist *blacklist, ReputationWindow window, const char *provider, const char *sender)
{
	ReputationQuery query = { .window = window, .until = NOW, .provider = provider, .sender_domain = sender };
	ReputationSettings settings = { 0 };
	g_autoptr(GError) error = NULL;
	GPtrArray *found;

	reputation_settings_read(NULL, &settings, &error);
	g_assert_no_error(error);
	found = reputation_read(blacklist, &query, &settings, &error);
	g_assert_no_error(error);
	settings_clear(reputation_settings, &settings);
	return found;
}

static unsigned
place_of(const GPtrArray *found, ReputationSubject subject, const char *name)
{
	unsigned i = 0;

	for (; i < found->len; i++) {
		const Reputation *reputation = g_ptr_array_index(found, i);

		if (reputation->subject == subject && strcmp(reputation->name, name) == 0)
			break;
	}
	return i;
}

static bool
has(const GPtrArray *found, ReputationSubject subject, const char *name)
{
	return place_of(found, subject, name) < found->len;
}

static const Reputation *
find(const GPtrArray *found, ReputationSubject subject, const char *name)
{
	g_assert_true(has(found, subject, name));
	return found->pdata[place_of(found, subject, name)];
}

/* SQL and C say the same of every category, and of every rate. */
static void
test_same_words(void)
{
	g_autofree char *url = fixture_database();
	int hard = 0, bounced = 0;

	for (Category i = 0; i < CATEGORY_COUNT; i++) {
		g_autofree char *sql = g_strdup_printf("select category_class('%s')", category_name(i));
		g_autofree char *class = fixture_text(url, sql);
		const char *wanted = category_is_final(i)                                   ? "hard"
				     : i == CATEGORY_COMPLAINT_SPAM                         ? "complaint"
				     : i == CATEGORY_DELIVERED                              ? "delivered"
				     : i == CATEGORY_UNDETERMINED                           ? "bounced"
				     : category_disposition(i) == DISPOSITION_COMPLAINT     ? "other"
				     : category_disposition(i) == DISPOSITION_INFORMATIONAL ? "other"
											    : "bounced";

		g_test_message("%s", category_name(i));
		g_assert_cmpstr(class, ==, wanted);
		hard += strcmp(wanted, "hard") == 0;
		bounced += strcmp(wanted, "bounced") == 0;
		count(url, NOW, "google", "shop.example", category_name(i), 1, 1);
	}
	g_autofree char *counted =
		fixture_text(url, "select concat_ws(' ', hard, bounced, complaints, delivered, sent) from"
				  " reputation_counts('hour', 1, to_timestamp(1795458400)) where subject = 'service'");
	g_autofree char *all = g_strdup_printf("%d %d 1 1 0", hard, bounced);

	g_assert_cmpstr(counted, ==, all);
}

static void
test_same_bounds(void)
{
	g_autofree char *url = fixture_database();

	for (int64_t trials = 0; trials < 100000; trials = trials * 7 + 1)
		for (int64_t hits = 0; hits <= trials + 1; hits = hits * 3 + 1) {
			Rate rate = rate_make(hits, trials);
			g_autofree char *sql = g_strdup_printf("select abs(rate_low(%d, %d) - %.17g) < 1e-12 and "
							       "abs(rate_high(%d, %d) - %.17g) < 1e-12",
				(int)hits, (int)trials, rate.low, (int)hits, (int)trials, rate.high);
			g_autofree char *same = fixture_text(url, sql);

			g_test_message("%s", sql);
			g_assert_cmpstr(same, ==, "t");
		}
}

/* What lies in a window, what in the one before, and what in neither. */
static void
test_windows(void)
{
	static const struct {
		int64_t ago;
		int in_hour, in_day, in_week; /* 1 now, -1 before, 0 neither */
	} cases[] = {
		{ 0, 1, 1, 1 },
		{ HOUR, 1, 1, 1 },
		{ 2 * HOUR, -1, 1, 1 },
		{ 3 * HOUR, 0, 1, 1 },
		{ 24 * HOUR, 0, 1, 1 },
		{ 25 * HOUR, 0, -1, 1 },
		{ 48 * HOUR, 0, -1, 1 },
		{ 49 * HOUR, 0, 0, 1 },
		{ 7 * DAY + 18 * HOUR, 0, 0, 1 },
		{ 7 * DAY + 19 * HOUR, 0, 0, -1 },
		{ 14 * DAY + 18 * HOUR, 0, 0, -1 },
		{ 14 * DAY + 19 * HOUR, 0, 0, 0 },
		{ -HOUR, 0, 0, 0 },
	};
	g_autofree char *url = fixture_database();
	Blacklist *blacklist = open_lists(url);

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		const int wanted[WINDOW_COUNT] = { cases[i].in_hour, cases[i].in_day, cases[i].in_week };

		fixture_run(url, "truncate counters");
		count(url, NOW - cases[i].ago, "google", "shop.example", "sent", 10, 10);
		for (unsigned window = 0; window < WINDOW_COUNT; window++) {
			g_autoptr(GPtrArray) found = read_window(blacklist, window, NULL, NULL);
			const Reputation *service = find(found, SUBJECT_SERVICE, "");

			g_test_message("%d h ago in %s", (int)(cases[i].ago / HOUR), reputation_windows[window]);
			g_assert_cmpint(service->now.sent, ==, wanted[window] == 1 ? 10 : 0);
			g_assert_cmpint(service->before.sent, ==, wanted[window] == -1 ? 10 : 0);
		}
	}
	blacklist_close(blacklist);
}

static void
fill(const char *url)
{
	count(url, NOW, "google", "shop.example", "sent", 5000, 5000);
	count(url, NOW, "google", "shop.example", "user_unknown", 10, 8);
	count(url, NOW, "google", "shop.example", "complaint_spam", 40, 40);
	count(url, NOW, "google", "shop.example", "deferred", 7, 7);
	count(url, NOW, "google", "shop.example", "delivered", 30, 30);
	count(url, NOW, "google", "news.example", "sent", 5000, 5000);
	count(url, NOW, "tenant.example", "news.example", "sent", 300, 300);
	count(url, NOW, "tenant.example", "news.example", "user_unknown", 30, 30);
	count(url, NOW, "tenant.example", "news.example", "mailbox_full", 3, 3);
	count(url, NOW, "tenant.example", "news.example", "auto_reply", 9, 9);
	count(url, NOW, "other", "", "user_unknown", 500, 0);
	count(url, NOW, "typo.example", "news.example", "sent", 1, 1);
	count(url, NOW, "typo.example", "news.example", "domain_not_found", 1, 1);
	count(url, NOW - 2 * HOUR, "tenant.example", "news.example", "sent", 300, 300);
	fixture_run(url, "insert into provider_domains (domain, provider, source) values ('tenant.example', "
			 "'microsoft365', 'dns'),"
			 " ('typo.example', '', '')");
}

static void
test_rates(void)
{
	g_autofree char *url = fixture_database();
	Blacklist *blacklist = open_lists(url);
	g_autoptr(GPtrArray) found = (fill(url), read_window(blacklist, WINDOW_1H, NULL, NULL));
	g_autoptr(GPtrArray) day = read_window(blacklist, WINDOW_24H, NULL, NULL);
	g_autoptr(GPtrArray) some = read_window(blacklist, WINDOW_1H, "microsoft365", NULL);
	const Reputation *service = find(found, SUBJECT_SERVICE, "");
	const Reputation *google = find(found, SUBJECT_PROVIDER, "google");
	const Reputation *tenant = find(found, SUBJECT_PROVIDER, "microsoft365");
	const Reputation *typo = find(found, SUBJECT_PROVIDER, "typo.example");

	g_assert_cmpint(service->now.sent, ==, 10301);
	g_assert_cmpint(service->now.hard, ==, 39);
	g_assert_cmpint(service->now.unverified, ==, 502);
	g_assert_cmpint(google->now.hard, ==, 8);
	g_assert_cmpint(google->now.deferred, ==, 7);
	g_assert_cmpint(google->now.delivered, ==, 30);
	g_assert_cmpint(google->complaints_standing, ==, STANDING_WATCH); /* 0.4 %, 0.29 % at least */
	g_assert_cmpint(google->hard_bounces_standing, ==, STANDING_GOOD);
	g_assert_cmpint(tenant->now.hard, ==, 30);
	g_assert_cmpint(tenant->now.bounced, ==, 3);
	g_assert_cmpint(tenant->standing, ==, STANDING_BAD);
	g_assert_cmpint(tenant->hard_bounces_trend, ==, TREND_RISING);
	g_assert_cmpint(tenant->before.sent, ==, 300);
	g_assert_cmpint(typo->standing, ==, STANDING_UNKNOWN);
	g_assert_false(has(found, SUBJECT_PROVIDER, "tenant.example"));
	g_assert_false(has(found, SUBJECT_SENDER, ""));
	g_assert_cmpint(find(found, SUBJECT_SENDER, "news.example")->now.sent, ==, 5301);
	g_assert_cmpint(find(day, SUBJECT_PROVIDER, "microsoft365")->now.sent, ==, 600);
	/* Worst first, the service before all. */
	g_assert_true(g_ptr_array_index(found, 0) == service);
	g_assert_true(g_ptr_array_index(found, 1) == tenant);
	g_assert_true(g_ptr_array_index(found, 2) == google);
	/* Of one provider: itself, and who mails it. */
	g_assert_cmpint(find(some, SUBJECT_SERVICE, "")->now.sent, ==, 300);
	g_assert_false(has(some, SUBJECT_PROVIDER, "google"));
	g_assert_false(has(some, SUBJECT_SENDER, "shop.example"));
	g_assert_cmpint(find(some, SUBJECT_SENDER, "news.example")->now.hard, ==, 30);
	blacklist_close(blacklist);
}

/* Another provider for a domain moves its past along; nothing is lost on the way. */
static void
test_correction(void)
{
	g_autofree char *url = fixture_database();
	g_autofree char *support = fixture_url_as(url, "retour_support");
	Blacklist *blacklist = open_lists(url);

	fill(url);
	fixture_run(support, "select provider_set('Tenant.Example', 'google')");
	g_autoptr(GPtrArray) found = read_window(blacklist, WINDOW_24H, NULL, NULL);
	g_assert_cmpint(find(found, SUBJECT_PROVIDER, "google")->now.sent, ==, 10600);
	g_assert_cmpint(find(found, SUBJECT_PROVIDER, "google")->now.hard, ==, 38);
	g_assert_false(has(found, SUBJECT_PROVIDER, "microsoft365"));
	fixture_run(support, "select provider_set('tenant.example', null)");
	g_autoptr(GPtrArray) again = read_window(blacklist, WINDOW_24H, NULL, NULL);
	g_assert_cmpint(find(again, SUBJECT_PROVIDER, "tenant.example")->now.sent, ==, 600);
	blacklist_close(blacklist);
}

/* Days have what hours had; a second time, and a late event, change nothing and lose nothing. */
static void
test_roll_up(void)
{
	g_autofree char *url = fixture_database();
	Blacklist *blacklist = open_lists(url);
	g_autofree char *sums = g_strdup("select string_agg(concat_ws(' ', day, provider, sender_domain, category, n, "
					 "verified), ',' order by day, provider,"
					 " sender_domain, category) from counters_daily where n <> 0 or verified <> 0");
	bool moved;
	int calls = 0;

	fixture_run(url, "insert into counters (hour, provider, sender_domain, category, shard, n, verified)"
			 " select date_trunc('hour', now(), 'UTC') - h * interval '1 hour', 'p' || p, 's' || h % 3, c, "
			 "shard, h + shard, h"
			 " from generate_series(0, 200) h, generate_series(1, 3) p, generate_series(0, 2) shard,"
			 " unnest(array['sent', 'user_unknown', 'deferred']) c");
	fixture_run(url, "insert into counters select hour, -n, -verified, shard + 10, provider, sender_domain, "
			 "category from counters"
			 " where provider = 'p1' and category = 'deferred'");
	g_autofree char *before = fixture_text(url, sums);
	int64_t rows = fixture_number(url, "select count(*) from counters");
	for (moved = true; moved; calls++) {
		g_autoptr(GError) error = NULL;

		counters_roll_up(blacklist, &moved, &error);
		g_assert_no_error(error);
		if (calls == 20)
			fixture_run(url, "insert into counters select min(hour) - interval '30 hours', 5, 4, 1, "
					 "'late', 's', 'sent' from counters");
	}
	g_autofree char *late =
		fixture_text(url, "select n || ' ' || verified from counters_daily where provider = 'late'");
	g_assert_cmpstr(late, ==, "5 4");
	fixture_run(url, "delete from counters_days where provider = 'late'");
	g_autofree char *without_late = fixture_text(url, sums);
	g_assert_cmpstr(before, ==, without_late);
	g_assert_cmpint(calls, >, 100);
	g_assert_cmpint(fixture_number(url, "select count(*) from counters"), <, rows / 2);
	g_assert_cmpint(fixture_number(url, "select count(*) from counters where hour < date_trunc('day', now(), "
					    "'UTC') - interval '3 days'"),
		==, 0);
	g_assert_cmpint(fixture_number(url, "select count(*) from counters_days where n = 0"), ==, 0);
	blacklist_close(blacklist);
}

/* A week reads the same before and after its days were rolled up. */
static void
test_week_of_days(void)
{
	g_autofree char *url = fixture_database();
	const char *week = "select string_agg(c::text, ' ' order by c::text) from reputation_counts('day', 7) c";
	g_autofree char *before = NULL, *after = NULL;
	Blacklist *blacklist = open_lists(url);
	bool moved = true;

	fixture_run(url,
		"insert into counters (hour, provider, sender_domain, category, shard, n, verified)"
		" select date_trunc('hour', now(), 'UTC') - h * interval '1 hour', 'p' || h % 5, 's', c, 0, h + 1, h"
		" from generate_series(0, 400) h, unnest(array['sent', 'user_unknown']) c");
	before = fixture_text(url, week);
	while (moved) {
		g_autoptr(GError) error = NULL;

		counters_roll_up(blacklist, &moved, &error);
		g_assert_no_error(error);
	}
	after = fixture_text(url, week);
	g_assert_cmpstr(before, ==, after);
	g_assert_cmpint(strlen(after), >, 100);
	blacklist_close(blacklist);
}

/* What support reads: the same figures, with bounds. */
static void
test_views(void)
{
	g_autofree char *url = fixture_database();
	g_autofree char *support = fixture_url_as(url, "retour_support");
	int64_t shift = g_get_real_time() / G_USEC_PER_SEC - NOW;

	fill(url);
	g_autofree char *sql = g_strdup_printf(
		"update counters set hour = date_trunc('hour', hour + %d * interval '1 second', 'UTC')", (int)shift);
	fixture_run(url, sql);
	g_autofree char *row =
		fixture_text(support, "select concat_ws(' ', sent, hard, bounced, complaints, round(hard_low::numeric, "
				      "3), round(hard_high::numeric, 3)) from"
				      " provider_reputation where period = '7d' and provider = 'microsoft365'");
	g_autofree char *sender =
		fixture_text(support, "select concat_ws(' ', sent, hard, complaints) from sender_reputation where "
				      "period = '7d' and sender_domain = 'shop.example'");
	g_assert_cmpstr(row, ==, "600 30 3 0 0.035 0.070");
	g_assert_cmpstr(sender, ==, "5000 8 40");
	g_assert_cmpint(fixture_number(support,
				"select count(distinct period) from provider_reputation where provider = 'google'"),
		==, 3);
}

static void
test_settings(void)
{
	static const char *const bad[] = { "complaints: 0.1%", "complaints: [0.3%, 0.1%]", "hard_bounces: [2, 5]",
		"hard_bounces: [0%, 5%]", "hard_bounces: [2%, 100%]", "alert_window: 2h", "least_sent: 0",
		"nonsense: 1" };
	g_autoptr(GError) error = NULL;
	const char *good = "complaints: [0.05 %, 0.2%]\nleast_sent: 7\n";
	g_autoptr(YamlFile) file = yaml_file_parse("f", good, strlen(good), &error);
	ReputationSettings settings = { 0 };

	g_assert_true(reputation_settings_read(yaml_file_root(file), &settings, &error));
	g_assert_cmpfloat(fabs(settings.complaints.watch - 0.0005), <, 1e-9);
	g_assert_cmpfloat(fabs(settings.complaints.bad - 0.002), <, 1e-9);
	g_assert_cmpfloat(fabs(settings.hard_bounces.bad - 0.05), <, 1e-9);
	g_assert_cmpint(settings.hard_bounces.least_trials, ==, 7);
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(GError) problem = NULL;
		g_autoptr(YamlFile) wrong = yaml_file_parse("f", bad[i], strlen(bad[i]), NULL);

		g_test_message("%s", bad[i]);
		g_assert_false(reputation_settings_read(yaml_file_root(wrong), &settings, &problem));
		g_assert_error(problem, RETOUR_ERROR, ERROR_CONFIG);
		g_assert_true(g_str_has_prefix(problem->message, "f:1: "));
	}
	settings_clear(reputation_settings, &settings);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	if (!fixture_present())
		return 0;
	g_test_add_func("/reputation/settings", test_settings);
	g_test_add_func("/reputation/same-words", test_same_words);
	g_test_add_func("/reputation/same-bounds", test_same_bounds);
	g_test_add_func("/reputation/windows", test_windows);
	g_test_add_func("/reputation/rates", test_rates);
	g_test_add_func("/reputation/correction", test_correction);
	g_test_add_func("/reputation/roll-up", test_roll_up);
	g_test_add_func("/reputation/week-of-days", test_week_of_days);
	g_test_add_func("/reputation/views", test_views);
	return g_test_run();
}
