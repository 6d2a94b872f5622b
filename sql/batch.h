#ifndef RETOUR_BATCH_H
#define RETOUR_BATCH_H

#include "database.h"
#include "finding.h"
#include "flood.h"
#include "meter.h"

/*
 * Several submissions in one transaction, in few round trips: what recorded mail says of them, what is new (tell), what
 * stands there (weigh), what becomes of it (write). By which name the blacklist knows an address is asked within the
 * transaction, too. Rows are locked in one order everywhere, so that batches never wait for each other in a circle:
 * event_keys, strikes, blacklist, events, rule_sets, provider_domains, counters, programme_days; within a table by primary
 * key.
 */

/* One call of store_record() on its way. */
typedef struct Request {
	const Submission *submission;
	Recorded recorded; /* filled by the batch; holds after its commit */
} Request;

typedef struct ProviderGuard ProviderGuard; /* batch_guard.c's own */

/* What a connection keeps from batch to batch. */
typedef struct Writer {
	Database *database;
	Flood *flood;                      /* borrowed */
	Meter *meter;                      /* borrowed; NULL: nothing is counted */
	int64_t last_report, reports_left; /* of a block of numbers */
	GHashTable *rule_sets;             /* set: noted in the database */
	GHashTable *domains;               /* domain -> provider: noted in the database */
	GHashTable *guards;                /* provider -> ProviderGuard */
} Writer;

Writer *writer_new(Database *database, Flood *flood, Meter *meter); /* takes the connection over */
void writer_free(Writer *writer);

/* All or nothing. After an error the transaction is rolled back, or the connection is lost. */
bool batch_record(Writer *writer, Request *const *requests, unsigned count, GError **error);

#endif
