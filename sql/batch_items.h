#ifndef RETOUR_BATCH_ITEMS_H
#define RETOUR_BATCH_ITEMS_H

#include "batch.h"
#include "listing.h"
#include "subaddressing.h"

/* What batch.c, batch_weigh.c, batch_copy.c and batch_write.c share. */

/* A blacklist entry that the batch may change, as it stands and as it becomes. */
typedef struct Target {
	char *target;
	const char *scope; /* borrowed from the items or static */
	bool judged;       /* a plan may list it, so it is locked */
	bool manual;       /* manual: made by a person and in force */
	Category category;
	int64_t expires_at; /* 0: never stood there */
	int64_t event_at;   /* that it rests on; 0: on none */
	unsigned strikes;
	bool listed; /* by this batch, until then and for that */
	bool begins; /* no entry was in force */
	bool held;   /* instead of being listed */
	int64_t until;
	const struct Item *cause;
	bool released; /* by this batch, after that */
} Target;

/* What mail that was delivered speaks for: the address by all its names and its domain, for everybody and for the sender domain. */
#define DELIVERY_TARGETS ((SUBADDRESS_NAMES + 1) * 2)

/* How an improved event was counted when it was first told. */
typedef struct Before {
	bool found;
	int64_t report;
	const char *category, *provider, *sender_domain; /* borrowed from the rows */
	Evidence evidence;
	int64_t incidents; /* of the report that first told it */
} Before;

typedef struct Item {
	Request *request;
	const Finding *finding;
	const char *address;    /* that we mailed; where the report hides it, as recorded mail tells by a token; "" */
	const char *provider;   /* likewise */
	const char *message_id; /* of the original: as recorded mail tells by a token, else as the report claims */
	unsigned char key[EVENT_KEY_SIZE];
	bool provider_known, recorded, known; /* recorded: by a token; known: by its Message-ID */
	Evidence evidence;
	const char *proof;
	const char *sender_domain; /* of our own record, else as proven or claimed */
	bool fresh, improved;      /* neither: a copy, or unkept */
	bool taken, unkept;        /* of what a flood may take; beyond it: counted, no more */
	int64_t at;                /* when it was first told */
	int64_t report;
	Before before;
	Plan plan;
	Target *target;                      /* COUNT and LIST */
	Target *delivered[DELIVERY_TARGETS]; /* RELEASE; NULL behind the last one */
	unsigned strike_days;
} Item;

typedef struct Batch {
	Writer *writer;
	Request *const *requests;
	unsigned request_count;
	Item *items;
	unsigned count;
	GHashTable *targets; /* Target set, by target and scope */
	GPtrArray *rows;     /* answers that items borrow from */
	int64_t now;         /* by the clock of the database */
	Subaddressing *subaddressing;
} Batch;

/* Where an event counts: a stranger must not be able to make rows. */
const char *item_provider(const Item *item);

/* How many complaints its report says that each of its events stands for. */
int64_t submission_incidents(const Submission *submission);

/* Sends what is queued and keeps the answers for as long as the batch lives; *ret_first is the index of the first in rows. */
bool batch_finish_stage(Batch *batch, unsigned *ret_first, GError **error);
/* Neither empty nor longer than a name can be. */
bool batch_is_name(const char *text, size_t limit);

/* The first stage: what recorded mail says of tokens that came back. No round trip when none did. */
bool batch_ask_tokens(Batch *batch, GError **error);
/* After that: what it says of Message-IDs. */
bool batch_ask_mail(Batch *batch, GError **error);

/* The middle stage: what the plans ask for, under lock. */
bool batch_weigh(Batch *batch, GError **error);

/* Gives each report that brings something new a number, and its events with it. One that brings nothing new is not kept. */
void batch_number_reports(Batch *batch);
bool batch_copy_reports(Batch *batch, GError **error);
bool batch_copy_events(Batch *batch, GError **error);

bool batch_queue_programmes(Batch *batch, GError **error);

/* After all was decided: what is too much to be true of one provider is held instead of listed. */
bool batch_guard(Batch *batch, GError **error);
bool batch_queue_held(Batch *batch, GError **error);

/* The last stage, commit included. */
bool batch_write(Batch *batch, GError **error);

#endif
