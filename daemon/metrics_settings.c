#include "metrics_settings.h"

#define SOCKET(name, service) \
	{ \
		.key = (name), .type = SETTING_TEXT, .offset = offsetof(MetricsSettings, sockets[(service)]) \
	}

static const Setting metrics_settings[] = {
	SOCKET("milter", METRICS_MILTER),
	SOCKET("map", METRICS_MAP),
	SOCKET("fbl", METRICS_FBL),
	SOCKET("watch", METRICS_WATCH),
	{ .key = "socket_mode", .type = SETTING_TEXT, .offset = offsetof(MetricsSettings, mode), .fallback = "0660" },
	{ .key = "socket_group", .type = SETTING_TEXT, .offset = offsetof(MetricsSettings, group) },
	{ 0 },
};

static ListenSettings
listen_settings_of(const MetricsSettings *settings, unsigned service)
{
	return (ListenSettings){
		.address = settings->sockets[service], .mode = settings->mode, .group = settings->group
	};
}

bool
metrics_settings_read(const YamlNode *map, MetricsSettings *ret_settings, GError **error)
{
	if (!settings_read(metrics_settings, map, ret_settings, error))
		return false;
	for (unsigned i = 0; i < METRICS_SERVICES; i++) {
		const ListenSettings listen = listen_settings_of(ret_settings, i);
		g_autoptr(GError) problem = NULL;

		if (*listen.address == '\0')
			continue;
		const YamlNode *node = yaml_get(map, metrics_settings[i].key);

		if (!listen_address_check(listen.address, &problem))
			return yaml_fail(node, error, "%s", problem->message);
		if (!listen_settings_check(map, &listen, error))
			return false;
		for (unsigned other = 0; other < i; other++)
			if (g_str_equal(ret_settings->sockets[other], listen.address))
				return yaml_fail(node, error, "'%s' has the same socket", metrics_settings[other].key);
	}
	return true;
}

void
metrics_settings_clear(MetricsSettings *settings)
{
	settings_clear(metrics_settings, settings);
}

bool
metrics_settings_open(
	const MetricsSettings *settings, MetricsService service, ListenSocket **ret_socket, GError **error)
{
	const ListenSettings listen = listen_settings_of(settings, service);
	ListenSocket *socket = *listen.address == '\0' ? NULL : listen_settings_open(&listen, error);

	if (socket == NULL && *listen.address != '\0')
		return false;
	*ret_socket = socket;
	return true;
}
