#include "reputation_out.h"

#include "app.h"
#include "cells.h"

static const Column columns[] = {
	{ "STANDING", 15, 16, false },
	{ "WHO", 18, 36, false },
	{ "SENT", 7, 11, false },
	{ "HARD BOUNCES", 20, 32, false },
	{ "COMPLAINTS", 20, 32, false },
	{ 0 },
};

/* Two digits that mean something, whatever the size. */
static char *
percent(double rate)
{
	double value = rate * 100;

	return g_strdup_printf(value >= 10 ? "%.0f" : value >= 1 ? "%.1f" : value >= 0.1 ? "%.2f" : "%.3f", value);
}

char *
rate_text(const Rate *rate)
{
	g_autofree char *value = percent(rate_value(rate)), *low = percent(rate->low), *high = percent(rate->high);

	if (rate->trials == 0)
		return g_strdup("-");
	if (rate->hits == 0)
		return g_strdup_printf("none (below %s %%)", high);
	return g_strdup_printf("%s %% (%s-%s)", value, low, high);
}

static char *
rate_and_trend(const Rate *rate, Trend trend)
{
	g_autofree char *text = rate_text(rate);

	return trend == TREND_STEADY ? g_steal_pointer(&text) : g_strdup_printf("%s %s", text, trend_name(trend));
}

static void
print_row(const Cells *cells, GString *out, const Reputation *reputation)
{
	g_autofree char *sent = g_strdup_printf("%" G_GINT64_FORMAT, reputation->now.sent);
	g_autofree char *bounces = rate_and_trend(&reputation->hard_bounces, reputation->hard_bounces_trend);
	g_autofree char *complaints = rate_and_trend(&reputation->complaints, reputation->complaints_trend);

	cells_row(cells, out,
		(const char *const[]){ standing_name(reputation->standing),
			reputation->subject == SUBJECT_SERVICE ? "(all)" : reputation->name, sent, bounces,
			complaints });
}

static void
print_subject(const Cells *cells, GString *out, const GPtrArray *found, ReputationSubject subject, const char *title,
	int64_t limit)
{
	int64_t shown = 0, left = 0;

	for (unsigned i = 0; i < found->len; i++) {
		const Reputation *reputation = g_ptr_array_index(found, i);

		if (reputation->subject != subject)
			continue;
		if (shown == 0)
			g_string_append_printf(out, "\n%s, worst first\n", title);
		if (shown < limit) {
			print_row(cells, out, reputation);
			shown++;
		} else {
			left++;
		}
	}
	if (left > 0)
		g_string_append_printf(out, "and %" G_GINT64_FORMAT " more; --limit shows them\n", left);
}

void
reputations_print(const GPtrArray *found, ReputationWindow window, int64_t limit)
{
	g_autoptr(Cells) cells = cells_new(columns, cells_terminal_width());
	g_autoptr(GString) out = g_string_new(NULL);

	app_say("The last %s, in whole hours or days and the one under way; trends against the %s before\n",
		reputation_windows[window], reputation_windows[window]);
	cells_titles(cells, out);
	if (found->len > 0)
		print_row(cells, out, g_ptr_array_index(found, 0));
	print_subject(cells, out, found, SUBJECT_PROVIDER, "Providers", limit);
	print_subject(cells, out, found, SUBJECT_SENDER, "Sender domains", limit);
	app_say("%s", out->str);
}
