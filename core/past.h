#ifndef RETOUR_PAST_H
#define RETOUR_PAST_H

#include "evidence.h"
#include "report.h"
#include "verdict.h"

#include <stdint.h>

/* What happened to the blacklist and why, as the database tells it again. Text is borrowed for the call that hands it over. */

typedef enum PastKind {
	PAST_EVENT,   /* a report said something of a recipient */
	PAST_ADDED,   /* a person made an entry */
	PAST_REMOVED, /* a person took one away, and its strikes with it */
	PAST_ENDED,   /* DNS said that a listed domain is back */
} PastKind;

typedef struct PastFact {
	PastKind kind;
	int64_t at;
	const char *target; /* EVENT: the recipient */
	const char *scope;  /* EVENT: the sender domain, "" when not known */
	EventAction action; /* EVENT */
	Verdict verdict;    /* ADDED: its category; EVENT: rule and list are not told */
	Evidence evidence;  /* EVENT */
	int64_t expires_at; /* ADDED: or NEVER_EXPIRES */
} PastFact;

/* How one target and scope stand. All 0: never listed. */
typedef struct PastEntry {
	Category category;
	int64_t expires_at; /* in force until; or NEVER_EXPIRES */
	int64_t event_at;   /* that it rests on; 0: on none */
	unsigned strikes;   /* how often automation has listed it */
	bool manual;        /* made by a person */
} PastEntry;

#endif
