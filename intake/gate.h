#ifndef RETOUR_GATE_H
#define RETOUR_GATE_H

#include "blacklist.h"
#include "cache.h"

/* The question at RCPT: may this sender mail this address? Redis first, then PostgreSQL. */
typedef enum GateAnswer {
	GATE_OPEN,
	GATE_CLOSED,  /* listed: *ret_listing says why */
	GATE_UNKNOWN, /* neither Redis nor PostgreSQL answered in time */
} GateAnswer;

typedef struct Gate Gate;

/* Both are borrowed; cache may be NULL. */
Gate *gate_new(Cache *cache, Blacklist *blacklist);
void gate_free(Gate *gate);
GateAnswer gate_ask(Gate *gate, const char *address, const char *sender_domain, Listing **ret_listing);

#endif
