#include "supervisor.h"

#include "child.h"
#include "exit_codes.h"
#include "listener.h"
#include "metrics_process.h"
#include "milter_settings.h"
#include "notify.h"
#include "privileges.h"
#include "program.h"
#include "signals.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

/* What a child may need beyond the drain to close its services, before it is killed. */
#define CLOSE_MS 15000

typedef struct Supervisor {
	const char *path;
	const MilterSettings *settings;
	GPtrArray *children; /* Child * */
	MetricsProcess *shown;
	int signals;
	pid_t checker;       /* loads the configuration before it is used; 0: none runs */
	bool check_again;    /* SIGUSR1 came while it ran */
	bool ready;          /* all children have been ready once */
	bool announce;       /* READY is to be said when no child is busy any more */
	bool refused;        /* what was to be loaded is not good */
	int64_t stop_until;  /* milliseconds; 0: not stopping */
	int64_t watchdog_ms; /* 0: nobody watches */
	int exit_code;
} Supervisor;

bool
supervisor_check(const char *settings_path, GError **error)
{
	g_autoptr(MilterSettings) settings = milter_settings_load(settings_path, error);
	g_autoptr(Rulebook) book = settings == NULL ? NULL : rulebook_load(&settings->rules, error);

	return book != NULL;
}

static void
warn_of_fixed(const MilterSettings *running, const char *settings_path)
{
	g_autoptr(MilterSettings) now = milter_settings_load(settings_path, NULL);

	for (unsigned i = 0; now != NULL && i < running->listeners->len; i++) {
		const ListenerSettings *old = running->listeners->pdata[i];
		const ListenerSettings *new = milter_settings_find(now, old->name);
		const char *change = new == NULL ? "name" : listener_settings_fixed_change(old, new);

		if (change != NULL)
			g_warning("listener=%s reload=partial, '%s' changes with a restart", old->name, change);
	}
	if (now != NULL && now->listeners->len > running->listeners->len)
		g_warning("reload=partial, new listeners come with a restart");
}

static int
check(const Supervisor *supervisor)
{
	g_autoptr(GError) error = NULL;

	if (!supervisor_check(supervisor->path, &error)) {
		if (supervisor->ready)
			g_warning("reload=refused error=\"%s\"", error->message);
		else
			g_warning("%s", error->message);
		return EXIT_CONFIG;
	}
	if (supervisor->ready)
		warn_of_fixed(supervisor->settings, supervisor->path);
	return EXIT_SUCCESS;
}

/* In a process of its own: what is loaded there neither makes the supervisor grow nor takes it down. */
static void
start_checker(Supervisor *supervisor)
{
	supervisor->check_again = false;
	supervisor->checker = fork_bound();
	if (supervisor->checker == 0)
		_exit(check(supervisor));
	if (supervisor->checker < 0) {
		g_warning("fork=failed error=\"%s\"", g_strerror(errno));
		supervisor->checker = 0;
	}
}

static void
tell_all(const Supervisor *supervisor, char order)
{
	for (unsigned i = 0; i < supervisor->children->len; i++)
		child_tell(supervisor->children->pdata[i], order);
}

static void
begin_stop(Supervisor *supervisor, int exit_code)
{
	if (supervisor->stop_until != 0)
		return;
	notify_stopping();
	g_info("action=stopping");
	supervisor->exit_code = exit_code;
	supervisor->stop_until = now_ms() + supervisor->settings->drain_ms + CLOSE_MS;
	for (unsigned i = 0; i < supervisor->children->len; i++)
		listen_socket_retire(((Child *)supervisor->children->pdata[i])->socket);
	metrics_process_stop(supervisor->shown);
	tell_all(supervisor, CONTROL_STOP);
}

static void
begin_reload(Supervisor *supervisor)
{
	if (!supervisor->ready || supervisor->stop_until != 0)
		return;
	supervisor->announce = true;
	supervisor->refused = false;
	notify_reloading();
	if (supervisor->checker == 0)
		start_checker(supervisor);
	else
		supervisor->check_again = true;
}

