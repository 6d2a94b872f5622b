#include "stamping.h"

#include "address.h"

#include <string.h>

struct Stamping {
	StampTerms general;
	GHashTable *by_domain;    /* char * -> StampTerms *; only domains with terms of their own */
	GHashTable *return_paths; /* set of domains */
	Networks *networks;
};

typedef struct Section {
	StampTerms terms; /* first, so that the table of the terms fits both */
	char **networks;
	const YamlNode *domains;
} Section;

typedef struct DomainSection {
	StampTerms terms;
	char **names;
} DomainSection;

static const char *const keep_names[] = { "own_bounces", "none", NULL };

#define MEMBER(field) .offset = offsetof(StampTerms, field)
#define TERMS \
	{ .key = "stamp", .type = SETTING_BOOL, MEMBER(stamp), .fallback = "yes" }, \
		{ .key = "return_path", .type = SETTING_TEXT, MEMBER(return_path) }, \
		{ .key = "trace", .type = SETTING_BOOL, MEMBER(trace), .fallback = "yes" }, \
		{ .key = "feedback_address", .type = SETTING_TEXT, MEMBER(feedback_address) }, \
		{ .key = "feedback_id", .type = SETTING_TEXT, MEMBER(feedback_id) }, \
		{ .key = "unsubscribe", .type = SETTING_TEXT, MEMBER(unsubscribe) }, \
	{ \
		.key = "keep", .type = SETTING_CHOICE, MEMBER(keep), .fallback = "own_bounces", .choices = keep_names \
	}

static const Setting section_settings[] = {
	TERMS,
	{ .key = "networks",
		.type = SETTING_TEXTS,
		.offset = offsetof(Section, networks),
		.fallback = "[127.0.0.0/8, '::1']" },
	{ .key = "domains", .type = SETTING_NODE, .offset = offsetof(Section, domains) },
	{ 0 },
};

static const Setting domain_settings[] = {
	TERMS,
	{ .key = "names", .type = SETTING_TEXTS, .offset = offsetof(DomainSection, names), .required = true },
	{ 0 },
};

static const Setting terms_settings[] = { TERMS, { 0 } };

static void
terms_free(void *data)
{
	settings_clear(terms_settings, data);
	g_free(data);
}

static StampTerms *
terms_copy(const StampTerms *terms)
{
	StampTerms *copy = g_memdup2(terms, sizeof *terms);

	copy->return_path = g_strdup(terms->return_path);
	copy->feedback_address = g_strdup(terms->feedback_address);
	copy->feedback_id = g_strdup(terms->feedback_id);
	copy->unsubscribe = g_strdup(terms->unsubscribe);
	return copy;
}

/* Replaces it by its normal form. */
static bool
normalise(const YamlNode *map, const char *key, char **domain, GError **error)
{
	char *normal = **domain == '\0' ? g_strdup("") : domain_normalise(*domain);

	if (normal == NULL)
		return yaml_fail(yaml_get(map, key), error, "'%s' is no domain", *domain);
	g_free(*domain);
	*domain = normal;
	return true;
}

/* Of the sender id Google asks for 5 to 15 characters; it stands behind a ':' that separates. */
static bool
check_feedback_id(const YamlNode *map, const char *id, GError **error)
{
	size_t size = strlen(id);

	for (const char *at = id; *at != '\0'; at++)
		if (!g_ascii_isalnum(*at) && strchr("-_.", *at) == NULL)
			size = SIZE_MAX;
	if (size == 0 || (size >= 5 && size <= 15))
		return true;
	return yaml_fail(yaml_get(map, "feedback_id"), error,
		"'feedback_id' must be 5 to 15 letters, digits and '-_.', the same in all mail");
}

static bool
check_feedback_address(const YamlNode *map, const char *address, GError **error)
{
	g_autofree char *parsed = *address == '\0' ? NULL : address_parse(address);

	if (*address == '\0' || (parsed != NULL && strcmp(parsed, address) == 0 && g_str_is_ascii(address)))
		return true;
	return yaml_fail(yaml_get(map, "feedback_address"), error, "'%s' is no address", address);
}

static bool
check_terms(const YamlNode *map, StampTerms *terms, GError **error)
{
	return normalise(map, "return_path", &terms->return_path, error)
	       && normalise(map, "unsubscribe", &terms->unsubscribe, error)
	       && check_feedback_id(map, terms->feedback_id, error)
	       && check_feedback_address(map, terms->feedback_address, error);
}

static void
note_return_path(Stamping *stamping, const StampTerms *terms)
{
	if (terms->stamp && *terms->return_path != '\0')
		g_hash_table_add(stamping->return_paths, g_strdup(terms->return_path));
}

