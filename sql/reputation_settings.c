#include "reputation.h"

#include <string.h>

const char *const reputation_windows[] = { "1h", "24h", "7d", NULL };

const Setting reputation_settings[] = {
	{ .key = "complaints",
		.type = SETTING_TEXTS,
		.offset = offsetof(ReputationSettings, complaint_limits),
		.fallback = "[0.1%, 0.3%]" },
	{ .key = "hard_bounces",
		.type = SETTING_TEXTS,
		.offset = offsetof(ReputationSettings, hard_bounce_limits),
		.fallback = "[2%, 5%]" },
	{ .key = "least_sent",
		.type = SETTING_NUMBER,
		.offset = offsetof(ReputationSettings, least_sent),
		.fallback = "100",
		.low = 1,
		.high = 1000000 },
	{ .key = "alert_window",
		.type = SETTING_CHOICE,
		.offset = offsetof(ReputationSettings, alert_window),
		.fallback = "24h",
		.choices = reputation_windows },
	{ .key = "interval",
		.type = SETTING_DURATION,
		.offset = offsetof(ReputationSettings, interval_ms),
		.fallback = "1m",
		.low = 1000,
		.high = 3600000 },
	{ .key = "alert_hold",
		.type = SETTING_DURATION,
		.offset = offsetof(ReputationSettings, hold_ms),
		.fallback = "1h",
		.low = 0,
		.high = INT64_C(30) * 86400000 },
	{ .key = "alert_command", .type = SETTING_TEXTS, .offset = offsetof(ReputationSettings, alert_command) },
	{ .key = "alert_url", .type = SETTING_TEXT, .offset = offsetof(ReputationSettings, alert_url) },
	{ .key = "alert_token_file", .type = SETTING_TEXT, .offset = offsetof(ReputationSettings, alert_token_file) },
	{ .key = "alert_ca_file", .type = SETTING_TEXT, .offset = offsetof(ReputationSettings, alert_ca_file) },
	{ 0 },
};

/* "0.3%" or "0.3 %". */
static bool
percent_parse(const char *text, double *ret_rate)
{
	char *end;
	double percent = g_ascii_strtod(text, &end);

	if (end == text || strcmp(g_strchug(end), "%") != 0)
		return false;
	*ret_rate = percent / 100;
	return true;
}

static bool
limits_read(const YamlNode *map, const char *key, char **texts, int64_t least, RateLimits *ret_limits, GError **error)
{
	RateLimits limits = { .least_trials = least };

	if (g_strv_length(texts) == 2 && percent_parse(texts[0], &limits.watch) && percent_parse(texts[1], &limits.bad)
		&& limits.watch > 0 && limits.watch <= limits.bad && limits.bad < 1) {
		*ret_limits = limits;
		return true;
	}
	return yaml_fail(yaml_get(map, key), error,
		"'%s' must be two rates, from where to watch and from where it is bad, such as [0.1%%, 0.3%%]", key);
}

/* One way alone: of an alert that the one has told and the other not, nobody could say whether it was told. */
static bool
check_alerts(const YamlNode *map, ReputationSettings *settings, GError **error)
{
	if (*settings->alert_url == '\0') {
		if (*settings->alert_token_file != '\0')
			return yaml_fail(
				yaml_get(map, "alert_token_file"), error, "'alert_token_file' needs 'alert_url'");
		return true;
	}
	if (!g_str_has_prefix(settings->alert_url, "https://"))
		return yaml_fail(yaml_get(map, "alert_url"), error, "'alert_url' must begin with https://");
	if (*settings->alert_command != NULL)
		return yaml_fail(yaml_get(map, "alert_url"), error, "either 'alert_url' or 'alert_command', not both");
	settings_make_absolute(map, &settings->alert_token_file);
	settings_make_absolute(map, &settings->alert_ca_file);
	return true;
}

bool
reputation_settings_read(const YamlNode *map, ReputationSettings *ret_settings, GError **error)
{
	ReputationSettings *settings = ret_settings;

	return settings_read(reputation_settings, map, settings, error)
	       && limits_read(map, "complaints", settings->complaint_limits, settings->least_sent,
		       &settings->complaints, error)
	       && limits_read(map, "hard_bounces", settings->hard_bounce_limits, settings->least_sent,
		       &settings->hard_bounces, error)
	       && check_alerts(map, settings, error);
}
