#include "disposal.h"

#include <glib.h>

typedef struct Case {
	const char *name;
	Outcome outcome;
	bool discard;
	size_t ours, others;
	Disposal disposal;
} Case;

static const Case cases[] = {
	{ "recorded", OUTCOME_RECORDED, true, 1, 0, DISPOSAL_DISCARD },
	{ "recorded-several-of-ours", OUTCOME_RECORDED, true, 3, 0, DISPOSAL_DISCARD },
	{ "recorded-mixed", OUTCOME_RECORDED, true, 1, 2, DISPOSAL_DELETE_OURS },
	{ "recorded-of-others-alone", OUTCOME_RECORDED, true, 0, 1, DISPOSAL_PASS },
	{ "recorded-accept", OUTCOME_RECORDED, false, 1, 0, DISPOSAL_PASS },
	{ "recorded-accept-mixed", OUTCOME_RECORDED, false, 1, 1, DISPOSAL_PASS },
	{ "no-report", OUTCOME_NOT_A_REPORT, true, 1, 0, DISPOSAL_PASS },
	{ "no-report-mixed", OUTCOME_NOT_A_REPORT, true, 1, 1, DISPOSAL_PASS },
	{ "unreadable", OUTCOME_UNREADABLE, true, 1, 0, DISPOSAL_PASS },
	{ "retry", OUTCOME_RETRY, true, 1, 0, DISPOSAL_TEMPFAIL },
	{ "retry-accept", OUTCOME_RETRY, false, 1, 0, DISPOSAL_TEMPFAIL },
	{ "retry-of-others-alone", OUTCOME_RETRY, true, 0, 1, DISPOSAL_TEMPFAIL },
};

static void
test_disposal(gconstpointer data)
{
	const Case *c = data;

	g_assert_cmpint(disposal_of(c->outcome, c->discard, c->ours, c->others), ==, c->disposal);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strdup_printf("/disposal/%s", cases[i].name);

		g_test_add_data_func(path, &cases[i], test_disposal);
	}
	return g_test_run();
}
