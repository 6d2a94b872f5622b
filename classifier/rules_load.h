#ifndef RETOUR_RULES_LOAD_H
#define RETOUR_RULES_LOAD_H

#include "providers.h"
#include "rule.h"

/*
 * Rule files to rules. A file is a list of rules, or a map with the keys provider and contact (what its rules have
 * unless they say otherwise) and rules. One rule:
 *
 *   - id: google.over-quota
 *     provider: [google]
 *     when: { stage: rcpt, code: 552, status: 5.2.2, action: failed, all: [..], any: [..], none: [..], re: ".." }
 *     category: mailbox_full
 *     weak: true         words that alone prove little: low confidence, and an enhanced code that says otherwise wins
 *     list: zen.spamhaus.org
 *     contact: google
 *     note: text
 *     eg:  ["552 5.2.2 .."]     must be won by this rule
 *     not: ["550 5.2.1 .."]     must not
 */
typedef struct RuleSet {
	GPtrArray *rules;      /* Rule *, in file order until rule_set_finish() puts the best first */
	GPtrArray *files;      /* char *: names that rules borrow */
	PatternList *patterns; /* of all rules */
	GHashTable *hosts;     /* host names in patterns: the normaliser keeps them */
	GHashTable *ids;       /* id -> Rule */
	GHashTable *signatures;
	GChecksum *checksum;
	const Providers *providers; /* borrowed */
} RuleSet;

RuleSet *rule_set_new(const Providers *providers);
void rule_set_free(RuleSet *set);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RuleSet, rule_set_free)

/* One file's content. Rules of a higher layer win. ERROR_CONFIG with file:line. */
bool rule_set_parse(RuleSet *set, const char *name, const char *text, size_t size, unsigned layer, GError **error);
/* All *.yaml of a folder, in name order. */
bool rule_set_load_folder(RuleSet *set, const char *folder, unsigned layer, GError **error);
/* Sorts by precedence and numbers the ranks. */
void rule_set_finish(RuleSet *set);

#endif
