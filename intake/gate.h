#ifndef RETOUR_GATE_H
#define RETOUR_GATE_H

#include "absence.h"
#include "address_hash.h"
#include "blacklist.h"
#include "cache.h"
#include "meter.h"

/*
 * The question at RCPT: may this sender mail this address? Also where another spelling of it is listed that is the same
 * mailbox (core/subaddressing.h), by the rules of the database as of a few seconds ago. Redis first, then PostgreSQL, then a
 * mirror in Redis that is not renewed any more. Thread-safe.
 */
typedef enum GateAnswer {
	GATE_OPEN,
	GATE_CLOSED,  /* listed: *ret_listing says why */
	GATE_UNKNOWN, /* neither Redis nor PostgreSQL answered in time */
} GateAnswer;

typedef struct Gate Gate;

/* All are borrowed; cache and meter may be NULL. */
Gate *gate_new(Cache *cache, Blacklist *blacklist, Meter *meter);
/* Erased addresses are on the list by their hash: it is asked for, too. Borrowed; NULL: none are. Before the first question. */
void gate_use_erasure(Gate *gate, const AddressHash *erasure);
/* Borrowed, before the first question: who is surely on no list is not asked about. */
void gate_use_filter(Gate *gate, Absence *absence);
void gate_free(Gate *gate);
/*
 * Logs when PostgreSQL stops or begins again to answer. *ret_listing is set for GATE_CLOSED only and is then owned by the
 * caller.
 */
GateAnswer gate_ask(Gate *gate, const char *address, const char *sender_domain, Listing **ret_listing);

/*
 * What the log calls an address: where erasure is configured the beginning of its hash, for logs are not erased. Owned by the
 * caller.
 */
char *gate_log_name(const Gate *gate, const char *address);

/* Since the start; together all questions. 0 without a meter. */
typedef struct GateCounters {
	uint64_t from_filter, from_cache, from_database, unknown; /* who answered; nobody */
	uint64_t closed;                                          /* of the answered ones */
} GateCounters;

void gate_counters(const Gate *gate, GateCounters *ret_counters);

#endif
