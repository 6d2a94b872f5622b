#include "map_settings.h"

#include <string.h>

#define MILLISECONDS 1000

static const char *const formats[] = { "access", "transport", "sendmail", NULL };

#define MEMBER(field) .offset = offsetof(MapListener, field)

static const Setting listener_settings[] = {
	{ .key = "name", .type = SETTING_TEXT, MEMBER(name), .required = true },
	LISTEN_SETTINGS(offsetof(MapListener, listen)),
	{ .key = "format", .type = SETTING_CHOICE, MEMBER(format), .fallback = "access", .choices = formats },
	BLOCKING_SETTINGS(offsetof(MapListener, blocking)),
	{ 0 },
};

#undef MEMBER
#define MEMBER(field) .offset = offsetof(MapSettings, field)

static const Setting map_settings[] = {
	{ .key = "listeners", .type = SETTING_NODE, MEMBER(listeners_node), .required = true },
	{ .key = "threads", .type = SETTING_NUMBER, MEMBER(threads), .fallback = "8", .low = 1, .high = 256 },
	{ .key = "max_clients",
		.type = SETTING_NUMBER,
		MEMBER(max_clients),
		.fallback = "1000",
		.low = 1,
		.high = 100000 },
	{ .key = "idle",
		.type = SETTING_DURATION,
		MEMBER(idle_ms),
		.fallback = "1h",
		.low = MILLISECONDS,
		.high = 7 * 24 * 3600 * (int64_t)MILLISECONDS },
	{ .key = "drain",
		.type = SETTING_DURATION,
		MEMBER(drain_ms),
		.fallback = "5s",
		.low = 0,
		.high = 600 * MILLISECONDS },
	LOOKUP_SETTINGS(offsetof(MapSettings, lookup)),
	{ 0 },
};

static void
listener_free(void *data)
{
	MapListener *listener = data;

	blocking_clear(&listener->blocking);
	settings_clear(listener_settings, listener);
	g_free(listener);
}

static bool
check_unique(const YamlNode *map, const GPtrArray *others, const MapListener *listener, GError **error)
{
	for (unsigned i = 0; i < others->len; i++) {
		const MapListener *other = others->pdata[i];

		if (!listen_settings_check_differ(
			    map, listener->name, &listener->listen, other->name, &other->listen, error))
			return false;
	}
	return true;
}

/*
 * What the format cannot say. access(5) and Sendmail have a DISCARD, but it throws the message away for all its recipients,
 * also those who are on no list.
 */
static bool
check_modes(const YamlNode *map, const MapListener *listener, GError **error)
{
	if (listener->format != FORMAT_TRANSPORT && blocking_has_mode(&listener->blocking, BLOCK_DISCARD))
		return yaml_fail(map, error,
			"format '%s' cannot discard for one recipient: it would be for all of the message; use format "
			"transport",
			formats[listener->format]);
	if (listener->format != FORMAT_ACCESS && blocking_has_mode(&listener->blocking, BLOCK_MARK))
		return yaml_fail(map, error, "format '%s' cannot mark", formats[listener->format]);
	return true;
}

static bool
read_listener(GPtrArray *listeners, const YamlNode *map, GError **error)
{
	MapListener *listener = g_new0(MapListener, 1);
	bool good = settings_read(listener_settings, map, listener, error)
		    && blocking_read(map, &listener->blocking, error)
		    && listen_settings_check(map, &listener->listen, error)
		    && check_unique(map, listeners, listener, error) && check_modes(map, listener, error);

	if (good)
		g_ptr_array_add(listeners, listener);
	else
		listener_free(listener);
	return good;
}

static bool
read_map(MapSettings *settings, const YamlNode *root, GError **error)
{
	const YamlNode *map = yaml_get(root, "map"), *list;

	if (map == NULL)
		return yaml_fail(root, error, "section 'map' is missing");
	if (!settings_read(map_settings, map, settings, error))
		return false;
	list = settings->listeners_node;
	if (yaml_kind(list) != YAML_LIST || yaml_count(list) == 0)
		return yaml_fail(list, error, "'listeners' must be a list with at least one '- name: ...'");
	for (size_t i = 0; i < yaml_count(list); i++)
		if (!read_listener(settings->listeners, yaml_item(list, i), error))
			return false;
	settings->listeners_node = NULL;
	return true;
}

MapSettings *
map_settings_load(const char *path, GError **error)
{
	g_autoptr(YamlFile) file = settings_open(path, error);
	g_autoptr(MapSettings) settings = g_new0(MapSettings, 1);
	const YamlNode *root;

	settings->references = 1;
	settings->listeners = g_ptr_array_new_with_free_func(listener_free);
	if (file == NULL)
		return NULL;
	root = yaml_file_root(file);
	if (!settings_read(store_settings, yaml_get(root, "database"), &settings->store, error)
		|| !cache_settings_read(yaml_get(root, "redis"), &settings->cache, error)
		|| !metrics_settings_read(yaml_get(root, "metrics"), &settings->metrics, error)
		|| !read_map(settings, root, error))
		return NULL;
	return g_steal_pointer(&settings);
}

MapSettings *
map_settings_ref(MapSettings *settings)
{
	g_atomic_int_inc(&settings->references);
	return settings;
}

void
map_settings_unref(MapSettings *settings)
{
	if (settings == NULL || !g_atomic_int_dec_and_test(&settings->references))
		return;
	g_ptr_array_unref(settings->listeners);
	settings_clear(map_settings, settings);
	settings_clear(store_settings, &settings->store);
	settings_clear(cache_settings, &settings->cache);
	metrics_settings_clear(&settings->metrics);
	g_free(settings);
}

static const char *
listener_change(const MapListener *old, const MapListener *new)
{
	return strcmp(old->name, new->name) != 0 ? "name" : listen_settings_change(&old->listen, &new->listen);
}

bool
map_settings_check_change(const MapSettings *old, const MapSettings *new, GError **error)
{
	const char *change = NULL;

	if (old->listeners->len != new->listeners->len)
		change = "listeners";
	for (unsigned i = 0; i < old->listeners->len && change == NULL; i++)
		change = listener_change(old->listeners->pdata[i], new->listeners->pdata[i]);
	if (change == NULL)
		return true;
	g_set_error(error, RETOUR_ERROR, ERROR_CONFIG, "'%s' changes with a restart only", change);
	return false;
}
