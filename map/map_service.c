#include "map_service.h"

#include "backend.h"
#include "gate.h"
#include "health.h"
#include "log.h"
#include "map_reply.h"
#include "metrics_server.h"
#include "notify.h"
#include "program.h"
#include "question.h"
#include "server.h"
#include "signals.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SWEEP_MS 1000

typedef struct Service {
	const char *path;
	Metrics *metrics;
	Health *health;
	MetricsServer *shown; /* NULL: to nobody */
	Backend backend;
	Gate *gate;
	GPtrArray *sockets; /* ListenSocket *, in the order of the listeners */
	Server *server;
	int signals;
	int64_t watchdog_ms; /* 0: nobody watches */

	pthread_mutex_t lock;
	MapSettings *settings; /* under lock; a question holds the set that it began with */
} Service;

static MapSettings *
settings_in_force(Service *service)
{
	pthread_mutex_lock(&service->lock);
	MapSettings *settings = map_settings_ref(service->settings);

	pthread_mutex_unlock(&service->lock);
	return settings;
}

static void
log_closed(const Service *service, const MapListener *listener, const MapQuestion *question, const Listing *listing)
{
	static const char *const actions[] = { "refused", "discarded", "marked", "would-refuse" };
	g_autofree char *to = gate_log_name(service->gate, question->recipient);
	g_autofree char *domain = log_value(question->sender_domain);

	g_info("listener=%s action=%s recipient=%s sender_domain=%s category=%s reference=%s", listener->name,
		actions[blocking_mode(&listener->blocking, listing)], to, domain, category_name(listing->category),
		listing->reference);
}

static char *
answer_for(const Service *service, const MapListener *listener, const MapQuestion *question)
{
	g_autoptr(Listing) listing = NULL;
	GateAnswer answer = gate_ask(service->gate, question->key, question->sender_domain, &listing);

	if (answer == GATE_CLOSED)
		log_closed(service, listener, question, listing);
	return map_reply(listener, answer, listing, question->recipient);
}

static char *
answer(void *context, unsigned listener, const char *text, size_t length)
{
	Service *service = context;
	MapQuestion question;

	switch (question_read(text, length, &question)) {
	case QUESTION_UNKNOWN_NAME:
		return g_strdup(REPLY_UNKNOWN_NAME);
	case QUESTION_NO_ADDRESS:
		return g_strdup(REPLY_NOT_FOUND);
	case QUESTION_ADDRESS:
		break;
	}
	g_autoptr(MapSettings) settings = settings_in_force(service);
	char *reply = answer_for(service, settings->listeners->pdata[listener], &question);

	question_clear(&question);
	return reply;
}

static bool
open_sockets(Service *service, GError **error)
{
	for (unsigned i = 0; i < service->settings->listeners->len; i++) {
		const MapListener *listener = service->settings->listeners->pdata[i];
		ListenSocket *socket = listen_settings_open(&listener->listen, error);

		if (socket == NULL)
			return false;
		g_ptr_array_add(service->sockets, socket);
	}
	return true;
}

static bool
start_server(Service *service, GError **error)
{
	ServerSettings settings = { .threads = (unsigned)service->settings->threads,
		.max_clients = (unsigned)service->settings->max_clients,
		.request_limit = QUESTION_LIMIT,
		.answer = answer,
		.context = service };
	g_autofree int *descriptors = g_new0(int, service->sockets->len);

	for (unsigned i = 0; i < service->sockets->len; i++)
		descriptors[i] = listen_socket_fd(service->sockets->pdata[i]);
	service->server = server_start(&settings, descriptors, service->sockets->len, error);
	return service->server != NULL;
}

static bool
start_metrics(Service *service, GError **error)
{
	const MapSettings *settings = service->settings;
	unsigned mirror = cache_settings_name_any(&settings->cache) ? AREA_MIRROR : 0;

	service->metrics = metrics_new(program_version(), AREA_GATE | AREA_DATABASE | mirror);
	service->backend.meter = metrics_meter(service->metrics);
	service->health = health_new(&settings->store, service->metrics);
	return metrics_server_open(
		&settings->metrics, METRICS_MAP, service->metrics, health_ask, service->health, &service->shown, error);
}