static void
start_due_children(Supervisor *supervisor)
{
	int64_t now = now_ms();

	if (supervisor->stop_until != 0 || (!supervisor->ready && supervisor->checker != 0))
		return;
	for (unsigned i = 0; i < supervisor->children->len; i++) {
		Child *child = supervisor->children->pdata[i];

		if (child->pid == 0 && child->start_at <= now)
			child_start(child, supervisor->path, supervisor->children,
				metrics_process_socket(supervisor->shown));
	}
	metrics_process_start_due(supervisor->shown, supervisor->children);
}

static void
reload_children(Supervisor *supervisor)
{
	for (unsigned i = 0; i < supervisor->children->len; i++) {
		Child *child = supervisor->children->pdata[i];

		if (child->pid != 0)
			child->busy = true;
	}
	tell_all(supervisor, CONTROL_RELOAD);
}

static void
checker_ended(Supervisor *supervisor, int status)
{
	bool good = WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS;

	supervisor->checker = 0;
	if (WIFSIGNALED(status))
		g_warning("loading the configuration ended by signal %d", WTERMSIG(status));
	if (supervisor->check_again)
		start_checker(supervisor);
	else if (!good && !supervisor->ready)
		begin_stop(supervisor, EXIT_CONFIG);
	else if (good && supervisor->ready)
		reload_children(supervisor);
	else
		supervisor->refused = !good;
}

static void
child_process_ended(Supervisor *supervisor, Child *child, int status)
{
	int code = WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_INTERNAL;

	child_ended(child, now_ms());
	if (supervisor->stop_until != 0) {
		/* SIGKILL is our own, and was told of. */
		if (WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL)
			g_warning("listener=%s stop=crashed by signal %d", child->settings->name, WTERMSIG(status));
		return;
	}
	if (!supervisor->ready) {
		begin_stop(supervisor, code == EXIT_SUCCESS ? EXIT_INTERNAL : code);
		return;
	}
	if (WIFSIGNALED(status))
		g_warning("listener=%s ended by signal %d, starts again", child->settings->name, WTERMSIG(status));
	else
		g_warning("listener=%s ended with code %d, starts again", child->settings->name, code);
}

static void
reap(Supervisor *supervisor)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == supervisor->checker) {
			checker_ended(supervisor, status);
			continue;
		}
		metrics_process_reap(supervisor->shown, pid);
		for (unsigned i = 0; i < supervisor->children->len; i++) {
			Child *child = supervisor->children->pdata[i];

			if (child->pid == pid)
				child_process_ended(supervisor, child, status);
		}
	}
}

static void
read_signals(Supervisor *supervisor)
{
	for (;;)
		switch (signals_read(supervisor->signals)) {
		case ORDER_NONE:
			return;
		case ORDER_REAP:
			reap(supervisor);
			break;
		case ORDER_RELOAD:
			begin_reload(supervisor);
			break;
		case ORDER_STOP:
			begin_stop(supervisor, EXIT_SUCCESS);
			break;
		}
}

static void
read_child(Child *child)
{
	char said;

	if (read(child->control, &said, 1) != 1)
		return;
	if (said == CONTROL_READY) {
		child->busy = false;
		meter_set(child->meter, METRIC_LISTENER_UP, 1);
	} else if (said == CONTROL_POKE) {
		listen_socket_poke(child->socket);
	}
}

/* Ready: every child runs, none is starting or reloading, and nothing is being checked. */
static void
announce(Supervisor *supervisor)
{
	for (unsigned i = 0; i < supervisor->children->len; i++) {
		const Child *child = supervisor->children->pdata[i];

		if (child->busy || (child->pid == 0 && !supervisor->ready))
			return;
	}
	if (!supervisor->announce || supervisor->checker != 0 || supervisor->stop_until != 0)
		return;
	if (!supervisor->refused)
		g_info("action=%s listeners=%u", supervisor->ready ? "reloaded" : "ready", supervisor->children->len);
	supervisor->announce = false;
	supervisor->ready = true;
	notify_ready();
}

static bool
any_process(const Supervisor *supervisor)
{
	for (unsigned i = 0; i < supervisor->children->len; i++)
		if (((const Child *)supervisor->children->pdata[i])->pid != 0)
			return true;
	return false;
}

