#ifndef RETOUR_SUBADDRESSING_H
#define RETOUR_SUBADDRESSING_H

#include <glib.h>
#include <stdbool.h>

/*
 * Which spellings of an address are one mailbox (RFC 5233 calls it sub-addressing): a provider may take all of
 * "j.doe+shop@", "jdoe+news@" and "jdoe@" for the same. The blacklist then holds the mailbox; events, tokens and
 * recorded mail keep the address as it was written. The SQL functions blacklist_key() and blacklist_names() do the same.
 * Immutable once filled, counted, shared by threads.
 */
typedef struct Subaddressing Subaddressing;

typedef struct SubaddressRule {
	const char *domain; /* normalised; of exactly this one, not of those below it */
	bool dots;          /* dots in the local part mean nothing */
	char tag;           /* what begins with it means nothing; 0: there is no such thing */
	bool folds;         /* new entries go by it, of one rule per domain; else only entries of old are found by it */
} SubaddressRule;

/* Of an address under any rules, itself included; rules of a domain beyond that are left aside. With hashes: NAMES_LIMIT. */
#define SUBADDRESS_NAMES 4

Subaddressing *subaddressing_new(void);
/* Copies. Those that fold come first, or may be left aside. */
void subaddressing_add(Subaddressing *set, const SubaddressRule *rule);
Subaddressing *subaddressing_ref(Subaddressing *set);
void subaddressing_unref(Subaddressing *set); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Subaddressing, subaddressing_unref)

unsigned subaddressing_count(const Subaddressing *set); /* rules */
/* The rule that folds addresses of that domain; NULL: none. Borrowed. */
const SubaddressRule *subaddressing_rule(const Subaddressing *set, const char *domain);
/* Do both fold alike? *ret_domain (may be NULL): a domain where they do not, borrowed from one of them. */
bool subaddressing_folds_alike(const Subaddressing *set, const Subaddressing *other, const char **ret_domain);
/* Rules that fold, by domain. */
void subaddressing_foreach(
	const Subaddressing *set, void (*each)(void *context, const SubaddressRule *rule), void *context);

/* In all of these: set may be NULL, which folds nothing; address is an address key, "@domain" or an erased one's hash. */

/* The blacklist's key for an address. Owned by the caller. */
char *subaddressing_key(const Subaddressing *set, const char *address);
/*
 * The other names under which it may be listed, at most SUBADDRESS_NAMES - 1, the key first. Returns how many; each is owned by
 * the caller.
 */
unsigned subaddressing_others(
	const Subaddressing *set, const char *address, char *ret_names[static SUBADDRESS_NAMES - 1]);

#endif
