#ifndef RETOUR_BLACKLIST_BULK_H
#define RETOUR_BLACKLIST_BULK_H

#include "blacklist.h"

/* Many entries at once. Role: retour_support. */

typedef struct BulkDone {
	uint64_t added, replaced, kept; /* kept: in force already */
} BulkDone;

/*
 * One transaction. changes: BlacklistChange *, their targets and scopes normalised (blacklist_target, domain_normalise). dry_run:
 * says what would happen. Run again it keeps what the first run added.
 */
bool blacklist_import(Blacklist *blacklist, const GPtrArray *changes, const char *actor, bool replaces, bool dry_run,
	BulkDone *ret_done, GError **error);
/* One transaction. targets: char *, normalised. Scope NULL: all scopes. */
bool blacklist_remove_many(Blacklist *blacklist, const GPtrArray *targets, const char *scope, const char *reason,
	const char *actor, uint64_t *ret_removed, GError **error);

/* Every entry, by target; each returns false to stop. Streams. */
bool blacklist_export(Blacklist *blacklist, bool expired, bool (*each)(void *context, const Listing *listing),
	void *context, GError **error);

#endif
