#ifndef RETOUR_SUBADDRESS_RULES_H
#define RETOUR_SUBADDRESS_RULES_H

#include "blacklist.h"
#include "pool.h"
#include "subaddressing.h"

/*
 * The rules of sub-addressing in PostgreSQL (table subaddressing), where all processes on all hosts and SQL find the same ones,
 * and what brings entries under the names that they ask for.
 */

/* Asks for them; and makes a set of the answer, owned by the caller. */
extern const Statement subaddress_rules_ask;
Subaddressing *subaddress_rules_read(const Rows *rows);

/* A copy of them that threads of a process share. pool is borrowed. */
typedef struct SubaddressCopy SubaddressCopy;
SubaddressCopy *subaddress_copy_new(Pool *pool);
void subaddress_copy_free(SubaddressCopy *copy);
/* See blacklist_subaddressing() and blacklist_refresh_subaddressing(). */
bool subaddress_copy_get(SubaddressCopy *copy, int64_t max_age_ms, Subaddressing **ret_set);
bool subaddress_copy_refresh(SubaddressCopy *copy, GError **error);

/* As the database has them. Owned by the caller. */
Subaddressing *subaddress_rules_load(Blacklist *blacklist, GError **error);

/* What follows wants the role retour_admin. */

typedef struct RekeyCount {
	uint64_t moved;  /* entries that stand under another name now */
	uint64_t merged; /* that became one with another */
} RekeyCount;

/*
 * Makes what folds in set the rules, switches others off, and brings the entries along, some hundred per transaction; begun
 * again it goes on. Between the two it waits until every process knows the new rules. *ret_changed: rules. progress may be NULL.
 */
bool subaddress_rules_apply(Blacklist *blacklist, const Subaddressing *set, const char *actor,
	void (*progress)(void *context, uint64_t moved), void *context, unsigned *ret_changed, RekeyCount *ret_count,
	GError **error);
/* What that would do; nothing is changed. */
bool subaddress_rules_try(
	Blacklist *blacklist, const Subaddressing *set, unsigned *ret_changed, RekeyCount *ret_count, GError **error);
/* Entries that came under another name meanwhile, as those of a restored backup do. Nothing to do is the usual. */
bool subaddress_rules_rekey(Blacklist *blacklist, const char *actor, void (*progress)(void *context, uint64_t moved),
	void *context, RekeyCount *ret_count, GError **error);

#endif
