#include "providers_load.h"

#include "address.h"
#include "programmes_load.h"
#include "settings.h"

#include <string.h>

/*
 * providers:
 *   google:
 *     domains: [gmail.com, googlemail.com]
 *     mx: [google.com]
 *     contact: google
 *     subaddressing: { dots: ignored, tag: "+" }
 * contacts:
 *   google: { channel: "https://...", note: "..." }
 * programmes: see programmes_load.c
 */
typedef struct Entry {
	char **domains, **mx;
	char *contact, *note;
	const YamlNode *subaddressing;
} Entry;

static const Setting entry_table[] = {
	{ .key = "domains", .type = SETTING_TEXTS, .offset = offsetof(Entry, domains) },
	{ .key = "mx", .type = SETTING_TEXTS, .offset = offsetof(Entry, mx) },
	{ .key = "contact", .type = SETTING_TEXT, .offset = offsetof(Entry, contact) },
	{ .key = "note", .type = SETTING_TEXT, .offset = offsetof(Entry, note) },
	{ .key = "subaddressing", .type = SETTING_NODE, .offset = offsetof(Entry, subaddressing) },
	{ 0 },
};

typedef struct Spelling {
	int dots;
	char *tag;
} Spelling;

static const char *const dots_names[] = { "count", "ignored", NULL };

static const Setting spelling_table[] = {
	{ .key = "dots",
		.type = SETTING_CHOICE,
		.offset = offsetof(Spelling, dots),
		.fallback = "count",
		.choices = dots_names },
	{ .key = "tag", .type = SETTING_TEXT, .offset = offsetof(Spelling, tag) },
	{ 0 },
};

static const Setting contact_table[] = {
	{ .key = "channel", .type = SETTING_TEXT, .offset = offsetof(Contact, channel), .required = true },
	{ .key = "note", .type = SETTING_TEXT, .offset = offsetof(Contact, note) },
	{ 0 },
};

typedef bool (*AddFunc)(Providers *providers, const char *name, const char *key, const char **ret_other);

static bool
add_all(Providers *providers, const YamlNode *map, const char *name, const char *key, char **texts, AddFunc add,
	GError **error)
{
	for (size_t i = 0; texts[i] != NULL; i++) {
		const YamlNode *place = settings_place(map, key, i);
		g_autofree char *domain = domain_normalise(texts[i]);
		const char *other = NULL;

		if (domain == NULL)
			return yaml_fail(place, error, "'%s' is not a domain", texts[i]);
		if (!add(providers, name, domain, &other))
			return yaml_fail(place, error, "'%s' belongs to provider '%s' already", domain, other);
	}
	return true;
}

static bool
add_spelling(Providers *providers, const char *name, const YamlNode *map, GError **error)
{
	Spelling spelling = { 0 };
	bool ok = settings_read(spelling_table, map, &spelling, error);

	if (ok && *spelling.tag != '\0' && (spelling.tag[1] != '\0' || strchr("+-=_#*", *spelling.tag) == NULL))
		ok = yaml_fail(yaml_get(map, "tag"), error, "'tag' must be one of + - = _ # *, not '%s'", spelling.tag);
	if (ok && spelling.dots == 0 && *spelling.tag == '\0')
		ok = yaml_fail(map, error, "'dots: ignored' or a 'tag' is expected here");
	if (ok)
		providers_set_subaddressing(providers, name, spelling.dots != 0, *spelling.tag);
	settings_clear(spelling_table, &spelling);
	return ok;
}

static bool
add_provider(Providers *providers, const char *name, const YamlNode *map, GError **error)
{
	Entry entry = { 0 };
	bool ok = settings_read(entry_table, map, &entry, error);

	if (ok) {
		providers_add(providers, name);
		ok = add_all(providers, map, name, "domains", entry.domains, providers_add_domain, error)
		     && add_all(providers, map, name, "mx", entry.mx, providers_add_mx_suffix, error);
	}
	if (ok && *entry.contact != '\0' && !providers_set_contact(providers, name, entry.contact))
		ok = yaml_fail(yaml_get(map, "contact"), error, "there is no contact '%s'", entry.contact);
	if (ok && entry.subaddressing != NULL)
		ok = add_spelling(providers, name, entry.subaddressing, error);
	settings_clear(entry_table, &entry);
	return ok;
}

static bool
add_contact(Providers *providers, const char *key, const YamlNode *map, GError **error)
{
	Contact contact = { 0 };
	bool ok = settings_read(contact_table, map, &contact, error);

	if (ok && !providers_add_contact(providers, key, contact.channel, contact.note))
		ok = yaml_fail(map, error, "contact '%s' is given twice", key);
	settings_clear(contact_table, &contact);
	return ok;
}

static bool
each(Providers *providers, const YamlNode *root, const char *section,
	bool (*add)(Providers *providers, const char *name, const YamlNode *map, GError **error), GError **error)
{
	const YamlNode *map = yaml_get(root, section);

	if (map == NULL || yaml_is_empty(map))
		return true;
	if (yaml_kind(map) != YAML_MAP)
		return yaml_fail(map, error, "'%s' must be a map of names", section);
	for (size_t i = 0; i < yaml_count(map); i++)
		if (!add(providers, yaml_key(map, i), yaml_item(map, i), error))
			return false;
	return true;
}

static bool
check_sections(const YamlNode *root, GError **error)
{
	static const char *const sections[] = { "providers", "contacts", "programmes", NULL };

	if (yaml_kind(root) != YAML_MAP)
		return yaml_fail(root, error, "'providers:', 'contacts:' and 'programmes:' are expected here");
	for (size_t i = 0; i < yaml_count(root); i++)
		if (!g_strv_contains(sections, yaml_key(root, i)))
			return yaml_fail(yaml_item(root, i), error, "unknown key '%s'", yaml_key(root, i));
	return true;
}

Providers *
providers_load(const char *path, GError **error)
{
	g_autoptr(YamlFile) file = yaml_file_load(path, error);
	g_autoptr(Providers) providers = providers_new();

	if (file == NULL || !check_sections(yaml_file_root(file), error)
		|| !each(providers, yaml_file_root(file), "contacts", add_contact, error)
		|| !each(providers, yaml_file_root(file), "providers", add_provider, error)
		|| !each(providers, yaml_file_root(file), "programmes", programme_load, error))
		return NULL;
	return g_steal_pointer(&providers);
}
