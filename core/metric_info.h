#ifndef RETOUR_METRIC_INFO_H
#define RETOUR_METRIC_INFO_H

#include "metric.h"

#include <stddef.h>

/* How each metric is kept and shown. */
typedef enum MetricType {
	TYPE_COUNTER,
	TYPE_GAUGE,
	TYPE_SECONDS, /* a histogram of microseconds, shown in seconds */
	TYPE_HASH,    /* a label instead of a value */
} MetricType;

typedef struct MetricLabel {
	const char *name;
	unsigned count;
	const char *(*value)(unsigned index); /* static */
} MetricLabel;

#define METRIC_LABELS 2

typedef struct MetricInfo {
	const char *name, *help;
	unsigned area; /* MetricArea */
	MetricType type;
	MetricLabel labels[METRIC_LABELS]; /* name NULL behind the last */
} MetricInfo;

/* Upper bounds of the buckets of TYPE_SECONDS in microseconds; the last bucket, for what is longer, has none. */
#define METRIC_BOUNDS 12
extern const unsigned metric_bounds[METRIC_BOUNDS];

const MetricInfo *metric_info(Metric metric);
/* How many numbers it keeps. */
size_t metric_cells(Metric metric);

#endif
