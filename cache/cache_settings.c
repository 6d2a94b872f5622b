#include "cache.h"

#include "redis_place.h"

#include <string.h>

const Setting cache_settings[] = {
	{ .key = "address", .type = SETTING_TEXTS, .offset = offsetof(CacheSettings, addresses) },
	{ .key = "sentinels", .type = SETTING_TEXTS, .offset = offsetof(CacheSettings, sentinels) },
	{ .key = "sentinel_name",
		.type = SETTING_TEXT,
		.offset = offsetof(CacheSettings, sentinel_name),
		.fallback = "mymaster" },
	{ .key = "user", .type = SETTING_TEXT, .offset = offsetof(CacheSettings, login.user) },
	{ .key = "password_file", .type = SETTING_TEXT, .offset = offsetof(CacheSettings, login.password_file) },
	{ .key = "sentinel_user", .type = SETTING_TEXT, .offset = offsetof(CacheSettings, sentinel_login.user) },
	{ .key = "sentinel_password_file",
		.type = SETTING_TEXT,
		.offset = offsetof(CacheSettings, sentinel_login.password_file) },
	{ .key = "ca_file", .type = SETTING_TEXT, .offset = offsetof(CacheSettings, tls.ca_file) },
	{ .key = "certificate_file", .type = SETTING_TEXT, .offset = offsetof(CacheSettings, tls.certificate_file) },
	{ .key = "key_file", .type = SETTING_TEXT, .offset = offsetof(CacheSettings, tls.key_file) },
	{ .key = "server_name", .type = SETTING_TEXT, .offset = offsetof(CacheSettings, tls.server_name) },
	{ .key = "prefix", .type = SETTING_TEXT, .offset = offsetof(CacheSettings, prefix), .fallback = "retour:" },
	{ .key = "timeout",
		.type = SETTING_DURATION,
		.offset = offsetof(CacheSettings, timeout_ms),
		.fallback = "250ms",
		.low = 5,
		.high = 10000 },
	{ .key = "fresh",
		.type = SETTING_DURATION,
		.offset = offsetof(CacheSettings, fresh_ms),
		.fallback = "10s",
		.low = 2000,
		.high = 600000 },
	{ .key = "connections",
		.type = SETTING_NUMBER,
		.offset = offsetof(CacheSettings, connections),
		.fallback = "16",
		.low = 1,
		.high = 1000 },
	{ 0 },
};

static void
make_absolute(const YamlNode *map, char **path)
{
	if (**path == '\0')
		return;
	char *absolute = settings_path(map, *path);

	g_free(*path);
	*path = absolute;
}

/* Every one; *secured becomes true when TLS is wanted for any. */
static bool
check_addresses(const YamlNode *map, const char *key, char *const *addresses, bool *secured, GError **error)
{
	for (size_t i = 0; addresses[i] != NULL; i++) {
		g_autoptr(GError) problem = NULL;

		if (*addresses[i] == '\0')
			continue;
		g_autoptr(RedisPlace) place = redis_place_parse(addresses[i], &problem);

		if (place == NULL)
			return yaml_fail(settings_place(map, key, i), error, "%s", problem->message);
		*secured = *secured || place->tls;
	}
	return true;
}

/* Who believes that a connection is secured must not be left in it. */
static bool
check_tls(const YamlNode *map, const RedisTlsSettings *tls, bool secured, GError **error)
{
	static const char *const keys[] = { "ca_file", "certificate_file", "key_file", "server_name" };

	for (size_t i = 0; i < G_N_ELEMENTS(keys) && !secured; i++) {
		const YamlNode *node = yaml_get(map, keys[i]);

		if (node != NULL)
			return yaml_fail(
				node, error, "'%s' is for TLS, and no address here begins with \"tls:\"", keys[i]);
	}
	if ((*tls->certificate_file == '\0') != (*tls->key_file == '\0'))
		return yaml_fail(yaml_get(map, *tls->key_file == '\0' ? "certificate_file" : "key_file"), error,
			"'certificate_file' and 'key_file' are only of use together");
	return true;
}

static bool
check(const YamlNode *map, const CacheSettings *settings, GError **error)
{
	bool secured = false;

	return check_addresses(map, "address", settings->addresses, &secured, error)
	       && check_addresses(map, "sentinels", settings->sentinels, &secured, error)
	       && check_tls(map, &settings->tls, secured, error);
}

bool
cache_settings_read(const YamlNode *map, CacheSettings *ret_settings, GError **error)
{
	CacheSettings settings = { 0 };
	char **const paths[] = { &settings.login.password_file, &settings.sentinel_login.password_file,
		&settings.tls.ca_file, &settings.tls.certificate_file, &settings.tls.key_file };

	if (!settings_read(cache_settings, map, &settings, error) || (map != NULL && !check(map, &settings, error))) {
		settings_clear(cache_settings, &settings);
		return false;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(paths); i++)
		make_absolute(map, paths[i]);
	*ret_settings = settings;
	return true;
}

static bool
has_address(char *const *addresses)
{
	return addresses != NULL && *addresses != NULL && **addresses != '\0';
}

bool
cache_settings_name_any(const CacheSettings *settings)
{
	return has_address(settings->addresses) || has_address(settings->sentinels);
}
