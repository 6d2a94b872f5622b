#ifndef RETOUR_PROVIDERS_H
#define RETOUR_PROVIDERS_H

#include "programmes.h"
#include "subaddressing.h"

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

/* A provider without domains and MX hosts of its own is known as well. */
void providers_add(Providers *providers, const char *name);

/* Where an objection is filed: an URL or a mail address, "" where there is none; note: what to say there. */
typedef struct Contact {
	char *channel, *note;
} Contact;

/* False: the key is taken, or for providers_set_contact() not there. */
bool providers_add_contact(Providers *providers, const char *key, const char *channel, const char *note);
const Contact *providers_contact(const Providers *providers, const char *key);
bool providers_set_contact(Providers *providers, const char *name, const char *key);
const char *providers_contact_of(const Providers *providers, const char *name);

/* Which spellings of an address are one mailbox there, at all its domains; see core/subaddressing.h. */
void providers_set_subaddressing(Providers *providers, const char *name, bool dots, char tag);
/* Adds that to set, as rules that fold. False: nothing is known of the provider. */
bool providers_fold(const Providers *providers, const char *name, Subaddressing *set);

/* The feedback programmes of the same file: to be filled while the providers are, then only asked. Borrowed. */
Programmes *providers_programmes(const Providers *providers);

/* Borrowed from providers; NULL when unknown. One provider's name is always the same pointer. */
const char *providers_find(const Providers *providers, const char *name);
const char *providers_by_domain(const Providers *providers, const char *domain);
const char *providers_by_mx(const Providers *providers, const char *host);
bool providers_know(const Providers *providers, const char *name);
/* All domains that are named, in no order; NULL-terminated. The array is owned by the caller (g_free), the names are borrowed. */
const char **providers_domains(const Providers *providers, size_t *ret_count);

#endif