static bool
add_names(Stamping *stamping, const YamlNode *map, const DomainSection *section, GError **error)
{
	for (size_t i = 0; section->names[i] != NULL; i++) {
		char *name = domain_normalise(section->names[i]);
		const YamlNode *place = settings_place(map, "names", i);

		if (name == NULL)
			return yaml_fail(place, error, "'%s' is no domain", section->names[i]);
		if (g_hash_table_contains(stamping->by_domain, name)) {
			g_free(name);
			return yaml_fail(place, error, "'%s' stands there twice", section->names[i]);
		}
		g_hash_table_insert(stamping->by_domain, name, terms_copy(&section->terms));
	}
	return true;
}

static bool
add_domain(Stamping *stamping, const YamlNode *map, GError **error)
{
	DomainSection section = { 0 };
	bool ok = settings_read(domain_settings, map, &section, error);

	if (ok)
		settings_inherit(terms_settings, map, &section.terms, &stamping->general);
	ok = ok && check_terms(map, &section.terms, error) && add_names(stamping, map, &section, error);
	if (ok)
		note_return_path(stamping, &section.terms);
	settings_clear(domain_settings, &section);
	return ok;
}

static bool
add_domains(Stamping *stamping, const YamlNode *list, GError **error)
{
	if (list == NULL)
		return true;
	if (yaml_kind(list) != YAML_LIST)
		return yaml_fail(list, error, "'domains' must be a list of '- names: ...'");
	for (size_t i = 0; i < yaml_count(list); i++)
		if (!add_domain(stamping, yaml_item(list, i), error))
			return false;
	return true;
}

static bool
add_networks(Stamping *stamping, const YamlNode *map, char **networks, GError **error)
{
	for (size_t i = 0; networks[i] != NULL; i++) {
		g_autoptr(GError) problem = NULL;

		if (!networks_add(stamping->networks, networks[i], &problem))
			return yaml_fail(settings_place(map, "networks", i), error, "%s", problem->message);
	}
	return true;
}

static Stamping *
stamping_new(void)
{
	Stamping *stamping = g_new0(Stamping, 1);

	stamping->by_domain = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, terms_free);
	stamping->return_paths = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	stamping->networks = networks_new();
	return stamping;
}

Stamping *
stamping_read(const YamlNode *map, GError **error)
{
	g_autoptr(Stamping) stamping = stamping_new();
	Section section = { 0 };
	bool ok = settings_read(section_settings, map, &section, error) && check_terms(map, &section.terms, error);

	if (ok) {
		StampTerms *copy = terms_copy(&section.terms);

		stamping->general = *copy;
		g_free(copy);
		stamping->general.stamp = stamping->general.stamp && map != NULL;
		note_return_path(stamping, &stamping->general);
	}
	ok = ok && add_networks(stamping, map, section.networks, error)
	     && add_domains(stamping, section.domains, error);
	settings_clear(section_settings, &section);
	return ok ? g_steal_pointer(&stamping) : NULL;
}

void
stamping_free(Stamping *stamping)
{
	if (stamping == NULL)
		return;
	settings_clear(terms_settings, &stamping->general);
	g_hash_table_unref(stamping->by_domain);
	g_hash_table_unref(stamping->return_paths);
	networks_free(stamping->networks);
	g_free(stamping);
}

bool
stamping_is_on(const Stamping *stamping)
{
	GHashTableIter iter;
	void *terms;

	g_hash_table_iter_init(&iter, stamping->by_domain);
	while (g_hash_table_iter_next(&iter, NULL, &terms))
		if (((const StampTerms *)terms)->stamp)
			return true;
	return stamping->general.stamp;
}

const StampTerms *
stamping_terms(const Stamping *stamping, const char *sender_domain)
{
	const StampTerms *terms = g_hash_table_lookup(stamping->by_domain, sender_domain);

	if (terms == NULL)
		terms = &stamping->general;
	return terms->stamp ? terms : NULL;
}

bool
stamping_knows_client(const Stamping *stamping, const char *client)
{
	return networks_match(stamping->networks, client);
}

bool
stamping_has_return_path(const Stamping *stamping)
{
	return g_hash_table_size(stamping->return_paths) > 0;
}

bool
stamping_is_return_path(const Stamping *stamping, const char *domain)
{
	return g_hash_table_contains(stamping->return_paths, domain);
}

/*
 * '=' stands for '@' in VERP ("list+user=dom@"), and separates in SRS and BATV. The names are those under which list
 * managers and bulk mailers take bounces.
 */
bool
sender_keeps_bounces(const char *address)
{
	static const char *const heads[] = { "owner-", "bounce" };
	static const char *const tails[] = { "-owner", "-request", "-bounces", "-errors" };
	g_autofree char *local = g_ascii_strdown(address, (gssize)strcspn(address, "@"));
	bool keeps = strchr(local, '=') != NULL;

	for (size_t i = 0; i < G_N_ELEMENTS(heads); i++)
		keeps = keeps || g_str_has_prefix(local, heads[i]);
	for (size_t i = 0; i < G_N_ELEMENTS(tails); i++)
		keeps = keeps || g_str_has_suffix(local, tails[i]);
	return keeps;
}
