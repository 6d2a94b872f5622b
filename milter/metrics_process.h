#ifndef RETOUR_METRICS_PROCESS_H
#define RETOUR_METRICS_PROCESS_H

#include "child.h"

/*
 * What the listeners count, shown by one more process of the supervisor: neither a listener nor the supervisor, on whom all
 * others depend, ever speaks HTTP. The meters are made before any process is forked, and outlive each of them.
 */
typedef struct MetricsProcess MetricsProcess;

MetricsProcess *metrics_process_new(const MilterSettings *settings); /* borrowed */
void metrics_process_free(MetricsProcess *shown);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MetricsProcess, metrics_process_free)

/* Where a listener counts. Before anything is forked. */
Meter *metrics_process_meter(MetricsProcess *shown, const MilterSettings *settings, const ListenerSettings *listener);
/* Makes the socket, if one is configured. */
bool metrics_process_open(MetricsProcess *shown, GError **error);

/* NULL: none. Whoever is forked gives it up. */
ListenSocket *metrics_process_socket(const MetricsProcess *shown);

/* When it is to be started next, as now_ms(); INT64_MAX: it runs, or nothing is configured. */
int64_t metrics_process_due(const MetricsProcess *shown);
/* children: whose descriptors the new process gives up. */
void metrics_process_start_due(MetricsProcess *shown, const GPtrArray *children);
/* For good, with its socket, so that the next instance can have it. */
void metrics_process_stop(MetricsProcess *shown);
/* A process has ended; it is started anew after a moment if it was this one. */
void metrics_process_reap(MetricsProcess *shown, pid_t pid);

#endif
