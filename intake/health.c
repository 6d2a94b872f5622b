#include "health.h"

#include <pthread.h>

#define ANSWER_MS 2000
#define KEEP_US (2 * G_USEC_PER_SEC)

struct Health {
	char *url;
	Metrics *metrics;
	pthread_mutex_t lock; /* all below */
	int64_t asked_at;     /* monotonic; 0: never */
	int64_t took_us;
	char *problem; /* NULL: PostgreSQL answered */
};

Health *
health_new(const StoreSettings *store, Metrics *metrics)
{
	Health *health = g_new0(Health, 1);

	health->url = g_strdup(store->url);
	health->metrics = metrics;
	pthread_mutex_init(&health->lock, NULL);
	return health;
}

void
health_free(Health *health)
{
	if (health == NULL)
		return;
	pthread_mutex_destroy(&health->lock);
	g_free(health->problem);
	g_free(health->url);
	g_free(health);
}

/* With the lock held. */
static void
probe(Health *health)
{
	int64_t now = g_get_monotonic_time();
	g_autoptr(GError) error = NULL;

	if (health->asked_at != 0 && now - health->asked_at < KEEP_US)
		return;
	g_clear_pointer(&health->problem, g_free);
	if (!store_probe(health->url, ANSWER_MS, &error))
		health->problem = g_strdup(error->message);
	health->asked_at = g_get_monotonic_time();
	health->took_us = health->asked_at - now;
}

static bool
ask_database(Health *health, GString *text, GString *series)
{
	bool up;

	pthread_mutex_lock(&health->lock);
	probe(health);
	up = health->problem == NULL;
	if (up)
		g_string_append_printf(
			text, "postgresql: up, answered in %" G_GINT64_FORMAT " ms\n", health->took_us / 1000);
	else
		g_string_append_printf(text, "postgresql: down: %s\n", health->problem);
	metrics_family(
		series, "retour_database_up", "gauge", "1: PostgreSQL can be reached, and its schema is not too old");
	metrics_line(series, "retour_database_up", up, NULL);
	metrics_family(
		series, "retour_database_answer_seconds", "gauge", "How long it took to connect and to be answered");
	metrics_line(series, "retour_database_answer_seconds", (double)health->took_us / G_USEC_PER_SEC, NULL);
	pthread_mutex_unlock(&health->lock);
	return up;
}

typedef struct Parts {
	GString *text;
	bool well;
} Parts;

static void
say_part(void *context, const char *value, const Meter *meter)
{
	Parts *parts = context;
	const char *space = *value == '\0' ? "" : " ";

	if (meter_has(meter, METRIC_LISTENER_UP)) {
		bool up = meter_read(meter, METRIC_LISTENER_UP, 0) != 0;

		g_string_append_printf(parts->text, "listener%s%s: %s\n", space, value, up ? "up" : "down");
		parts->well &= up;
	}
	if (meter_has(meter, METRIC_MIRROR_CURRENT))
		g_string_append_printf(parts->text, "mirror%s%s: %s\n", space, value,
			meter_read(meter, METRIC_MIRROR_CURRENT, 0) != 0 ? "current"
									 : "behind, PostgreSQL answers instead");
	if (meter_has(meter, METRIC_MAILBOX_UP))
		g_string_append_printf(parts->text, "mailbox%s%s: %s\n", space, value,
			meter_read(meter, METRIC_MAILBOX_UP, 0) != 0 ? "up" : "not read");
}

bool
health_ask(void *data, GString *text, GString *series)
{
	Health *health = data;
	Parts parts = { .text = text, .well = ask_database(health, text, series) };

	metrics_foreach(health->metrics, say_part, &parts);
	return parts.well;
}
