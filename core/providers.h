#ifndef RETOUR_PROVIDERS_H
#define RETOUR_PROVIDERS_H

#include <glib.h>
#include <stdbool.h>

/*
 * Mailbox providers by name, and which domains and MX hosts are theirs. Immutable once filled; shared by threads.
 * A domain of no known provider counts under its own name.
 */
typedef struct Providers Providers;

Providers *providers_new(void);
void providers_free(Providers *providers);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Providers, providers_free)

/* domain: normalised. False: it is another provider's already; ret_other names it. */
bool providers_add_domain(Providers *providers, const char *name, const char *domain, const char **ret_other);
/* suffix: "mail.protection.outlook.com", matched at label borders against MX and Remote-MTA host names. */
bool providers_add_mx_suffix(Providers *providers, const char *name, const char *suffix, const char **ret_other);

/* Borrowed from providers; NULL when unknown. */
const char *providers_by_domain(const Providers *providers, const char *domain);
const char *providers_by_mx(const Providers *providers, const char *host);
bool providers_know(const Providers *providers, const char *name);

#endif
