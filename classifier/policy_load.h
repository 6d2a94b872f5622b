#ifndef RETOUR_POLICY_LOAD_H
#define RETOUR_POLICY_LOAD_H

#include "policy.h"

#include <glib.h>

#define CLAUSE_PERIODS 8

/* One line of the policy: who it is for, what it takes, what happens. */
typedef struct Clause {
	uint64_t categories;   /* bit set of Category */
	Evidence evidence;     /* this grade or a better one */
	Confidence confidence; /* this one or more */
	PlanKind kind;
	ScopeKind scope;
	bool whole_domain;
	unsigned window_days, needed_days;
	int64_t periods[CLAUSE_PERIODS]; /* seconds, or NEVER_EXPIRES; the last one holds from then on */
	unsigned period_count;
	int64_t probe_seconds; /* 0: never */
	unsigned hold_percent, hold_events;
	bool released; /* a later delivery ends the entry */
} Clause;

struct Policy {
	GArray *clauses;   /* Clause, in the order of the file: the first that holds decides */
	uint64_t released; /* bit set of Category: all clauses that list them say so */
};

Policy *policy_parse(const char *name, const char *text, size_t size, GError **error);

#endif
