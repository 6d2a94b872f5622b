#ifndef RETOUR_WATCH_SETTINGS_H
#define RETOUR_WATCH_SETTINGS_H

#include "cache.h"
#include "metrics_settings.h"
#include "reputation.h"
#include "resolver.h"
#include "rulebook.h"
#include "store.h"

/* What retour-watch reads of retour.yaml. */
typedef struct WatchSettings {
	YamlFile *file;
	StoreSettings store;
	CacheSettings cache;
	ResolverSettings dns;
	ReputationSettings reputation;
	MetricsSettings metrics;
	RulebookSettings rules; /* for its providers file alone */
} WatchSettings;

WatchSettings *watch_settings_load(const char *path, GError **error);
void watch_settings_free(WatchSettings *settings);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(WatchSettings, watch_settings_free)

#endif
