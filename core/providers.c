#include "providers.h"

#include <stdint.h>
#include <string.h>

struct Providers {
	GHashTable *names;    /* set of owned names; the tables below borrow them */
	GHashTable *domains;  /* domain -> name */
	GHashTable *suffixes; /* MX suffix -> name */
	GHashTable *contacts; /* key -> Contact */
	GHashTable *channels; /* name -> key; borrows both */
	GHashTable *spelling; /* name -> SubaddressRule, without a domain */
	Programmes *programmes;
};

static void
contact_free(void *data)
{
	Contact *contact = data;

	g_free(contact->channel);
	g_free(contact->note);
	g_free(contact);
}

Providers *
providers_new(void)
{
	Providers *providers = g_new0(Providers, 1);

	providers->names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	providers->domains = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	providers->suffixes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	providers->contacts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, contact_free);
	providers->channels = g_hash_table_new(g_str_hash, g_str_equal);
	providers->spelling = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free);
	providers->programmes = programmes_new();
	return providers;
}

void
providers_free(Providers *providers)
{
	if (providers == NULL)
		return;
	programmes_free(providers->programmes);
	g_hash_table_unref(providers->spelling);
	g_hash_table_unref(providers->channels);
	g_hash_table_unref(providers->contacts);
	g_hash_table_unref(providers->suffixes);
	g_hash_table_unref(providers->domains);
	g_hash_table_unref(providers->names);
	g_free(providers);
}

static char *
intern(Providers *providers, const char *name)
{
	char *kept = g_hash_table_lookup(providers->names, name);

	if (kept == NULL) {
		kept = g_strdup(name);
		g_hash_table_insert(providers->names, kept, kept);
	}
	return kept;
}

static bool
add(Providers *providers, GHashTable *table, const char *name, const char *key, const char **ret_other)
{
	const char *other = g_hash_table_lookup(table, key);

	if (other != NULL && strcmp(other, name) != 0) {
		*ret_other = other;
		return false;
	}
	g_hash_table_replace(table, g_strdup(key), intern(providers, name));
	return true;
}

bool
providers_add_domain(Providers *providers, const char *name, const char *domain, const char **ret_other)
{
	return add(providers, providers->domains, name, domain, ret_other);
}

bool
providers_add_mx_suffix(Providers *providers, const char *name, const char *suffix, const char **ret_other)
{
	return add(providers, providers->suffixes, name, suffix, ret_other);
}

void
providers_add(Providers *providers, const char *name)
{
	intern(providers, name);
}

bool
providers_add_contact(Providers *providers, const char *key, const char *channel, const char *note)
{
	Contact *contact;

	if (g_hash_table_contains(providers->contacts, key))
		return false;
	contact = g_new0(Contact, 1);
	contact->channel = g_strdup(channel);
	contact->note = g_strdup(note);
	g_hash_table_insert(providers->contacts, g_strdup(key), contact);
	return true;
}

const Contact *
providers_contact(const Providers *providers, const char *key)
{
	return g_hash_table_lookup(providers->contacts, key);
}

bool
providers_set_contact(Providers *providers, const char *name, const char *key)
{
	void *kept;

	if (!g_hash_table_lookup_extended(providers->contacts, key, &kept, NULL))
		return false;
	g_hash_table_insert(providers->channels, intern(providers, name), kept);
	return true;
}

const char *
providers_contact_of(const Providers *providers, const char *name)
{
	return g_hash_table_lookup(providers->channels, name);
}

const char *
providers_find(const Providers *providers, const char *name)
{
	return g_hash_table_lookup(providers->names, name);
}

const char *
providers_by_domain(const Providers *providers, const char *domain)
{
	return g_hash_table_lookup(providers->domains, domain);
}

const char *
providers_by_mx(const Providers *providers, const char *host)
{
	for (const char *tail = host; tail != NULL && *tail != '\0';) {
		const char *name = g_hash_table_lookup(providers->suffixes, tail);

		if (name != NULL)
			return name;
		tail = strchr(tail, '.');
		if (tail != NULL)
			tail++;
	}
	return NULL;
}

bool
providers_know(const Providers *providers, const char *name)
{
	return g_hash_table_contains(providers->names, name);
}

void
providers_set_subaddressing(Providers *providers, const char *name, bool dots, char tag)
{
	SubaddressRule rule = { .dots = dots, .tag = tag, .folds = true };

	g_hash_table_insert(providers->spelling, intern(providers, name), g_memdup2(&rule, sizeof(rule)));
}

bool
providers_fold(const Providers *providers, const char *name, Subaddressing *set)
{
	const SubaddressRule *spelling = g_hash_table_lookup(providers->spelling, name);
	GHashTableIter iter;
	void *domain, *owner;

	if (spelling == NULL)
		return false;
	g_hash_table_iter_init(&iter, providers->domains);
	while (g_hash_table_iter_next(&iter, &domain, &owner)) {
		SubaddressRule rule = *spelling;

		rule.domain = domain;
		if (strcmp(owner, name) == 0)
			subaddressing_add(set, &rule);
	}
	return true;
}

Programmes *
providers_programmes(const Providers *providers)
{
	return providers->programmes;
}

const char **
providers_domains(const Providers *providers, size_t *ret_count)
{
	unsigned count;
	const char **domains = (const char **)(uintptr_t)g_hash_table_get_keys_as_array(providers->domains, &count);

	*ret_count = count;
	return domains;
}
