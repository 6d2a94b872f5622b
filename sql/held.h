#ifndef RETOUR_HELD_H
#define RETOUR_HELD_H

#include "blacklist.h"

/*
 * Blacklist entries that were not made, because their provider seemed to be out of order (policy.yaml: hold_share): they
 * wait for a person, and refuse nobody.
 */
typedef struct HeldEntry {
	char *target, *scope, *provider, *category, *reason;
	int64_t held_at;
} HeldEntry;

/* A provider whose entries are held; ended_at 0: still. */
typedef struct ProviderHold {
	char *provider, *ended_by;
	int64_t since, ended_at;
	uint64_t failed, sent; /* within an hour or two, when it began */
	uint64_t waiting;      /* entries that are held */
} ProviderHold;

/* Newest first, at most so many; provider NULL: of all. GPtrArray of HeldEntry *. */
GPtrArray *held_list(Blacklist *blacklist, const char *provider, int64_t most, GError **error);
/* Those that still hold, or for which entries wait. GPtrArray of ProviderHold *. */
GPtrArray *provider_holds(Blacklist *blacklist, GError **error);

/* The provider was right: its held entries are made. It was out of order: they are forgotten. Ends the hold either way. */
bool held_confirm(Blacklist *blacklist, const char *provider, const char *actor, uint64_t *ret_entries, GError **error);
bool held_release(Blacklist *blacklist, const char *provider, const char *actor, uint64_t *ret_entries, GError **error);

#endif
