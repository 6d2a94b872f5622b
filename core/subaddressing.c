#include "subaddressing.h"

#include "address.h"

#include <stdatomic.h>
#include <string.h>

#define RULES_LIMIT (SUBADDRESS_NAMES - 1)

/* Of one domain. */
typedef struct Domain {
	char *name;
	SubaddressRule rules[RULES_LIMIT];
	unsigned count;
} Domain;

struct Subaddressing {
	GHashTable *domains; /* name -> Domain, which owns it */
	unsigned count;
	atomic_uint references;
};

static void
domain_free(void *data)
{
	Domain *domain = data;

	g_free(domain->name);
	g_free(domain);
}

Subaddressing *
subaddressing_new(void)
{
	Subaddressing *set = g_new0(Subaddressing, 1);

	set->domains = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, domain_free);
	atomic_init(&set->references, 1);
	return set;
}

Subaddressing *
subaddressing_ref(Subaddressing *set)
{
	atomic_fetch_add(&set->references, 1);
	return set;
}

void
subaddressing_unref(Subaddressing *set)
{
	if (set == NULL || atomic_fetch_sub(&set->references, 1) > 1)
		return;
	g_hash_table_unref(set->domains);
	g_free(set);
}

void
subaddressing_add(Subaddressing *set, const SubaddressRule *rule)
{
	Domain *domain = g_hash_table_lookup(set->domains, rule->domain);

	if (domain == NULL) {
		domain = g_new0(Domain, 1);
		domain->name = g_strdup(rule->domain);
		g_hash_table_insert(set->domains, domain->name, domain);
	}
	if (domain->count == RULES_LIMIT)
		return;
	domain->rules[domain->count] = *rule;
	domain->rules[domain->count++].domain = domain->name;
	set->count++;
}

unsigned
subaddressing_count(const Subaddressing *set)
{
	return set->count;
}

static const Domain *
domain_of(const Subaddressing *set, const char *address)
{
	return set == NULL ? NULL : g_hash_table_lookup(set->domains, address_domain(address));
}

static const SubaddressRule *
rule_that_folds(const Domain *domain)
{
	for (unsigned i = 0; domain != NULL && i < domain->count; i++)
		if (domain->rules[i].folds)
			return &domain->rules[i];
	return NULL;
}

const SubaddressRule *
subaddressing_rule(const Subaddressing *set, const char *domain)
{
	return set == NULL ? NULL : rule_that_folds(g_hash_table_lookup(set->domains, domain));
}

static bool
is_same(const SubaddressRule *rule, const SubaddressRule *other)
{
	return rule == NULL ? other == NULL : other != NULL && rule->dots == other->dots && rule->tag == other->tag;
}

/* Of set, the first by name where other folds otherwise; NULL: none. */
static const char *
first_difference(const Subaddressing *set, const Subaddressing *other)
{
	const char *first = NULL;
	GHashTableIter iter;
	void *name, *domain;

	g_hash_table_iter_init(&iter, set->domains);
	while (g_hash_table_iter_next(&iter, &name, &domain))
		if (!is_same(rule_that_folds(domain), subaddressing_rule(other, name))
			&& (first == NULL || strcmp(name, first) < 0))
			first = name;
	return first;
}

bool
subaddressing_folds_alike(const Subaddressing *set, const Subaddressing *other, const char **ret_domain)
{
	const char *domain = first_difference(set, other);

	if (domain == NULL)
		domain = first_difference(other, set);
	if (domain != NULL && ret_domain != NULL)
		*ret_domain = domain;
	return domain == NULL;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void
subaddressing_foreach(const Subaddressing *set, void (*each)(void *context, const SubaddressRule *rule), void *context)
{
	unsigned count;
	g_autofree void **names = g_hash_table_get_keys_as_array(set->domains, &count);

	qsort(names, count, sizeof(*names), by_name);
	for (unsigned i = 0; i < count; i++) {
		const SubaddressRule *rule = subaddressing_rule(set, names[i]);

		if (rule != NULL)
			each(context, rule);
	}
}

/* What is quoted may hold anything, and a tag or dots alone are no mailbox: these stay. Owned by the caller. */
static char *
fold(const SubaddressRule *rule, const char *address)
{
	const char *at = strchr(address, '@');
	g_autoptr(GString) folded = g_string_sized_new(strlen(address));
	const char *tag = rule->tag == '\0' ? NULL : strchr(address, rule->tag);
	const char *end = tag != NULL && tag > address && tag < at ? tag : at;

	if (*address == '"' || strchr(at + 1, '@') != NULL)
		return g_strdup(address);
	for (const char *p = address; p < end; p++)
		if (!rule->dots || *p != '.')
			g_string_append_c(folded, *p);
	if (folded->len == 0)
		return g_strdup(address);
	g_string_append(folded, at);
	return g_string_free(g_steal_pointer(&folded), FALSE);
}

char *
subaddressing_key(const Subaddressing *set, const char *address)
{
	const SubaddressRule *rule = rule_that_folds(domain_of(set, address));

	return rule == NULL ? g_strdup(address) : fold(rule, address);
}

unsigned
subaddressing_others(const Subaddressing *set, const char *address, char *ret_names[static SUBADDRESS_NAMES - 1])
{
	const Domain *domain = domain_of(set, address);
	unsigned count = 0;

	for (unsigned i = 0; domain != NULL && i < domain->count; i++) {
		g_autofree char *name = fold(&domain->rules[i], address);
		bool known = strcmp(name, address) == 0;

		for (unsigned k = 0; k < count; k++)
			known = known || strcmp(name, ret_names[k]) == 0;
		if (!known)
			ret_names[count++] = g_steal_pointer(&name);
	}
	return count;
}
