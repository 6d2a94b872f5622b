#ifndef RETOUR_LOOKUP_H
#define RETOUR_LOOKUP_H

#include "blacklist.h"

/* "Mail to person@domain does not arrive": everything that is known of one address, in one call. */
typedef struct LookupEvent {
	int64_t at;
	char *kind, *action, *category, *disposition, *confidence, *evidence, *rule;
	char *status, *diagnostic, *remote_mta, *provider, *sender_domain, *source, *recipient, *proof;
	unsigned reply_code;
} LookupEvent;

typedef struct LookupSent {
	int64_t at;
	char *message_id, *queue_id, *sender, *sender_domain;
} LookupSent;

typedef struct LookupStrikes {
	char *target, *scope, *category;
	unsigned days; /* distinct days with a strike */
	int64_t last_at;
} LookupStrikes;

typedef struct Lookup {
	char *address;       /* key */
	char *provider;      /* as last recorded; "" */
	GPtrArray *listings; /* Listing *: address and domain, all scopes */
	GPtrArray *events;   /* LookupEvent *, newest first, at most 20 */
	GPtrArray *sent;     /* LookupSent *, newest first, at most 10 */
	GPtrArray *strikes;  /* LookupStrikes * */
	GPtrArray
		*audit; /* AuditEntry *: what was done with listings of address and domain, oldest first, the last 20 */
} Lookup;

/* ERROR_INPUT: not an address. Owned by the caller. */
Lookup *lookup_address(Blacklist *blacklist, const char *address, GError **error);
void lookup_free(Lookup *lookup);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Lookup, lookup_free)

#endif
