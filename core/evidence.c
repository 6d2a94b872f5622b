#include "evidence.h"

#include "names.h"

#include <glib.h>

static const char *const grades[] = {
	[EVIDENCE_IN_SESSION] = "in_session",
	[EVIDENCE_LOCAL] = "local",
	[EVIDENCE_SIGNED] = "signed",
	[EVIDENCE_REPORTER] = "reporter",
	[EVIDENCE_KNOWN_MESSAGE] = "known_message",
	[EVIDENCE_UNVERIFIED] = "unverified",
};

const char *
evidence_name(Evidence evidence)
{
	g_assert(evidence < G_N_ELEMENTS(grades));
	return grades[evidence];
}

bool
evidence_parse(const char *name, Evidence *ret_evidence)
{
	return names_find(grades, G_N_ELEMENTS(grades), name, ret_evidence);
}
