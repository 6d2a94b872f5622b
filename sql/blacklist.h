#ifndef RETOUR_BLACKLIST_H
#define RETOUR_BLACKLIST_H

#include "errors.h"
#include "listing.h"
#include "store.h"
#include "subaddressing.h"

/*
 * The blacklist in PostgreSQL: the truth. Every change writes its audit row in the same transaction. Thread-safe;
 * a small pool of connections, bounded waits, ERROR_RETRY when the database is away.
 */
typedef struct Blacklist Blacklist;

/* ERROR_CONFIG: the schema is too old. A database that is away is no error here. */
Blacklist *blacklist_open(const StoreSettings *settings, unsigned connections, int64_t timeout_ms, GError **error);
void blacklist_close(Blacklist *blacklist);

/*
 * The entry that forbids mail from sender_domain to an address, or NULL in *ret_listing: address before domain, SCOPE_ALL
 * before sender domain. names: the address (a key), then others under which it may be listed; NULL-terminated. Those that
 * the database's rules of sub-addressing tell are looked for anyway.
 */
bool blacklist_check(Blacklist *blacklist, const char *const *names, const char *sender_domain, Listing **ret_listing,
	GError **error);

/*
 * The rules of sub-addressing as this process last read them: NULL in *ret_set for none, else referenced for the caller. Read
 * anew when they are older than max_age_ms (0: by blacklist_refresh_subaddressing() alone). False: PostgreSQL was never
 * reached, so there may be rules.
 */
bool blacklist_subaddressing(Blacklist *blacklist, int64_t max_age_ms, Subaddressing **ret_set);
/* By whoever follows the changes of the blacklist, before each look at them. */
bool blacklist_refresh_subaddressing(Blacklist *blacklist, GError **error);

/*
 * A target as the blacklist holds it: address key, "@domain" with the domain normalised, or the hash of an erased address.
 * NULL: neither. Owned by the caller.
 */
char *blacklist_target(const char *text);
/* SCOPE_ALL or a normalised domain; NULL: neither. Owned by the caller. */
char *blacklist_scope(const char *text);

typedef struct BlacklistChange {
	const char *target; /* address or "@domain"; normalised by the call, and folded by sub-addressing */
	const char *scope;  /* SCOPE_ALL or sender domain */
	const char *actor;  /* who: "cli:alice" */
	const char *reason; /* why; required */
	Category category;  /* add */
	int64_t expires_at; /* add; or NEVER_EXPIRES */
	const char *note;   /* add; may be NULL */
} BlacklistChange;

/*
 * Manual entry; replaces what stands there. ERROR_INPUT: no such address possible, or no reason given. ret_reference is owned
 * by the caller.
 */
bool blacklist_add(Blacklist *blacklist, const BlacklistChange *change, char **ret_reference, GError **error);
/* *ret_removed: false when there was none. Scope NULL: all scopes. */
bool blacklist_remove(Blacklist *blacklist, const BlacklistChange *change, bool *ret_removed, GError **error);

/*
 * Entries of one target (address under all its names, "@domain") or with a reference "R-..."; all scopes, expired ones too.
 * GPtrArray of Listing *.
 */
GPtrArray *blacklist_find(Blacklist *blacklist, const char *target_or_reference, GError **error);
/* Whom a reference "R-..." was given for, even if its entry is gone by now: a target, owned by the caller; NULL in *ret_target: nobody. */
bool blacklist_referred(Blacklist *blacklist, const char *reference, char **ret_target, GError **error);
/* Newest first. */
typedef struct BlacklistQuery {
	const char *category, *scope, *domain; /* NULL: any */
	bool expired;                          /* also those no longer in force */
	int64_t limit;
} BlacklistQuery;
GPtrArray *blacklist_list(Blacklist *blacklist, const BlacklistQuery *query, GError **error);

/* Audit trail of one target under all its names, oldest first: GPtrArray of AuditEntry *, which owns them. */
typedef struct AuditEntry {
	int64_t at;
	char *actor, *action, *target, *scope, *reason, *detail;
} AuditEntry;
void audit_entry_free(AuditEntry *entry);
GPtrArray *blacklist_audit(Blacklist *blacklist, const char *target, GError **error);

#endif
