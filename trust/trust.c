#include "trust.h"

#include "token.h"

#include <string.h>

#define LOCAL_PART_LIMIT 64 /* RFC 5321 section 4.5.3.1.1 */
#define PREFIX_LIMIT (LOCAL_PART_LIMIT - (TOKEN_TEXT_SIZE - 1))

const Setting trust_settings[] = {
	{ .key = "keys", .type = SETTING_TEXT, .offset = offsetof(TrustSettings, keys) },
	{ .key = "lifetime",
		.type = SETTING_DURATION,
		.offset = offsetof(TrustSettings, lifetime_ms),
		.fallback = "30d",
		.low = 1000,
		.high = INT64_C(365) * 24 * 3600 * 1000 },
	{ .key = "prefix", .type = SETTING_TEXT, .offset = offsetof(TrustSettings, prefix), .fallback = "b-" },
	{ .key = "enrolled", .type = SETTING_TEXTS, .offset = offsetof(TrustSettings, enrolled) },
	{ .key = "unsubscribe_prefix",
		.type = SETTING_TEXT,
		.offset = offsetof(TrustSettings, unsubscribe_prefix),
		.fallback = "u-" },
	{ 0 },
};

/* Lower case, for others change the case; '=' and quotes would be read as something else on the way. */
static bool
check_prefix(const YamlNode *map, const char *key, const char *prefix, GError **error)
{
	size_t size = strlen(prefix);

	if (size <= PREFIX_LIMIT && strspn(prefix, "abcdefghijklmnopqrstuvwxyz0123456789-_+.") == size && *prefix != '.'
		&& strstr(prefix, "..") == NULL)
		return true;
	return yaml_fail(yaml_get(map, key), error,
		"'%s' must be at most %d lower-case letters, digits and '-_+.', for a local part has room for no "
		"more",
		key, PREFIX_LIMIT);
}

bool
trust_settings_read(const YamlNode *map, TrustSettings *ret_settings, GError **error)
{
	TrustSettings settings = { 0 };

	if (!settings_read(trust_settings, map, &settings, error)
		|| !check_prefix(map, "prefix", settings.prefix, error)
		|| !check_prefix(map, "unsubscribe_prefix", settings.unsubscribe_prefix, error)) {
		settings_clear(trust_settings, &settings);
		return false;
	}
	if (*settings.keys != '\0') {
		char *path = settings_path(map, settings.keys);

		g_free(settings.keys);
		settings.keys = path;
	}
	*ret_settings = settings;
	return true;
}

Trust *
trust_load(const TrustSettings *settings, GError **error)
{
	KeyRing *ring = *settings->keys == '\0' ? NULL : keyring_load(settings->keys, error);
	Trust *trust;

	if (ring == NULL && *settings->keys != '\0')
		return NULL;
	trust = g_new0(Trust, 1);
	trust->ring = ring;
	trust->lifetime_seconds = settings->lifetime_ms / 1000;
	trust->prefix = g_strdup(settings->prefix);
	trust->enrolled = g_strdupv(settings->enrolled);
	trust->unsubscribe_prefix = g_strdup(settings->unsubscribe_prefix);
	return trust;
}

void
trust_free(Trust *trust)
{
	if (trust == NULL)
		return;
	keyring_free(trust->ring);
	g_free(trust->prefix);
	g_strfreev(trust->enrolled);
	g_free(trust->unsubscribe_prefix);
	g_free(trust);
}
