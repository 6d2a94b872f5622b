#ifndef RETOUR_LISTING_H
#define RETOUR_LISTING_H

#include "category.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define SCOPE_ALL "*"
#define ERASED_PREFIX "hash:" /* of the target that stands for an erased address: a keyed hash follows */

/* One blacklist entry. Owns its text. */
typedef struct Listing {
	char *target; /* address key, or "@domain" for all of a domain */
	char *scope;  /* SCOPE_ALL, or a sender domain */
	Category category;
	char *reason;    /* shown to people: the reply or the person's words */
	char *reference; /* "R-1042": what the refused sender quotes and support types in */
	char *source;    /* "auto", "manual", "import", "api" */
	char *evidence;  /* grade; "" for manual entries */
	char *note;
	int64_t since;      /* seconds since the epoch */
	int64_t expires_at; /* or NEVER_EXPIRES */
	unsigned strikes;   /* how often automation has listed it */
} Listing;

Listing *listing_new(void); /* all text "" */
void listing_free(Listing *listing);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Listing, listing_free)

/* An address without other names, where several are taken: see subaddressing_others(). */
#define ONLY_NAME(address) ((const char *const[]){ (address), NULL })
/* More never name one address: it, its other spellings, and the hashes of these. */
#define NAMES_LIMIT 8

/* Does an entry of that target hold for mail from sender_domain to address (a key) at that time? */
bool listing_applies(const Listing *listing, const char *sender_domain, int64_t now);

/* Where the change feed stands: everything up to and including it has been seen. Ordered by xid, then by id. */
typedef struct ChangePosition {
	uint64_t xid;
	int64_t id;
} ChangePosition;

/* All entries of one target as they stand; an empty array: the target is on no list (any more). */
typedef struct TargetState {
	char *target;
	GPtrArray *listings; /* Listing * */
} TargetState;

TargetState *target_state_new(const char *target);
void target_state_free(TargetState *state);

#endif
