#ifndef RETOUR_METRICS_SETTINGS_H
#define RETOUR_METRICS_SETTINGS_H

#include "listen_settings.h"

/* Section `metrics` of retour.yaml: where each service shows what it counts. */
typedef enum MetricsService {
	METRICS_MILTER,
	METRICS_MAP,
	METRICS_FBL,
	METRICS_WATCH,
	METRICS_SERVICES
} MetricsService;

typedef struct MetricsSettings {
	char *sockets[METRICS_SERVICES]; /* as ListenSettings.address; "": nowhere */
	char *mode, *group;              /* of unix sockets */
} MetricsSettings;

/* ERROR_CONFIG names file:line. map may be NULL. The struct must be zeroed before the first use. */
bool metrics_settings_read(const YamlNode *map, MetricsSettings *ret_settings, GError **error);
void metrics_settings_clear(MetricsSettings *settings);

/* *ret_socket NULL: the service shows nothing. */
bool metrics_settings_open(
	const MetricsSettings *settings, MetricsService service, ListenSocket **ret_socket, GError **error);

#endif
