#ifndef RETOUR_BACKEND_H
#define RETOUR_BACKEND_H

#include "gate.h"
#include "intake.h"
#include "mirror.h"

/*
 * What a program that records reports, or asks who is listed, is wired from. A program opens what it needs; the rest stays
 * NULL. Every program with Redis runs a mirror: whoever commits a change can then publish it at once, none depends on
 * another one's life, and they agree by compare-and-swap in Redis. Zeroed before the first use.
 */
typedef struct Backend {
	Meter *meter;         /* set before the first opening; borrowed; NULL: nothing is counted */
	AddressHash *erasure; /* of the gate; NULL where no key is configured */
	Blacklist *blacklist;
	Cache *cache;
	Mirror *mirror; /* NULL where no Redis is configured */
	Absence *absence;
	Store *store;
	Intake *intake;
} Backend;

bool backend_open_lists(Backend *backend, const StoreSettings *store, const CacheSettings *cache, unsigned connections,
	int64_t timeout_ms, GError **error);
/* After the lists. Owned by the caller, who frees it before the backend is closed. */
Gate *backend_open_gate(Backend *backend, const StoreSettings *store, GError **error);
/* After the lists, for a gate that is freed before the backend is closed; see absence.h. */
bool backend_open_filter(Backend *backend, Gate *gate, uint64_t limit, int64_t fresh_ms, GError **error);
/* After the lists. book is referenced. */
bool backend_open_intake(Backend *backend, const StoreSettings *store, Rulebook *book, GError **error);
/* After the lists: logs when the database folds spellings otherwise than this configuration says. */
void backend_compare_subaddressing(const Backend *backend, const Rulebook *book);
/* When nobody uses any of it; also after a failed opening. */
void backend_close(Backend *backend);

#endif
