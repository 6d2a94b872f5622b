#include "watch_settings.h"

#include "data_dir.h"

WatchSettings *
watch_settings_load(const char *path, GError **error)
{
	g_autoptr(WatchSettings) settings = g_new0(WatchSettings, 1);
	g_autofree char *shipped = data_dir();
	const YamlNode *root;

	settings->file = settings_open(path, error);
	if (settings->file == NULL)
		return NULL;
	root = yaml_file_root(settings->file);
	if (!settings_read(store_settings, yaml_get(root, "database"), &settings->store, error)
		|| !cache_settings_read(yaml_get(root, "redis"), &settings->cache, error)
		|| !settings_read(resolver_settings, yaml_get(root, "dns"), &settings->dns, error)
		|| !metrics_settings_read(yaml_get(root, "metrics"), &settings->metrics, error)
		|| !reputation_settings_read(yaml_get(root, "reputation"), &settings->reputation, error)
		|| !rulebook_settings_read(
			yaml_get(root, "rules"), yaml_get(root, "trust"), shipped, &settings->rules, error))
		return NULL;
	return g_steal_pointer(&settings);
}

void
watch_settings_free(WatchSettings *settings)
{
	if (settings == NULL)
		return;
	settings_clear(store_settings, &settings->store);
	settings_clear(cache_settings, &settings->cache);
	settings_clear(resolver_settings, &settings->dns);
	metrics_settings_clear(&settings->metrics);
	settings_clear(reputation_settings, &settings->reputation);
	rulebook_settings_clear(&settings->rules);
	yaml_file_free(settings->file);
	g_free(settings);
}