static void
kill_late_children(const Supervisor *supervisor)
{
	for (unsigned i = 0; i < supervisor->children->len; i++) {
		const Child *child = supervisor->children->pdata[i];

		if (child->pid != 0) {
			g_warning("listener=%s stop=killed, messages in work go back to the MTA's queue",
				child->settings->name);
			kill(child->pid, SIGKILL);
		}
	}
}

static int
time_to_wait(const Supervisor *supervisor)
{
	int64_t now = now_ms(), until = INT64_MAX;

	if (supervisor->stop_until != 0)
		until = supervisor->stop_until;
	for (unsigned i = 0; i < supervisor->children->len; i++) {
		const Child *child = supervisor->children->pdata[i];

		if (child->pid == 0 && supervisor->stop_until == 0 && supervisor->checker == 0)
			until = MIN(until, child->start_at);
	}
	until = MIN(until, metrics_process_due(supervisor->shown));
	if (supervisor->watchdog_ms != 0)
		until = MIN(until, now + supervisor->watchdog_ms);
	return until == INT64_MAX ? -1 : (int)CLAMP(until - now, 0, INT_MAX);
}

static void
wait_for_news(Supervisor *supervisor)
{
	unsigned count = supervisor->children->len;
	g_autofree struct pollfd *fds = g_new0(struct pollfd, count + 1);

	for (unsigned i = 0; i < count; i++)
		fds[i] = (struct pollfd){ .fd = ((Child *)supervisor->children->pdata[i])->control, .events = POLLIN };
	fds[count] = (struct pollfd){ .fd = supervisor->signals, .events = POLLIN };
	if (poll(fds, count + 1, time_to_wait(supervisor)) < 0)
		return;
	for (unsigned i = 0; i < count; i++)
		if (fds[i].revents & POLLIN)
			read_child(supervisor->children->pdata[i]);
	if (fds[count].revents != 0)
		read_signals(supervisor);
}

static void
loop(Supervisor *supervisor)
{
	bool killed = false;

	do {
		start_due_children(supervisor);
		wait_for_news(supervisor);
		announce(supervisor);
		if (supervisor->watchdog_ms != 0)
			notify_alive();
		if (supervisor->stop_until != 0 && !killed && now_ms() >= supervisor->stop_until) {
			kill_late_children(supervisor);
			killed = true;
			supervisor->stop_until += CLOSE_MS;
		}
	} while (supervisor->stop_until == 0 || any_process(supervisor));
}

/* A hang-up of a child's control would make poll() return at once until it is reaped; SIGCHLD is on its way by then. */
static bool
open_sockets(Supervisor *supervisor, GError **error)
{
	for (unsigned i = 0; i < supervisor->settings->listeners->len; i++) {
		const ListenerSettings *listener = supervisor->settings->listeners->pdata[i];
		Child *child =
			child_new(listener, metrics_process_meter(supervisor->shown, supervisor->settings, listener));

		g_ptr_array_add(supervisor->children, child);
		child->socket = listen_settings_open(&listener->listen, error);
		if (child->socket == NULL)
			return false;
	}
	return true;
}

static int
serve(const char *settings_path, const MilterSettings *settings)
{
	g_autoptr(GPtrArray) children = g_ptr_array_new_with_free_func((GDestroyNotify)child_free);
	g_autoptr(MetricsProcess) shown = metrics_process_new(settings);
	Supervisor supervisor = {
		.path = settings_path, .settings = settings, .children = children, .shown = shown, .announce = true
	};
	g_autoptr(GError) error = NULL;

	supervisor.signals = signals_open(true);
	if (supervisor.signals < 0) {
		g_warning("%s", g_strerror(errno));
		return EXIT_UNAVAILABLE;
	}
	if (!open_sockets(&supervisor, &error) || !metrics_process_open(shown, &error)
		|| !privileges_drop(settings->user, settings->group, &error))
		return program_fail(error);
	supervisor.watchdog_ms = notify_watchdog_ms();
	start_checker(&supervisor);
	loop(&supervisor);
	close(supervisor.signals);
	g_info("action=stopped");
	return supervisor.exit_code;
}

int
supervisor_run(const char *settings_path)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(MilterSettings) settings = milter_settings_load(settings_path, &error);

	return settings == NULL ? program_fail(error) : serve(settings_path, settings);
}
