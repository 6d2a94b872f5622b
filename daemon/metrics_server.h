#ifndef RETOUR_METRICS_SERVER_H
#define RETOUR_METRICS_SERVER_H

#include "metrics.h"
#include "metrics_settings.h"

/*
 * Shows a service to monitoring, by HTTP (libmicrohttpd, touched here alone), in threads of its own: GET /metrics for
 * Prometheus, and GET /healthz, 200 or 503 with a line for each thing that was looked at. No TLS and no login: for loopback, a unix
 * socket, or a network that may know which providers and sender domains there are.
 */
typedef struct MetricsServer MetricsServer;

/*
 * How the service is, now; called by several threads at once, must return within seconds. Appends lines for people to text, and
 * lines of the page to series. False: it cannot do its work.
 */
typedef bool (*MetricsHealth)(void *context, GString *text, GString *series);

/* Takes the socket over; metrics and context are borrowed. ERROR_RETRY: no thread or no descriptor. */
MetricsServer *metrics_server_start(
	ListenSocket *socket, Metrics *metrics, MetricsHealth health, void *context, GError **error);
/* The same on the service's socket of the settings. *ret_server NULL: none is configured. */
bool metrics_server_open(const MetricsSettings *settings, MetricsService service, Metrics *metrics,
	MetricsHealth health, void *context, MetricsServer **ret_server, GError **error);
void metrics_server_stop(MetricsServer *server); /* NULL is fine */

#endif
