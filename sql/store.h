#ifndef RETOUR_STORE_H
#define RETOUR_STORE_H

#include "errors.h"
#include "finding.h"
#include "meter.h"
#include "settings.h"

/*
 * Records reports in PostgreSQL. Concurrent calls share a transaction (group commit): what is waiting when a
 * connection becomes free forms the next batch, up to 256 events; nobody waits for a timer. All methods are thread-safe.
 */
typedef struct Store Store;

typedef struct StoreSettings {
	char *url;                 /* libpq connection string or URI, several hosts allowed */
	int64_t connections;       /* committers, usually 2 */
	int64_t commit_timeout_ms; /* how long a caller waits; below the MTA's milter timeout */
	int64_t unverified_per_hour, unverified_per_source; /* see flood.h; of this process */
	int64_t queue_events; /* waiting events beyond which callers are told to retry at once */
	char *erasure_key;    /* file with the key under which erased addresses are listed; "": none are */
	Meter *meter;         /* not of the file: where it is counted; borrowed; NULL: nowhere */
} StoreSettings;

extern const Setting store_settings[]; /* of StoreSettings */

/* Checks the schema version: ERROR_CONFIG when `retour migrate` is due; a database that is away is no error here. */
Store *store_open(const StoreSettings *settings, GError **error);
/* Can the database be reached now, by a connection of its own, and is its schema new enough? */
bool store_probe(const char *url, int64_t timeout_ms, GError **error);
/* Finishes what is waiting (bounded by commit_timeout), then closes. NULL is fine. */
void store_close(Store *store);

/*
 * Returns after the commit. False: nothing is promised. ERROR_RETRY: the database is away or slow, and a call that ended
 * during COMMIT may have been committed after all; telling it again is harmless. ERROR_INPUT: the database refuses
 * this report's data, alone and for good.
 */
bool store_record(Store *store, const Submission *submission, Recorded *ret_recorded, GError **error);

#endif
