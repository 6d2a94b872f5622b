#include "programmes_load.h"

#include "address.h"
#include "settings.h"

#include <string.h>

/*
 * programmes:
 *   yahoo-cfl:
 *     provider: yahoo
 *     dkim: arf.mail.yahoo.com
 *     from: [arf.mail.yahoo.com, someone@example.net]
 *     user_agent: "Yahoo!-Mail-Feedback"
 *     solicited: yes
 *     enrolment: domain
 *     url: https://...
 */
static const char *const enrolments[] = {
	[ENROLMENT_NONE] = "none",
	[ENROLMENT_DOMAIN] = "domain",
	[ENROLMENT_IP] = "ip",
	[ENROLMENT_ACCOUNT] = "account",
	NULL,
};

static const Setting programme_table[] = {
	{ .key = "provider", .type = SETTING_TEXT, .offset = offsetof(Programme, provider) },
	{ .key = "dkim", .type = SETTING_TEXTS, .offset = offsetof(Programme, dkim) },
	{ .key = "from", .type = SETTING_TEXTS, .offset = offsetof(Programme, senders) },
	{ .key = "user_agent", .type = SETTING_TEXTS, .offset = offsetof(Programme, user_agents) },
	{ .key = "solicited", .type = SETTING_BOOL, .offset = offsetof(Programme, solicited), .required = true },
	{ .key = "enrolment",
		.type = SETTING_CHOICE,
		.offset = offsetof(Programme, enrolment),
		.fallback = "none",
		.choices = enrolments },
	{ .key = "url", .type = SETTING_TEXT, .offset = offsetof(Programme, url) },
	{ 0 },
};

static char *
sender_normalise(const char *text)
{
	return strchr(text, '@') == NULL ? domain_normalise(text) : address_key(text);
}

static bool
normalise_all(char **texts, char *(*normalise)(const char *text), const char *what, const YamlNode *map,
	const char *key, GError **error)
{
	for (size_t i = 0; texts[i] != NULL; i++) {
		char *normal = normalise(texts[i]);

		if (normal == NULL)
			return yaml_fail(settings_place(map, key, i), error, "'%s' is %s", texts[i], what);
		g_free(texts[i]);
		texts[i] = normal;
	}
	return true;
}

static bool
check(const Providers *providers, const Programme *programme, const YamlNode *map, GError **error)
{
	if (*programme->provider != '\0' && !providers_know(providers, programme->provider))
		return yaml_fail(yaml_get(map, "provider"), error, "there is no provider '%s'", programme->provider);
	if (*programme->senders == NULL && *programme->user_agents == NULL)
		return yaml_fail(map, error, "'from' or 'user_agent' must say how it is recognised");
	for (size_t i = 0; programme->user_agents[i] != NULL; i++)
		if (*programme->user_agents[i] == '\0')
			return yaml_fail(
				settings_place(map, "user_agent", i), error, "an empty name would be everybody's");
	if (*programme->dkim != NULL && *programme->senders == NULL)
		return yaml_fail(yaml_get(map, "dkim"), error, "a signature proves nothing without 'from'");
	return true;
}

bool
programme_load(Providers *providers, const char *name, const YamlNode *map, GError **error)
{
	g_autoptr(Programme) programme = g_new0(Programme, 1);
	const char *other;
	size_t index;

	programme->name = g_strdup(name);
	if (!settings_read(programme_table, map, programme, error)
		|| !normalise_all(programme->dkim, domain_normalise, "not a domain", map, "dkim", error)
		|| !normalise_all(
			programme->senders, sender_normalise, "neither an address nor a domain", map, "from", error)
		|| !check(providers, programme, map, error))
		return false;
	if (!programmes_add(providers_programmes(providers), g_steal_pointer(&programme), &index, &other))
		return yaml_fail(
			settings_place(map, "from", index), error, "it belongs to programme '%s' already", other);
	return true;
}
