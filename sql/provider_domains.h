#ifndef RETOUR_PROVIDER_DOMAINS_H
#define RETOUR_PROVIDER_DOMAINS_H

#include "blacklist.h"

/* Which provider hosts a domain: table provider_domains, which is also the queue of those who ask DNS. */
typedef struct ProviderDomain {
	char *domain, *provider, *source, *answer, *mx; /* as the columns' comments say */
	int64_t seen_at, checked_at, due_at;            /* NEVER_EXPIRES: never */
	unsigned failures;
} ProviderDomain;

void provider_domain_free(ProviderDomain *domain);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ProviderDomain, provider_domain_free)

/* Puts domains into the table that were counted since then (seconds since the epoch) and are not there, 10,000 at most. */
bool provider_domains_discover(Blacklist *blacklist, int64_t since, uint64_t *ret_found, GError **error);
/*
 * Domains whose turn it is: GPtrArray of ProviderDomain *, which owns them. They are put off by ten minutes, so that of
 * several who ask each gets others, and none is lost with one who dies.
 */
GPtrArray *provider_domains_due(Blacklist *blacklist, unsigned limit, GError **error);

/* What was learned of a claimed domain; borrowed. */
typedef struct ProviderLearned {
	const char *domain;
	const char *provider; /* NULL: nothing new, it stays */
	const char *source, *answer, *mx;
	unsigned failures;
	int64_t due_seconds; /* from now */
} ProviderLearned;

/* What a person has said meanwhile stays. */
bool provider_domains_learn(Blacklist *blacklist, const ProviderLearned *learned, size_t count, GError **error);

/* NULL in *ret_domain: it is not in the table. domain: normalised. */
bool provider_domain_find(Blacklist *blacklist, const char *domain, ProviderDomain **ret_domain, GError **error);
/* Those of one provider, by name. GPtrArray of ProviderDomain *. */
GPtrArray *provider_domains_of(Blacklist *blacklist, const char *provider, int64_t limit, GError **error);
/* How many each has: provider (owned) -> count as GINT_TO_POINTER. */
GHashTable *provider_domain_counts(Blacklist *blacklist, GError **error);
/* How many wait for their turn for more than an hour. */
bool provider_domains_overdue(Blacklist *blacklist, uint64_t *ret_count, GError **error);
/* For good, by a person; provider NULL: to be found out again. As the support role. */
bool provider_domain_set(Blacklist *blacklist, const char *domain, const char *provider, GError **error);

#endif
