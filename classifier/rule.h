#ifndef RETOUR_RULE_H
#define RETOUR_RULE_H

#include "category.h"
#include "patterns.h"
#include "report.h"

/* What is judged: one reply, with what is known of it besides its words. */
#define SUBJECT_PROVIDERS 8
typedef struct Subject {
	EventAction action;
	Stage stage;
	Status status;
	unsigned reply_code;
	const char *providers[SUBJECT_PROVIDERS]; /* borrowed from Providers: compared as pointers */
	size_t provider_count;
} Subject;

/* "5.7.606-649", "x.1.1", "550", "5xx": per place lowest and highest allowed. */
typedef struct CodePattern {
	unsigned low[3], high[3]; /* class, subject, detail; of a reply code the first alone */
} CodePattern;

bool code_pattern_parse(const char *text, CodePattern *ret_pattern);
bool status_pattern_parse(const char *text, CodePattern *ret_pattern);

typedef struct Example {
	char *text;
	unsigned line;
} Example;

/* One rule: every condition that is set must hold. Empty arrays and masks are no condition. Owns its text but the file's name. */
typedef struct Rule {
	char *id;
	const char *file;
	unsigned line;
	unsigned layer;       /* higher wins */
	unsigned position;    /* within all files */
	GPtrArray *providers; /* const char *, borrowed from Providers */
	Category category;
	bool weak; /* its words alone prove little */
	char *note, *contact, *list;

	unsigned stages, actions;       /* bit sets of Stage and EventAction */
	GArray *codes, *statuses;       /* CodePattern; one must hold */
	GArray *all, *any, *none, *res; /* unsigned: pattern numbers; res: all must match */
	unsigned conditions;            /* how many; the rule with more wins */
	unsigned rank;                  /* among all rules, 0 is best */

	GPtrArray *examples, *counterexamples; /* Example * */
} Rule;

Rule *rule_new(void);
void rule_free(Rule *rule);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Rule, rule_free)

bool rule_has_text(const Rule *rule);
bool rule_matches(const Rule *rule, const Subject *subject, const Hits *hits);

/* Which of two matching rules wins: negative when left does. */
int rule_compare(const Rule *left, const Rule *right);

/*
 * Everything that decides when the rule matches and against whom it competes, as text: equal texts can never both win. Owned by
 * the caller.
 */
char *rule_signature(const Rule *rule);

#endif
