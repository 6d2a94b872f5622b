#ifndef RETOUR_METRICS_H
#define RETOUR_METRICS_H

#include "meter.h"

#include <glib.h>

/* The meters of one service, and the page that shows them: text of Prometheus, version 0.0.4. Thread-safe. */
typedef struct Metrics Metrics;

/* With a meter of AREA_SERVICE and what else the process itself counts. */
Metrics *metrics_new(const char *version, unsigned areas);
void metrics_free(Metrics *metrics); /* with its meters; NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Metrics, metrics_free)

Meter *metrics_meter(Metrics *metrics); /* of the process; borrowed, as those below */
/*
 * The meter of one listener or mailbox, shown with that label: the one it has, so that counts go on over a reload, or a new
 * one. label: static, a name as Prometheus has it. value: from the configuration.
 */
Meter *metrics_meter_of(Metrics *metrics, unsigned areas, const char *label, const char *value);
/* Forgets the meters with a label for which keep says no. Nobody counts there any more. */
void metrics_keep(Metrics *metrics, bool (*keep)(const void *context, const char *value), const void *context);
/* Calls each for every meter; value: "" for that of the process. */
void metrics_foreach(
	Metrics *metrics, void (*each)(void *context, const char *value, const Meter *meter), void *context);

/*
 * Lines of metrics whose labels are not fixed, made by metrics_line(), shown behind the others until they are replaced. Takes
 * text over; it is the caller who bounds how many there are.
 */
void metrics_publish(Metrics *metrics, char *text);

/* The whole page; owned by the caller. */
char *metrics_show(Metrics *metrics);

/* For metrics_publish(): the two lines that begin a family, and one of its series. NULL ends the pairs of label and value. */
void metrics_family(GString *text, const char *name, const char *type, const char *help);
void metrics_line(GString *text, const char *name, double value, ...) G_GNUC_NULL_TERMINATED;

#endif
