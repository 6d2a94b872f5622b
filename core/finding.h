#ifndef RETOUR_FINDING_H
#define RETOUR_FINDING_H

#include "decision.h"
#include "inbound.h"
#include "report.h"
#include "verdict.h"

#define EVENT_KEY_SIZE 16
#define PROGRAMME_OTHER "other" /* whose reports are none's that is known */

/*
 * A token of ours came with the report, and recorded mail can tell more: to whom that message went, which the report may
 * hide, whose it was, and what it was called.
 */
typedef struct TokenClue {
	int64_t message; /* the number of the message in its tokens; 0: no such token */
	int64_t made_at; /* seconds since the epoch: when the message left, as it was recorded */
	char *place;     /* where the token stood, in words; NULL without */
} TokenClue;

/* One event of a report, judged and ready to be recorded. Owns its text; event is borrowed from the report. */
typedef struct Finding {
	const Event *event;
	Verdict verdict;
	char *address;       /* key of the address that we mailed; "" when hidden or missing */
	char *provider;      /* name, or the recipient's domain where no provider is known; "" without address */
	bool provider_known; /* it is one of providers.yaml, not a name out of a stranger's mail */
	/*
	 * The same event told again (retry with a new Message-Id, second copy, another path) has the same key: a hash over
	 * what names the original message (Message-ID, else queue id at the reporting MTA, else the report's digest),
	 * the address and the action.
	 */
	unsigned char key[EVENT_KEY_SIZE];
	Evidence evidence;   /* what the report itself proves of this event; the store may find better */
	char *proof;         /* how, or why not, in words; "" */
	char *sender_domain; /* SIGNED: whose mail it was, as a token proves; "" when none tells */
	TokenClue token;
} Finding;

/*
 * A judged report on its way to the store. Borrowed for the length of store_record(). plan and decide are the
 * policy of the rule book that judged it; both are pure and may be called on any thread.
 */
typedef struct Submission {
	const Inbound *inbound;
	const Report *report;
	const Finding *findings;
	size_t finding_count;
	const char
		*sender_domain; /* as the report claims it, normalised; "" when unknown. Recorded mail overrides it */
	const char *programme;  /* complaints: feedback programme, or PROGRAMME_OTHER; else "" */
	const char *rule_set;   /* hash */
	const void *policy;
	/*
	 * The key of one event as above. message: what names the original message, where the store knows better than the
	 * report; else NULL.
	 */
	void (*key)(const Report *report, unsigned index, const char *address, const char *message,
		unsigned char ret_key[static EVENT_KEY_SIZE]);
	Plan (*plan)(const void *policy, const Case *subject);
	Decision (*decide)(const Plan *plan, const History *history, int64_t now);
} Submission;

/* What became of a submission, after the commit. */
typedef struct Recorded {
	unsigned new_events;
	unsigned duplicate_events; /* known already, nothing changed */
	unsigned unkept_events;    /* unverified, beyond what a flood may fill: only counted */
	unsigned improved_events;  /* known already with poorer evidence; judged again, not counted again */
	unsigned held;             /* entries that wait for a person instead of being made */
	bool hold_began;           /* by this: its provider seems to be out of order */
	unsigned listed;           /* blacklist entries made or extended */
	unsigned released;         /* blacklist entries that a delivery ended */
	Evidence evidence;         /* the best grade among its events */
} Recorded;

#endif
