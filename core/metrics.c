#include "metrics.h"

#include "metric_info.h"

#include <pthread.h>
#include <stdarg.h>
#include <string.h>

#define SPARSE 64 /* a metric with more series shows those alone in which something was counted */

typedef struct Part {
	const char *label; /* NULL: of the process */
	char *value;
	Meter *meter;
} Part;

struct Metrics {
	char *version;
	pthread_mutex_t lock; /* all below */
	GPtrArray *parts;     /* Part * */
	char *published;
};

static void
part_free(void *data)
{
	Part *part = data;

	meter_free(part->meter);
	g_free(part->value);
	g_free(part);
}

static Meter *
add_part(Metrics *metrics, unsigned areas, const char *label, const char *value)
{
	Part *part = g_new0(Part, 1);

	part->label = label;
	part->value = g_strdup(value);
	part->meter = meter_new(areas);
	g_ptr_array_add(metrics->parts, part);
	return part->meter;
}

Metrics *
metrics_new(const char *version, unsigned areas)
{
	Metrics *metrics = g_new0(Metrics, 1);

	metrics->version = g_strdup(version);
	metrics->parts = g_ptr_array_new_with_free_func(part_free);
	metrics->published = g_strdup("");
	pthread_mutex_init(&metrics->lock, NULL);
	meter_set(add_part(metrics, areas | AREA_SERVICE, NULL, ""), METRIC_START_TIME,
		(uint64_t)(g_get_real_time() / G_USEC_PER_SEC));
	return metrics;
}

void
metrics_free(Metrics *metrics)
{
	if (metrics == NULL)
		return;
	pthread_mutex_destroy(&metrics->lock);
	g_ptr_array_unref(metrics->parts);
	g_free(metrics->published);
	g_free(metrics->version);
	g_free(metrics);
}

Meter *
metrics_meter(Metrics *metrics)
{
	return ((const Part *)g_ptr_array_index(metrics->parts, 0))->meter;
}

/* With the lock held. */
static Meter *
find_part(const Metrics *metrics, const char *label, const char *value)
{
	for (unsigned i = 1; i < metrics->parts->len; i++) {
		const Part *part = g_ptr_array_index(metrics->parts, i);

		if (strcmp(part->label, label) == 0 && strcmp(part->value, value) == 0)
			return part->meter;
	}
	return NULL;
}

Meter *
metrics_meter_of(Metrics *metrics, unsigned areas, const char *label, const char *value)
{
	Meter *meter;

	pthread_mutex_lock(&metrics->lock);
	meter = find_part(metrics, label, value);
	if (meter == NULL)
		meter = add_part(metrics, areas, label, value);
	pthread_mutex_unlock(&metrics->lock);
	return meter;
}

void
metrics_keep(Metrics *metrics, bool (*keep)(const void *context, const char *value), const void *context)
{
	pthread_mutex_lock(&metrics->lock);
	for (unsigned i = metrics->parts->len - 1; i > 0; i--) {
		const Part *part = g_ptr_array_index(metrics->parts, i);

		if (!keep(context, part->value))
			g_ptr_array_remove_index(metrics->parts, i);
	}
	pthread_mutex_unlock(&metrics->lock);
}

void
metrics_foreach(Metrics *metrics, void (*each)(void *context, const char *value, const Meter *meter), void *context)
{
	pthread_mutex_lock(&metrics->lock);
	for (unsigned i = 0; i < metrics->parts->len; i++) {
		const Part *part = g_ptr_array_index(metrics->parts, i);

		each(context, part->value, part->meter);
	}
	pthread_mutex_unlock(&metrics->lock);
}

void
metrics_publish(Metrics *metrics, char *text)
{
	pthread_mutex_lock(&metrics->lock);
	g_free(metrics->published);
	metrics->published = text;
	pthread_mutex_unlock(&metrics->lock);
}

