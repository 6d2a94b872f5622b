#include "watch_metrics.h"

static int
by_sent(const void *a, const void *b)
{
	const Reputation *left = *(const Reputation *const *)a, *right = *(const Reputation *const *)b;

	return (left->now.sent < right->now.sent) - (left->now.sent > right->now.sent);
}

/* The service, and of each other subject the most. */
static GPtrArray *
choose(const GPtrArray *found)
{
	GPtrArray *chosen = g_ptr_array_new();
	unsigned counts[SUBJECT_SENDER + 1] = { 0 };
	g_autoptr(GPtrArray) sorted = g_ptr_array_new();

	for (unsigned i = 0; i < found->len; i++)
		g_ptr_array_add(sorted, found->pdata[i]);
	g_ptr_array_sort(sorted, by_sent);
	for (unsigned i = 0; i < sorted->len; i++) {
		const Reputation *reputation = sorted->pdata[i];

		if (counts[reputation->subject]++ < WATCH_METRICS_MOST)
			g_ptr_array_add(chosen, sorted->pdata[i]);
	}
	return chosen;
}

typedef struct Figure {
	const char *name, *help;
	double (*of)(const Reputation *reputation);
} Figure;

static double
standing_of(const Reputation *reputation)
{
	return reputation->standing;
}

static double
sent_of(const Reputation *reputation)
{
	return (double)reputation->now.sent;
}

static double
bounce_rate_of(const Reputation *reputation)
{
	return rate_value(&reputation->hard_bounces);
}

static double
complaint_rate_of(const Reputation *reputation)
{
	return rate_value(&reputation->complaints);
}

static const Figure figures[] = {
	{ "retour_reputation_standing", "Standing in alert_window: 0 too little data, 1 good, 2 watch, 3 bad",
		standing_of },
	{ "retour_reputation_sent_messages", "Mail sent in alert_window", sent_of },
	{ "retour_reputation_hard_bounce_ratio", "Hard bounces with evidence by mail sent, in alert_window",
		bounce_rate_of },
	{ "retour_reputation_complaint_ratio", "Complaints with evidence by mail sent, in alert_window",
		complaint_rate_of },
};

static void
append_reputation(GString *text, const GPtrArray *found)
{
	g_autoptr(GPtrArray) chosen = choose(found);

	for (unsigned i = 0; i < G_N_ELEMENTS(figures); i++) {
		const Figure *figure = &figures[i];

		metrics_family(text, figure->name, "gauge", figure->help);
		for (unsigned k = 0; k < chosen->len; k++) {
			const Reputation *reputation = chosen->pdata[k];

			metrics_line(text, figure->name, figure->of(reputation), "subject",
				reputation_subject_name(reputation->subject), "name", reputation->name, NULL);
		}
	}
}

static void
append_programmes(GString *text, const GArray *programmes)
{
	const char *last = "retour_programme_last_report_timestamp_seconds", *silent = "retour_programme_silent";

	metrics_family(text, last, "gauge", "When a feedback programme last sent a report, since the epoch");
	for (unsigned i = 0; i < programmes->len; i++) {
		const ProgrammeState *state = &g_array_index(programmes, ProgrammeState, i);

		metrics_line(text, last, (double)state->last_at, "programme", state->name, NULL);
	}
	metrics_family(text, silent, "gauge", "1: silent for much longer than usual");
	for (unsigned i = 0; i < programmes->len; i++) {
		const ProgrammeState *state = &g_array_index(programmes, ProgrammeState, i);

		metrics_line(text, silent, state->silent, "programme", state->name, NULL);
	}
}

char *
watch_metrics_text(const GPtrArray *found, const GArray *programmes, uint64_t alerts_waiting)
{
	GString *text = g_string_new(NULL);

	append_reputation(text, found);
	append_programmes(text, programmes);
	metrics_family(text, "retour_alerts_waiting", "gauge", "Alerts that wait to be told for more than ten minutes");
	metrics_line(text, "retour_alerts_waiting", (double)alerts_waiting, NULL);
	return g_string_free(text, FALSE);
}
