#include "metrics_process.h"

#include "exit_codes.h"
#include "health.h"
#include "metrics_server.h"
#include "program.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAUSE_MS 1000

struct MetricsProcess {
	const MilterSettings *settings;
	Metrics *metrics;
	ListenSocket *socket; /* NULL: none is configured */
	pid_t pid;            /* 0: none runs */
	int64_t start_at;
};

MetricsProcess *
metrics_process_new(const MilterSettings *settings)
{
	MetricsProcess *shown = g_new0(MetricsProcess, 1);

	shown->settings = settings;
	shown->metrics = metrics_new(program_version(), 0);
	return shown;
}

void
metrics_process_stop(MetricsProcess *shown)
{
	if (shown->pid != 0) {
		kill(shown->pid, SIGKILL);
		waitpid(shown->pid, NULL, 0);
	}
	shown->pid = 0;
	g_clear_pointer(&shown->socket, listen_socket_free);
}

void
metrics_process_free(MetricsProcess *shown)
{
	metrics_process_stop(shown);
	metrics_free(shown->metrics);
	g_free(shown);
}

Meter *
metrics_process_meter(MetricsProcess *shown, const MilterSettings *settings, const ListenerSettings *listener)
{
	unsigned areas = AREA_LISTENER | AREA_DATABASE;

	areas |= listener->role == ROLE_OUTBOUND ? AREA_GATE | AREA_OUTGOING : AREA_INTAKE;
	if (cache_settings_name_any(&settings->cache))
		areas |= AREA_MIRROR;
	return metrics_meter_of(shown->metrics, areas, "listener", listener->name);
}

bool
metrics_process_open(MetricsProcess *shown, GError **error)
{
	return metrics_settings_open(&shown->settings->metrics, METRICS_MILTER, &shown->socket, error);
}

ListenSocket *
metrics_process_socket(const MetricsProcess *shown)
{
	return shown->socket;
}

int64_t
metrics_process_due(const MetricsProcess *shown)
{
	return shown->socket == NULL || shown->pid != 0 ? INT64_MAX : shown->start_at;
}

/* Until it is killed: it holds nothing that would have to be put in order. */
static G_NORETURN void
serve(MetricsProcess *shown)
{
	Health *health = health_new(&shown->settings->store, shown->metrics);
	g_autoptr(GError) error = NULL;

	if (metrics_server_start(shown->socket, shown->metrics, health_ask, health, &error) == NULL) {
		g_warning("%s", error->message);
		_exit(EXIT_UNAVAILABLE);
	}
	for (;;)
		pause();
}

void
metrics_process_start_due(MetricsProcess *shown, const GPtrArray *children)
{
	if (metrics_process_due(shown) > now_ms())
		return;
	shown->start_at = now_ms() + PAUSE_MS;
	shown->pid = fork_bound();
	if (shown->pid == 0) {
		child_forget_all(children);
		serve(shown);
	}
	shown->pid = MAX(shown->pid, 0); /* tried again after the pause */
}

void
metrics_process_reap(MetricsProcess *shown, pid_t pid)
{
	if (pid != shown->pid)
		return;
	g_warning("metrics=ended, starts again");
	shown->pid = 0;
	shown->start_at = now_ms() + PAUSE_MS;
}
