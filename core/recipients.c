#include "recipients.h"

#include "address.h"

#include <string.h>

struct Recipients {
	GHashTable *addresses; /* set of keys */
	GHashTable *domains;   /* set */
	GHashTable *prefixes;  /* domain -> GPtrArray of folded local part prefixes */
};

Recipients *
recipients_new(void)
{
	Recipients *recipients = g_new0(Recipients, 1);

	recipients->addresses = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	recipients->domains = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	recipients->prefixes =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_ptr_array_unref);
	return recipients;
}

void
recipients_free(Recipients *recipients)
{
	if (recipients == NULL)
		return;
	g_hash_table_unref(recipients->addresses);
	g_hash_table_unref(recipients->domains);
	g_hash_table_unref(recipients->prefixes);
	g_free(recipients);
}

static bool
refuse(const char *pattern, GError **error)
{
	g_set_error(error, RETOUR_ERROR, ERROR_CONFIG,
		"'%s' is neither an address (bounce@example.org), nor a prefix (bounce+*@example.org), nor a domain "
		"(@example.org)",
		pattern);
	return false;
}

static bool
add_domain(Recipients *recipients, const char *pattern, GError **error)
{
	char *domain = domain_normalise(pattern + 1);

	if (domain == NULL)
		return refuse(pattern, error);
	g_hash_table_add(recipients->domains, domain);
	return true;
}

/* The key of a prefix is read off an address that has it: "bounce+*@X.Example" is kept as "bounce+" of "x.example". */
static bool
add_prefix(Recipients *recipients, const char *pattern, const char *star, GError **error)
{
	g_autofree char *prefix = g_strndup(pattern, (gsize)(star - pattern));
	g_autofree char *sample = g_strconcat(prefix, "x", star + 1, NULL);
	g_autofree char *key = address_key(sample);
	const char *domain = key == NULL ? "" : address_domain(key);
	GPtrArray *list;

	if (*prefix == '\0' || strpbrk(prefix, "*\"@ ") != NULL || *domain == '\0')
		return refuse(pattern, error);
	list = g_hash_table_lookup(recipients->prefixes, domain);
	if (list == NULL) {
		list = g_ptr_array_new_with_free_func(g_free);
		g_hash_table_insert(recipients->prefixes, g_strdup(domain), list);
	}
	g_ptr_array_add(list, g_strndup(key, (gsize)(domain - key) - strlen("x@")));
	return true;
}

bool
recipients_add(Recipients *recipients, const char *pattern, GError **error)
{
	const char *star = strstr(pattern, "*@");
	char *key;

	if (*pattern == '@')
		return add_domain(recipients, pattern, error);
	if (star != NULL)
		return add_prefix(recipients, pattern, star, error);
	key = strchr(pattern, '*') == NULL ? address_key(pattern) : NULL;
	if (key == NULL)
		return refuse(pattern, error);
	g_hash_table_add(recipients->addresses, key);
	return true;
}

static bool
match_prefix(const GPtrArray *list, const char *key)
{
	for (unsigned i = 0; i < list->len; i++)
		if (g_str_has_prefix(key, list->pdata[i]))
			return true;
	return false;
}

bool
recipients_match(const Recipients *recipients, const char *address)
{
	g_autofree char *key = address_key(address);
	const char *domain;
	const GPtrArray *list;

	if (key == NULL)
		return false;
	domain = address_domain(key);
	if (g_hash_table_contains(recipients->domains, domain) || g_hash_table_contains(recipients->addresses, key))
		return true;
	list = g_hash_table_lookup(recipients->prefixes, domain);
	return list != NULL && match_prefix(list, key);
}
