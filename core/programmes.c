#include "programmes.h"

#include "address.h"

#include <string.h>

struct Programmes {
	GPtrArray *all;      /* Programme *, owned, in the order of the file */
	GHashTable *senders; /* address or domain -> Programme; both borrowed */
};

void
programme_free(Programme *programme)
{
	if (programme == NULL)
		return;
	g_free(programme->name);
	g_free(programme->provider);
	g_strfreev(programme->dkim);
	g_strfreev(programme->senders);
	g_strfreev(programme->user_agents);
	g_free(programme->url);
	g_free(programme);
}

Programmes *
programmes_new(void)
{
	Programmes *programmes = g_new0(Programmes, 1);

	programmes->all = g_ptr_array_new_with_free_func((GDestroyNotify)programme_free);
	programmes->senders = g_hash_table_new(g_str_hash, g_str_equal);
	return programmes;
}

void
programmes_free(Programmes *programmes)
{
	if (programmes == NULL)
		return;
	g_hash_table_unref(programmes->senders);
	g_ptr_array_unref(programmes->all);
	g_free(programmes);
}

bool
programmes_add(Programmes *programmes, Programme *programme, size_t *ret_index, const char **ret_other)
{
	for (size_t i = 0; programme->senders[i] != NULL; i++) {
		const Programme *other = g_hash_table_lookup(programmes->senders, programme->senders[i]);

		if (other != NULL) {
			*ret_index = i;
			*ret_other = other->name;
			programme_free(programme);
			return false;
		}
	}
	for (size_t i = 0; programme->senders[i] != NULL; i++)
		g_hash_table_insert(programmes->senders, programme->senders[i], programme);
	g_ptr_array_add(programmes->all, programme);
	return true;
}

/* "a.b.example" -> "b.example"; NULL after the last. */
static const char *
part_above(const char *domain)
{
	const char *dot = strchr(domain, '.');

	return dot == NULL ? NULL : dot + 1;
}

/* The address itself, then its domain and those above it. */
static const Programme *
by_sender(const Programmes *programmes, const char *text)
{
	g_autofree char *address = text == NULL ? NULL : address_key(text);
	const Programme *found = NULL;

	if (address == NULL)
		return NULL;
	found = g_hash_table_lookup(programmes->senders, address);
	for (const char *part = address_domain(address); found == NULL && part != NULL; part = part_above(part))
		found = g_hash_table_lookup(programmes->senders, part);
	return found;
}

static bool
has_agent(const Programme *programme, const char *user_agent)
{
	for (char **agent = programme->user_agents; *agent != NULL; agent++)
		if (g_ascii_strncasecmp(user_agent, *agent, strlen(*agent)) == 0)
			return true;
	return false;
}

const Programme *
programmes_recognise(
	const Programmes *programmes, const char *from, const char *envelope_sender, const char *user_agent)
{
	const Programme *found = by_sender(programmes, from);

	if (found == NULL)
		found = by_sender(programmes, envelope_sender);
	for (guint i = 0; user_agent != NULL && found == NULL && i < programmes->all->len; i++)
		if (has_agent(g_ptr_array_index(programmes->all, i), user_agent))
			found = g_ptr_array_index(programmes->all, i);
	return found;
}

const Programme *
programmes_find(const Programmes *programmes, const char *name)
{
	for (guint i = 0; i < programmes->all->len; i++) {
		const Programme *programme = g_ptr_array_index(programmes->all, i);

		if (strcmp(programme->name, name) == 0)
			return programme;
	}
	return NULL;
}

const Programme *
programmes_prove(const Programmes *programmes, const char *from, const char *signed_by)
{
	const Programme *programme = by_sender(programmes, from);
	g_autofree char *domain = domain_normalise(signed_by);

	if (programme == NULL || !programme->solicited)
		return NULL;
	for (const char *part = domain; part != NULL; part = part_above(part))
		if (g_strv_contains((const char *const *)programme->dkim, part))
			return programme;
	return NULL;
}