void
metrics_family(GString *text, const char *name, const char *type, const char *help)
{
	g_string_append_printf(text, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* What the format wants escaped in the value of a label. */
static void
append_escaped(GString *text, const char *value)
{
	for (; *value != '\0'; value++)
		if (*value == '\n')
			g_string_append(text, "\\n");
		else if (*value == '"' || *value == '\\')
			g_string_append_printf(text, "\\%c", *value);
		else
			g_string_append_c(text, *value);
}

/* Opens the braces at the first label. */
static void
append_label(GString *text, bool *opened, const char *label, const char *value)
{
	g_string_append_printf(text, "%s%s=\"", *opened ? "," : "{", label);
	append_escaped(text, value);
	g_string_append_c(text, '"');
	*opened = true;
}

void
metrics_line(GString *text, const char *name, double value, ...)
{
	char number[G_ASCII_DTOSTR_BUF_SIZE];
	bool opened = false;
	va_list pairs;

	g_string_append(text, name);
	va_start(pairs, value);
	for (const char *label; (label = va_arg(pairs, const char *)) != NULL;)
		append_label(text, &opened, label, va_arg(pairs, const char *));
	va_end(pairs);
	g_string_append_printf(
		text, "%s %s\n", opened ? "}" : "", g_ascii_formatd(number, sizeof number, "%.10g", value));
}

/* The name of a series, up to where its value stands. */
static void
begin_line(GString *text, const MetricInfo *info, const char *suffix, const Part *part, bool *opened)
{
	*opened = false;
	g_string_append_printf(text, "%s%s", info->name, suffix);
	if (part->label != NULL)
		append_label(text, opened, part->label, part->value);
}

static void
end_line(GString *text, bool opened, uint64_t value)
{
	g_string_append_printf(text, "%s %" G_GUINT64_FORMAT "\n", opened ? "}" : "", value);
}

static void
append_cell(GString *text, Metric metric, const Part *part, size_t cell)
{
	const MetricInfo *info = metric_info(metric);
	uint64_t value = meter_read(part->meter, metric, cell);
	bool opened;

	if (value == 0 && metric_cells(metric) > SPARSE)
		return;
	begin_line(text, info, "", part, &opened);
	if (info->labels[1].name != NULL) {
		append_label(text, &opened, info->labels[0].name,
			info->labels[0].value((unsigned)(cell / info->labels[1].count)));
		cell %= info->labels[1].count;
		append_label(text, &opened, info->labels[1].name, info->labels[1].value((unsigned)cell));
	} else if (info->labels[0].name != NULL) {
		append_label(text, &opened, info->labels[0].name, info->labels[0].value((unsigned)cell));
	}
	end_line(text, opened, value);
}

/* The counts are read before their sum, and the whole is made of the buckets, so that a bucket never exceeds it. */
static void
append_seconds(GString *text, Metric metric, const Part *part)
{
	const MetricInfo *info = metric_info(metric);
	uint64_t count = 0, sum;
	bool opened;

	for (size_t i = 0; i <= METRIC_BOUNDS; i++) {
		g_autofree char *bound = i < METRIC_BOUNDS
						 ? g_strdup_printf("%u.%06u", metric_bounds[i] / G_USEC_PER_SEC,
							 metric_bounds[i] % (unsigned)G_USEC_PER_SEC)
						 : g_strdup("+Inf");

		count += meter_read(part->meter, metric, i);
		begin_line(text, info, "_bucket", part, &opened);
		append_label(text, &opened, "le", bound);
		end_line(text, opened, count);
	}
	sum = meter_read(part->meter, metric, METRIC_BOUNDS + 1);
	begin_line(text, info, "_sum", part, &opened);
	g_string_append_printf(text, "%s %" G_GUINT64_FORMAT ".%06u\n", opened ? "}" : "", sum / G_USEC_PER_SEC,
		(unsigned)(sum % G_USEC_PER_SEC));
	begin_line(text, info, "_count", part, &opened);
	end_line(text, opened, count);
}

static void
append_hash(GString *text, Metric metric, const Part *part)
{
	uint64_t value = meter_read(part->meter, metric, 0);
	g_autofree char *hash = g_strdup_printf("%016" G_GINT64_MODIFIER "x", value);
	bool opened;

	if (value == 0)
		return;
	begin_line(text, metric_info(metric), "", part, &opened);
	append_label(text, &opened, "hash", hash);
	end_line(text, opened, 1);
}

static void
append_part(GString *text, Metric metric, const Part *part)
{
	switch (metric_info(metric)->type) {
	case TYPE_COUNTER:
	case TYPE_GAUGE:
		for (size_t cell = 0; cell < metric_cells(metric); cell++)
			append_cell(text, metric, part, cell);
		break;
	case TYPE_SECONDS:
		append_seconds(text, metric, part);
		break;
	case TYPE_HASH:
		append_hash(text, metric, part);
		break;
	}
}

/* With the lock held. */
static void
append_metric(GString *text, const Metrics *metrics, Metric metric)
{
	static const char *const types[] = {
		[TYPE_COUNTER] = "counter", [TYPE_GAUGE] = "gauge", [TYPE_SECONDS] = "histogram", [TYPE_HASH] = "gauge"
	};
	const MetricInfo *info = metric_info(metric);
	bool begun = false;

	for (unsigned i = 0; i < metrics->parts->len; i++) {
		const Part *part = g_ptr_array_index(metrics->parts, i);

		if (!meter_has(part->meter, metric))
			continue;
		if (!begun)
			metrics_family(text, info->name, types[info->type], info->help);
		begun = true;
		append_part(text, metric, part);
	}
}

char *
metrics_show(Metrics *metrics)
{
	GString *text = g_string_sized_new(16384);

	metrics_family(text, "retour_build_info", "gauge", "The version");
	metrics_line(text, "retour_build_info", 1, "version", metrics->version, NULL);
	pthread_mutex_lock(&metrics->lock);
	for (Metric metric = 0; metric < METRIC_COUNT; metric++)
		append_metric(text, metrics, metric);
	g_string_append(text, metrics->published);
	pthread_mutex_unlock(&metrics->lock);
	return g_string_free(text, FALSE);
}
