#ifndef RETOUR_CLASSIFIER_H
#define RETOUR_CLASSIFIER_H

#include "errors.h"
#include "providers.h"
#include "report.h"
#include "verdict.h"

/*
 * Rules to verdicts. Immutable once loaded and shared by threads; matching is pure.
 * The winner among matching rules: site before shipped, provider before generic, more conditions before fewer,
 * then file order. No rule: the enhanced code, then the reply code, judge with low confidence (codes are hints).
 */
typedef struct Classifier Classifier;

typedef struct ClassifierSettings {
	char **rule_dirs; /* shipped first, the site's own last; files *.yaml in name order */
	char *cache_dir;  /* compiled pattern databases, named by rule-set hash and library version; "" for none */
} ClassifierSettings;

/*
 * Loads, compiles and checks: every `eg` must be won by its rule, no `not` may be. ERROR_CONFIG with file:line otherwise;
 * nothing is loaded by halves. providers is borrowed and must outlive the classifier.
 */
Classifier *classifier_load(const ClassifierSettings *settings, const Providers *providers, GError **error);
void classifier_free(Classifier *classifier);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Classifier, classifier_free)

/* Never fails; the worst is CATEGORY_UNDETERMINED with low confidence. */
void classifier_judge(const Classifier *classifier, const Report *report, const Event *event, Verdict *ret_verdict);

/* SHA-256, hex, over all rule files. */
const char *classifier_hash(const Classifier *classifier);
size_t classifier_rule_count(const Classifier *classifier);

/* What a person wants to know of one judgement: all rules that matched, best first. */
typedef struct Candidate {
	const char *rule, *file;
	unsigned line;
	Category category;
	unsigned conditions;
} Candidate;

/* text: a reply as an MTA prints it ("550 5.1.1 ..."). Candidates are appended to the array of Candidate (by value). */
void classifier_explain(
	const Classifier *classifier, const char *text, const char *provider, GArray *candidates, Verdict *ret_verdict);

#endif
