#ifndef RETOUR_METER_H
#define RETOUR_METER_H

#include "metric.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Where one listener, mailbox or process counts: numbers of a fixed layout in memory that is shared with the processes
 * forked after it was made, so that whoever serves them reads what others count, and nothing is lost when one is killed. A
 * count is one relaxed atomic addition; there is no lock. Thread-safe. Everywhere NULL counts nothing, and so does a metric of
 * an area that the meter does not have.
 */
typedef struct Meter Meter;

Meter *meter_new(unsigned areas);
void meter_free(Meter *meter); /* of this process; NULL is fine */

/* One more of a counter without labels; of one with a label that has that index; with two. */
void meter_count(Meter *meter, Metric metric);
void meter_count_as(Meter *meter, Metric metric, unsigned label);
void meter_count_as_both(Meter *meter, Metric metric, unsigned first, unsigned second);
/* n more of a counter; label 0 where there is none. */
void meter_add(Meter *meter, Metric metric, unsigned label, uint64_t n);
/* Of TYPE_SECONDS. */
void meter_time(Meter *meter, Metric metric, int64_t microseconds);
/* A gauge, or the number that TYPE_HASH shows. */
void meter_set(Meter *meter, Metric metric, uint64_t value);
/* All gauges to 0: the process that kept them has ended. */
void meter_clear_gauges(Meter *meter);

/* For whoever shows it. cell: index in the order of the labels, the last one fastest. 0: not of its areas. */
bool meter_has(const Meter *meter, Metric metric);
uint64_t meter_read(const Meter *meter, Metric metric, size_t cell);

#endif
