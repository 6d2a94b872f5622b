#ifndef RETOUR_RULE_TRACE_H
#define RETOUR_RULE_TRACE_H

#include "classifier.h"

#include <json-glib/json-glib.h>

/* How one text became a verdict: the rules that matched, best first, and why the first of them won. */
typedef struct RuleTrace {
	Verdict verdict;
	GArray *candidates; /* Candidate */
} RuleTrace;

/* Borrows from the classifier. provider: "" for any. */
RuleTrace *rule_trace_new(const Classifier *classifier, const char *text, const char *provider);
void rule_trace_free(RuleTrace *trace);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RuleTrace, rule_trace_free)

void rule_trace_print(const RuleTrace *trace);
void rule_trace_print_candidates(const RuleTrace *trace);
/* Owned by the caller. */
JsonObject *rule_trace_json(const RuleTrace *trace);

#endif
