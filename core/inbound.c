#include "inbound.h"

#include <glib.h>

static const char *const outcomes[] = {
	[OUTCOME_NOT_A_REPORT] = "not-a-report",
	[OUTCOME_RECORDED] = "recorded",
	[OUTCOME_RETRY] = "retry",
	[OUTCOME_UNREADABLE] = "unreadable",
};

const char *
outcome_name(Outcome outcome)
{
	g_assert(outcome < G_N_ELEMENTS(outcomes));
	return outcomes[outcome];
}
