#include "meter.h"

#include "metric_info.h"

#include <glib.h>
#include <stdatomic.h>
#include <sys/mman.h>

#define ABSENT UINT16_MAX

/* All of it lies in the shared memory; the layout never changes after meter_new(). */
struct Meter {
	size_t size;
	uint16_t first[METRIC_COUNT]; /* cell of each metric, or ABSENT */
	atomic_uint_fast64_t cells[];
};

static bool
is_of(Metric metric, unsigned areas)
{
	return (metric_info(metric)->area & areas) != 0;
}

Meter *
meter_new(unsigned areas)
{
	size_t cells = 0, size;
	Meter *meter;

	for (Metric metric = 0; metric < METRIC_COUNT; metric++)
		cells += is_of(metric, areas) ? metric_cells(metric) : 0;
	size = sizeof(Meter) + cells * sizeof(meter->cells[0]);
	meter = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (meter == MAP_FAILED)
		g_error("out of memory");
	meter->size = size;
	cells = 0;
	for (Metric metric = 0; metric < METRIC_COUNT; metric++) {
		meter->first[metric] = is_of(metric, areas) ? (uint16_t)cells : ABSENT;
		cells += is_of(metric, areas) ? metric_cells(metric) : 0;
	}
	return meter;
}

void
meter_free(Meter *meter)
{
	if (meter != NULL)
		munmap(meter, meter->size);
}

static void
add(Meter *meter, Metric metric, size_t cell, uint64_t n)
{
	if (meter != NULL && meter->first[metric] != ABSENT)
		atomic_fetch_add_explicit(&meter->cells[meter->first[metric] + cell], n, memory_order_relaxed);
}

void
meter_count(Meter *meter, Metric metric)
{
	add(meter, metric, 0, 1);
}

void
meter_count_as(Meter *meter, Metric metric, unsigned label)
{
	meter_add(meter, metric, label, 1);
}

void
meter_count_as_both(Meter *meter, Metric metric, unsigned first, unsigned second)
{
	const MetricLabel *labels = metric_info(metric)->labels;

	g_assert(first < labels[0].count && second < labels[1].count);
	add(meter, metric, (size_t)first * labels[1].count + second, 1);
}

void
meter_add(Meter *meter, Metric metric, unsigned label, uint64_t n)
{
	g_assert(label < metric_cells(metric));
	if (n > 0)
		add(meter, metric, label, n);
}

void
meter_time(Meter *meter, Metric metric, int64_t microseconds)
{
	unsigned bucket = 0;

	while (bucket < METRIC_BOUNDS && microseconds > metric_bounds[bucket])
		bucket++;
	add(meter, metric, bucket, 1);
	add(meter, metric, METRIC_BOUNDS + 1, (uint64_t)MAX(microseconds, 0));
}

void
meter_set(Meter *meter, Metric metric, uint64_t value)
{
	if (meter != NULL && meter->first[metric] != ABSENT)
		atomic_store_explicit(&meter->cells[meter->first[metric]], value, memory_order_relaxed);
}

void
meter_clear_gauges(Meter *meter)
{
	for (Metric metric = 0; metric < METRIC_COUNT; metric++)
		if (metric_info(metric)->type == TYPE_GAUGE)
			meter_set(meter, metric, 0);
}

bool
meter_has(const Meter *meter, Metric metric)
{
	return meter->first[metric] != ABSENT;
}

uint64_t
meter_read(const Meter *meter, Metric metric, size_t cell)
{
	g_assert(cell < metric_cells(metric));
	return meter->first[metric] == ABSENT
		       ? 0
		       : atomic_load_explicit(&meter->cells[meter->first[metric] + cell], memory_order_relaxed);
}
