#include "category.h"
#include "evidence.h"
#include "metric_info.h"
#include "metrics.h"

#include <pthread.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define THREADS 8
#define COUNTS 20000

static const unsigned all_areas = AREA_SERVICE | AREA_LISTENER | AREA_INTAKE | AREA_GATE | AREA_OUTGOING | AREA_MIRROR
				  | AREA_MAILBOX | AREA_WATCH | AREA_DATABASE;

/* Conventions: https://prometheus.io/docs/practices/naming/ */
static void
test_names(void)
{
	for (Metric metric = 0; metric < METRIC_COUNT; metric++) {
		const MetricInfo *info = metric_info(metric);

		g_assert_true(g_str_has_prefix(info->name, "retour_"));
		g_assert_cmpint(g_str_has_suffix(info->name, "_total"), ==, info->type == TYPE_COUNTER);
		g_assert_cmpint(g_str_has_suffix(info->name, "_info"), ==, info->type == TYPE_HASH);
		g_assert_true(info->type != TYPE_SECONDS || g_str_has_suffix(info->name, "_seconds"));
		g_assert_null(strpbrk(info->help, "\n\\"));
		for (Metric other = 0; other < metric; other++)
			g_assert_cmpstr(info->name, !=, metric_info(other)->name);
		for (unsigned i = 0; i < METRIC_LABELS && info->labels[i].name != NULL; i++)
			for (unsigned k = 0; k < info->labels[i].count; k++)
				g_assert_cmpstr(info->labels[i].value(k), !=, "");
	}
}

static void
assert_line(Metrics *metrics, const char *line)
{
	g_autofree char *page = metrics_show(metrics);
	g_autofree char *whole = g_strdup_printf("\n%s\n", line);

	if (strstr(page, whole) == NULL)
		g_error("no line '%s' in:\n%s", line, page);
}

static void
test_page(void)
{
	g_autoptr(Metrics) metrics = metrics_new("1.2", AREA_WATCH);
	Meter *listener = metrics_meter_of(metrics, AREA_LISTENER | AREA_INTAKE, "listener", "a \"b\" \\c\nd");
	static const char escaped[] = "listener=\"a \\\"b\\\" \\\\c\\nd\"";
	GString *text = g_string_new(NULL);

	meter_count_as_both(listener, METRIC_EVENTS, CATEGORY_MAILBOX_FULL, EVIDENCE_SIGNED);
	meter_count_as_both(listener, METRIC_EVENTS, CATEGORY_MAILBOX_FULL, EVIDENCE_SIGNED);
	meter_count(listener, METRIC_LISTENER_STARTS);
	meter_add(listener, METRIC_ENTRIES, ENTRY_HELD, 7);
	meter_set(listener, METRIC_RULE_SET, 0x12ab);
	meter_count(listener, METRIC_REDIS_CONNECTS); /* not one of its areas */
	metrics_family(text, "retour_more", "gauge", "More");
	metrics_line(text, "retour_more", 0.25, "x", "1", "y", "\"", NULL);
	metrics_publish(metrics, g_string_free(text, FALSE));

	assert_line(metrics, "retour_build_info{version=\"1.2\"} 1");
	assert_line(metrics, "# TYPE retour_events_total counter");
	assert_line(metrics, "retour_watch_failed_rounds_total 0");
	assert_line(metrics, "retour_more{x=\"1\",y=\"\\\"\"} 0.25");
	for (unsigned i = 0; i < 4; i++) {
		static const char *const lines[] = {
			"retour_events_total{%s,category=\"mailbox_full\",evidence=\"signed\"} 2",
			"retour_listener_starts_total{%s} 1", "retour_blacklist_changes_total{%s,change=\"held\"} 7",
			"retour_rule_set_info{%s,hash=\"00000000000012ab\"} 1"
		};
		g_auto(GStrv) parts = g_strsplit(lines[i], "%s", 2);
		g_autofree char *line = g_strjoinv(escaped, parts);

		assert_line(metrics, line);
	}
	g_autofree char *page = metrics_show(metrics);

	g_assert_null(strstr(page, "user_unknown")); /* of large tables only what was counted */
	g_assert_null(strstr(page, "retour_redis"));
}