static bool
start(Service *service, GError **error)
{
	service->settings = map_settings_load(service->path, error);
	if (service->settings == NULL || !open_sockets(service, error) || !start_metrics(service, error))
		return false;
	if (!backend_open_lists(&service->backend, &service->settings->store, &service->settings->cache,
		    (unsigned)service->settings->lookup.connections, service->settings->lookup.timeout_ms, error))
		return false;
	service->gate = backend_open_gate(&service->backend, &service->settings->store, error);
	if (service->gate == NULL)
		return false;
	if (service->settings->lookup.filter > 0
		&& !backend_open_filter(&service->backend, service->gate, (uint64_t)service->settings->lookup.filter,
			service->settings->cache.fresh_ms, error))
		return false;
	service->watchdog_ms = notify_watchdog_ms();
	return start_server(service, error);
}

static void
reload(Service *service)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(MapSettings) settings = map_settings_load(service->path, &error);

	notify_reloading();
	if (settings == NULL || !map_settings_check_change(service->settings, settings, &error)) {
		g_warning("reload=refused error=\"%s\"", error->message);
	} else {
		pthread_mutex_lock(&service->lock);
		MapSettings *old = service->settings;

		service->settings = g_steal_pointer(&settings);
		pthread_mutex_unlock(&service->lock);
		map_settings_unref(old);
		g_info("action=reloaded listeners=%u", service->sockets->len);
	}
	notify_ready();
}

/* Until it is to stop. */
static void
loop(Service *service)
{
	for (;;) {
		struct pollfd fds = { service->signals, POLLIN, 0 };

		poll(&fds, 1, service->watchdog_ms == 0 ? SWEEP_MS : (int)MIN(service->watchdog_ms, SWEEP_MS));
		if (service->watchdog_ms != 0)
			notify_alive();
		for (Order order; (order = signals_read(service->signals)) != ORDER_NONE;) {
			if (order != ORDER_RELOAD)
				return;
			reload(service);
		}
		server_drop_idle(service->server, service->settings->idle_ms);
	}
}

static void
finish(Service *service)
{
	GateCounters counters;

	notify_stopping();
	g_info("action=stopping");
	for (unsigned i = 0; i < service->sockets->len; i++)
		listen_socket_retire(service->sockets->pdata[i]);
	server_stop(service->server, service->settings->drain_ms);
	gate_counters(service->gate, &counters);
	g_info("action=stopped from_filter=%" G_GUINT64_FORMAT " from_cache=%" G_GUINT64_FORMAT
	       " from_database=%" G_GUINT64_FORMAT " unknown=%" G_GUINT64_FORMAT " closed=%" G_GUINT64_FORMAT,
		counters.from_filter, counters.from_cache, counters.from_database, counters.unknown, counters.closed);
}

static void
clear(Service *service)
{
	g_clear_pointer(&service->gate, gate_free);
	backend_close(&service->backend);
	metrics_server_stop(service->shown);
	health_free(service->health);
	metrics_free(service->metrics);
	g_ptr_array_unref(service->sockets);
	map_settings_unref(service->settings);
	pthread_mutex_destroy(&service->lock);
	close(service->signals);
}

int
map_service_run(const char *settings_path)
{
	Service service = { .path = settings_path,
		.sockets = g_ptr_array_new_with_free_func((GDestroyNotify)listen_socket_free) };
	g_autoptr(GError) error = NULL;
	int code = EXIT_SUCCESS;

	/* Before any thread. */
	service.signals = signals_open(false);
	pthread_mutex_init(&service.lock, NULL);
	if (geteuid() == 0)
		g_warning("user=root, nothing here needs to be root");
	if (start(&service, &error)) {
		g_info("action=ready listeners=%u", service.sockets->len);
		notify_ready();
		loop(&service);
		finish(&service);
	} else {
		code = program_fail(error);
	}
	clear(&service);
	return code;
}

bool
map_service_check(const char *settings_path, GError **error)
{
	g_autoptr(MapSettings) settings = map_settings_load(settings_path, error);

	return settings != NULL;
}
