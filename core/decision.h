#ifndef RETOUR_DECISION_H
#define RETOUR_DECISION_H

#include "evidence.h"
#include "report.h"
#include "verdict.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Policy in two pure steps, because what it must know of the past depends on the case: plan() says whether
 * an event matters and what to count, the store fetches the history under its locks, decide() ends it.
 */

/* One judged event, as policy sees it. */
typedef struct Case {
	EventAction action;
	Verdict verdict;
	Evidence evidence;
	bool has_recipient;     /* false: redacted or missing */
	bool has_sender_domain; /* false: not known whose mail it was */
} Case;

typedef enum PlanKind {
	PLAN_NOTHING, /* counted and shown, no more */
	PLAN_COUNT,   /* one strike a day; the threshold decides */
	PLAN_LIST,    /* blacklist at once */
	PLAN_RELEASE, /* delivered: strikes are forgotten, and entries that a delivery contradicts end */
} PlanKind;

typedef enum ScopeKind {
	SCOPE_EVERYBODY,     /* nobody may mail the target */
	SCOPE_SENDER_DOMAIN, /* mail from this sender domain may not */
} ScopeKind;

typedef struct Plan {
	PlanKind kind;
	ScopeKind scope;
	bool whole_domain;                  /* the target is the recipient's domain, not the address */
	unsigned window_days;               /* COUNT: strikes older than this are forgotten */
	unsigned needed_days;               /* COUNT: distinct days with a strike that list the target */
	unsigned hold_percent, hold_events; /* entries are held once so many per cent of a provider's mail, and so
					       many, fail for good within about an hour; 0: never */
	int64_t probe_seconds; /* of an entry for a whole domain: how often to ask DNS whether it is back; 0: never */
	uint64_t released;     /* RELEASE: bit set of Category, automatic entries that end */
	const void *clause;    /* the policy's own; hand it back to decide() */
} Plan;

/* What the store knows of the target and scope of a plan, read under lock. */
typedef struct History {
	unsigned strike_days; /* COUNT: distinct days within the window, this event included */
	unsigned
		listings; /* how often automation has listed it before, an entry in force not included; escalates the period */
	bool listed; /* an entry is in force now */
	bool manual; /* that entry was made by a person: automation leaves it alone */
} History;

#define NEVER_EXPIRES INT64_MAX

typedef struct Decision {
	bool list;
	int64_t expires_at; /* seconds since the epoch, or NEVER_EXPIRES */
} Decision;

#endif