static void
test_seconds(void)
{
	static const struct {
		int64_t microseconds;
		const char *first; /* bucket that has it */
	} cases[] = { { -5, "0.001000" }, { 0, "0.001000" }, { 1000, "0.001000" }, { 1001, "0.002500" },
		{ 10000000, "10.000000" }, { 10000001, "+Inf" }, { INT64_C(3600000000), "+Inf" } };

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Metrics) metrics = metrics_new("1", AREA_INTAKE);
		bool reached = false;

		meter_time(metrics_meter(metrics), METRIC_COMMIT_SECONDS, cases[i].microseconds);
		for (unsigned k = 0; k <= METRIC_BOUNDS; k++) {
			g_autofree char *bound =
				k == METRIC_BOUNDS ? g_strdup("+Inf") : g_strdup_printf("%.6f", metric_bounds[k] / 1e6);
			reached = reached || strcmp(bound, cases[i].first) == 0;
			g_autofree char *line =
				g_strdup_printf("retour_commit_seconds_bucket{le=\"%s\"} %d", bound, reached);

			assert_line(metrics, line);
		}
		assert_line(metrics, "retour_commit_seconds_count 1");
		g_autofree char *sum =
			g_strdup_printf("retour_commit_seconds_sum %.6f", (double)MAX(cases[i].microseconds, 0) / 1e6);

		assert_line(metrics, sum);
	}
}

static void *
count_much(void *meter)
{
	for (unsigned i = 0; i < COUNTS; i++)
		meter_count_as_both(meter, METRIC_QUESTIONS, QUESTION_LISTED, BY_REDIS);
	return NULL;
}

static uint64_t
questions(const Meter *meter)
{
	return meter_read(meter, METRIC_QUESTIONS, QUESTION_LISTED * (BY_NOBODY + 1) + BY_REDIS);
}

/* Threads of a forked process count, and it is killed in the middle: what was counted is there, gauges are put right. */
static void
test_forked(void)
{
	Meter *meter = meter_new(all_areas);
	pthread_t threads[THREADS];
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		meter_set(meter, METRIC_IN_WORK, 3);
		for (unsigned i = 0; i < THREADS; i++)
			pthread_create(&threads[i], NULL, count_much, meter);
		for (unsigned i = 0; i < THREADS; i++)
			pthread_join(threads[i], NULL);
		kill(getpid(), SIGKILL);
	}
	g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
	g_assert_cmpuint(questions(meter), ==, THREADS * COUNTS);
	g_assert_cmpuint(meter_read(meter, METRIC_IN_WORK, 0), ==, 3);
	meter_clear_gauges(meter);
	g_assert_cmpuint(meter_read(meter, METRIC_IN_WORK, 0), ==, 0);
	g_assert_cmpuint(questions(meter), ==, THREADS * COUNTS);
	meter_free(meter);
}

static bool
is_second(const void *context, const char *value)
{
	(void)context;
	return strcmp(value, "second") == 0;
}

static void
test_kept(void)
{
	g_autoptr(Metrics) metrics = metrics_new("1", 0);

	meter_count(metrics_meter_of(metrics, AREA_MAILBOX, "mailbox", "first"), METRIC_MAILBOX_ERRORS);
	meter_count(metrics_meter_of(metrics, AREA_MAILBOX, "mailbox", "second"), METRIC_MAILBOX_ERRORS);
	metrics_keep(metrics, is_second, NULL);
	meter_count(metrics_meter_of(metrics, AREA_MAILBOX, "mailbox", "second"), METRIC_MAILBOX_ERRORS);
	assert_line(metrics, "retour_mailbox_errors_total{mailbox=\"second\"} 2");
	g_autofree char *page = metrics_show(metrics);

	g_assert_null(strstr(page, "first"));
}

static void
test_nowhere(void)
{
	meter_count(NULL, METRIC_IN_WORK);
	meter_count_as_both(NULL, METRIC_QUESTIONS, QUESTION_OPEN, BY_FILTER);
	meter_time(NULL, METRIC_COMMIT_SECONDS, 5);
	meter_set(NULL, METRIC_IN_WORK, 1);
	meter_clear_gauges(NULL);
	meter_free(NULL);
	metrics_free(NULL);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/metrics/names", test_names);
	g_test_add_func("/metrics/page", test_page);
	g_test_add_func("/metrics/seconds", test_seconds);
	g_test_add_func("/metrics/forked", test_forked);
	g_test_add_func("/metrics/kept", test_kept);
	g_test_add_func("/metrics/nowhere", test_nowhere);
	return g_test_run();
}
