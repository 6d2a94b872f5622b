#ifndef RETOUR_RULE_SET_H
#define RETOUR_RULE_SET_H

#include "providers.h"
#include "rule.h"

/* Rules of several files and layers on their way into a matcher. */
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
