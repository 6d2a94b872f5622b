#include "oauth.h"

#include <string.h>

typedef enum Preset {
	PRESET_NONE,
	PRESET_MICROSOFT,
	PRESET_GOOGLE,
} Preset;

static const char *const presets[] = { "none", "microsoft", "google", NULL }; /* Preset */

#define MEMBER(field) .offset = offsetof(OauthSettings, field)

static const Setting oauth_settings[] = {
	{ .key = "preset", .type = SETTING_CHOICE, MEMBER(preset), .fallback = "none", .choices = presets },
	{ .key = "tenant", .type = SETTING_TEXT, MEMBER(tenant) },
	{ .key = "token_url", .type = SETTING_TEXT, MEMBER(token_url) },
	{ .key = "scope", .type = SETTING_TEXT, MEMBER(scope) },
	{ .key = "client_id", .type = SETTING_TEXT, MEMBER(client_id), .required = true },
	{ .key = "client_secret_file", .type = SETTING_TEXT, MEMBER(client_secret_file) },
	{ .key = "refresh_token_file", .type = SETTING_TEXT, MEMBER(refresh_token_file) },
	{ .key = "ca_file", .type = SETTING_TEXT, MEMBER(ca_file) },
	{ 0 },
};

/* What is not given is what the provider documents. */
static void
fill(char **value, const char *standard)
{
	if (**value != '\0')
		return;
	g_free(*value);
	*value = g_strdup(standard);
}

static void
fill_microsoft(OauthSettings *settings)
{
	g_autofree char *url =
		g_strdup_printf("https://login.microsoftonline.com/%s/oauth2/v2.0/token", settings->tenant);

	fill(&settings->token_url, url);
	fill(&settings->scope, *settings->refresh_token_file == '\0'
				       ? "https://outlook.office365.com/.default"
				       : "https://outlook.office.com/IMAP.AccessAsUser.All offline_access");
}

static bool
check_preset(const YamlNode *map, OauthSettings *settings, GError **error)
{
	switch ((Preset)settings->preset) {
	case PRESET_NONE:
		break;
	case PRESET_MICROSOFT:
		if (*settings->tenant == '\0')
			return yaml_fail(map, error, "'preset: microsoft' needs 'tenant'");
		fill_microsoft(settings);
		break;
	case PRESET_GOOGLE:
		if (*settings->refresh_token_file == '\0')
			return yaml_fail(map, error, "'preset: google' needs 'refresh_token_file'");
		fill(&settings->token_url, "https://oauth2.googleapis.com/token");
		break;
	}
	if (!g_str_has_prefix(settings->token_url, "https://"))
		return yaml_fail(map, error, "'token_url' must begin with https://");
	if (*settings->refresh_token_file == '\0' && *settings->client_secret_file == '\0')
		return yaml_fail(map, error, "'oauth' needs 'refresh_token_file' or 'client_secret_file'");
	return true;
}

bool
oauth_settings_read(const YamlNode *map, OauthSettings *ret_settings, GError **error)
{
	if (yaml_kind(map) != YAML_MAP)
		return yaml_fail(map, error, "'oauth' must be a map");
	if (!settings_read(oauth_settings, map, ret_settings, error))
		return false;
	settings_make_absolute(map, &ret_settings->client_secret_file);
	settings_make_absolute(map, &ret_settings->refresh_token_file);
	settings_make_absolute(map, &ret_settings->ca_file);
	return check_preset(map, ret_settings, error);
}

void
oauth_settings_clear(OauthSettings *settings)
{
	settings_clear(oauth_settings, settings);
}
