#include "listener.h"

#include "control.h"
#include "exit_codes.h"
#include "message.h"
#include "roles.h"

#include <libmilter/mfapi.h>
#include <signal.h>
#include <syslog.h>
#include <unistd.h>

static Listener *current; /* set before the first callback, never changed after */

Listener *
listener_current(void)
{
	return current;
}

Conduct *
listener_conduct(Listener *listener)
{
	Conduct *conduct;

	pthread_mutex_lock(&listener->conduct_lock);
	conduct = conduct_ref(listener->conduct);
	pthread_mutex_unlock(&listener->conduct_lock);
	return conduct;
}

/*
 * A thread of libmilter waits for these signals. Every other one must block them, or the kernel may hand one to a thread that
 * does not wait for it, and the process ends at once instead of stopping.
 */
static void
leave_signals_to_libmilter(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
}

static bool
open_lookups(Listener *listener, GError **error)
{
	const Conduct *conduct = listener->conduct;
	const ListenerSettings *settings = conduct->settings;

	return backend_open_lists(&listener->backend, &conduct->file->store, &conduct->file->cache,
		(unsigned)settings->lookup.connections, settings->lookup.timeout_ms, error);
}

static bool
open_outgoing(Listener *listener, GError **error)
{
	const Conduct *conduct = listener->conduct;
	const ListenerSettings *settings = conduct->settings;
	StoreSettings store = conduct->file->store;

	store.meter = listener->meter;
	listener->gate = backend_open_gate(&listener->backend, &conduct->file->store, error);
	if (listener->gate == NULL)
		return false;
	if (settings->lookup.filter > 0
		&& !backend_open_filter(&listener->backend, listener->gate, (uint64_t)settings->lookup.filter,
			conduct->file->cache.fresh_ms, error))
		return false;
	listener->sent = sent_open(&store, (size_t)settings->sent_buffer, error);
	return listener->sent != NULL;
}

static bool
open_intake(Listener *listener, GError **error)
{
	const Conduct *conduct = listener->conduct;

	return backend_open_intake(&listener->backend, &conduct->file->store, conduct->book, error);
}

static bool
open_services(Listener *listener, GError **error)
{
	int role = listener->conduct->settings->role;

	if (!open_lookups(listener, error))
		return false;
	backend_compare_subaddressing(&listener->backend, listener->conduct->book);
	return (role != ROLE_OUTBOUND || open_outgoing(listener, error))
	       && (role == ROLE_OUTBOUND || open_intake(listener, error));
}

/* Only when no message is in work: no callback that is still running uses any of these then. */
static void
close_services(Listener *listener)
{
	if (listener->gate != NULL)
		gate_free(listener->gate);
	if (listener->sent != NULL)
		sent_close(listener->sent);
	backend_close(&listener->backend);
}

static struct smfiDesc
describe(const ListenerSettings *settings)
{
	switch ((ListenerRole)settings->role) {
	case ROLE_INBOUND:
		return role_inbound();
	case ROLE_INTERNAL:
		return role_internal();
	case ROLE_OUTBOUND:
		return role_outbound();
	}
	g_assert_not_reached();
}

static bool
prepare_libmilter(const ListenerSettings *settings, int socket)
{
	/* Debian's libmilter takes a socket that is bound already; it removes no file then. */
	g_autofree char *connection = g_strdup_printf("fd:%d", socket);

	return smfi_setconn(connection) == MI_SUCCESS && smfi_register(describe(settings)) == MI_SUCCESS
	       && smfi_settimeout((int)(settings->session_timeout_ms / 1000)) == MI_SUCCESS
	       && smfi_opensocket(false) == MI_SUCCESS;
}

static bool
start(Listener *listener, GError **error)
{
	listener->conduct = conduct_load(listener->settings_path, listener->name, error);
	if (listener->conduct == NULL)
		return false;
	listener->drain_ms = listener->conduct->file->drain_ms;
	listener->work = work_new(listener->conduct->settings->max_messages, listener->meter);
	return open_services(listener, error);
}

/* Sessions may outlive smfi_main() and hang on the listener until the process ends, so only its services are closed. */
static int
finish(Listener *listener)
{
	work_close(listener->work);
	if (!work_wait(listener->work, 0)) {
		g_warning("listener=%s stop=incomplete, messages in work go back to the MTA's queue", listener->name);
		if (listener->sent != NULL)
			sent_close(listener->sent);
		_exit(EXIT_SUCCESS);
	}
	close_services(listener);
	return EXIT_SUCCESS;
}

int
listener_run(const char *settings_path, const char *name, int socket, int control, Meter *meter)
{
	Listener *listener = g_new0(Listener, 1);
	g_autoptr(GError) error = NULL;
	pthread_t thread;
	bool served;

	listener->settings_path = settings_path;
	listener->name = name;
	listener->control = control;
	listener->meter = listener->backend.meter = meter;
	pthread_mutex_init(&listener->conduct_lock, NULL);
	current = listener;
	leave_signals_to_libmilter();
	openlog("retour-milter", LOG_PID, LOG_MAIL);
	message_init();
	if (!start(listener, &error)) {
		g_warning("listener=%s error=\"%s\"", name, error->message);
		return g_error_matches(error, RETOUR_ERROR, ERROR_CONFIG) ? EXIT_CONFIG : EXIT_UNAVAILABLE;
	}
	if (!prepare_libmilter(listener->conduct->settings, socket) || !control_start(listener, &thread)) {
		g_warning("listener=%s error=\"libmilter cannot take the socket\"", name);
		return EXIT_INTERNAL;
	}
	control_tell(listener, CONTROL_READY);
	served = smfi_main() == MI_SUCCESS;
	atomic_store(&listener->ended, true);
	if (!served) {
		g_warning("listener=%s error=\"libmilter gave up\"", name);
		return EXIT_INTERNAL;
	}
	return finish(listener);
}
