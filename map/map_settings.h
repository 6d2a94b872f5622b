#ifndef RETOUR_MAP_SETTINGS_H
#define RETOUR_MAP_SETTINGS_H

#include "blocking.h"
#include "cache.h"
#include "listen_settings.h"
#include "lookup_settings.h"
#include "metrics_settings.h"
#include "store.h"

/* How a listed recipient is answered for: what the asking table of the mail server understands. */
typedef enum MapFormat {
	FORMAT_ACCESS,    /* Postfix, access(5) */
	FORMAT_TRANSPORT, /* Postfix, transport(5) */
	FORMAT_SENDMAIL,  /* right-hand sides of Sendmail's access map */
} MapFormat;

typedef struct MapListener {
	char *name;
	ListenSettings listen;
	int format; /* MapFormat */
	Blocking blocking;
} MapListener;

/* Section "map" of retour.yaml, and the sections of the modules that the service is wired from. */
typedef struct MapSettings {
	GPtrArray *listeners; /* MapListener *, at least one; names and sockets are unique */
	int64_t threads;      /* questions that are answered at once */
	int64_t max_clients;
	int64_t idle_ms, drain_ms;
	LookupSettings lookup;
	StoreSettings store;
	CacheSettings cache;
	MetricsSettings metrics;
	const YamlNode *listeners_node; /* while loading only */
	gint references;                /* map_settings.c's own */
} MapSettings;

/* ERROR_CONFIG with file:line for whatever is wrong. */
MapSettings *map_settings_load(const char *path, GError **error);
MapSettings *map_settings_ref(MapSettings *settings);
void map_settings_unref(MapSettings *settings);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MapSettings, map_settings_unref)

/* Can a running service change from old to new? ERROR_CONFIG: names what changes with a restart only. */
bool map_settings_check_change(const MapSettings *old, const MapSettings *new, GError **error);

#endif
