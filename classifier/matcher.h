#ifndef RETOUR_MATCHER_H
#define RETOUR_MATCHER_H

#include "rule_set.h"

/*
 * A rule set made ready for matching: each rule is entered under a pattern without which it cannot match, so that only
 * rules are looked at of which the text holds something. Immutable, shared by threads.
 */
typedef struct Matcher Matcher;

/* set is taken over, also on failure. cache_dir as for patterns_compile(). */
Matcher *matcher_new(RuleSet *set, const char *cache_dir, GError **error);
void matcher_free(Matcher *matcher);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Matcher, matcher_free)

/*
 * Normalises the text, adds providers whose hosts it names to the subject, and finds the winner; NULL: no rule matches.
 * matched (may be NULL) gets all matching rules (const Rule *), best first.
 */
const Rule *matcher_judge(const Matcher *matcher, Subject *subject, const char *text, GPtrArray *matched);

/* Ignores NULL, what is there already, and what is too much. */
void subject_add_provider(Subject *subject, const char *provider);

const RuleSet *matcher_rules(const Matcher *matcher);

#endif
