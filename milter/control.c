#include "control.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

/* Between the return of the last callback and its reply on the wire libmilter offers nothing to wait for. */
#define REPLY_GRACE_US 100000
#define POKE_EVERY_US 10000

void
control_tell(const Listener *listener, char what)
{
	while (write(listener->control, &what, 1) < 0 && errno == EINTR)
		;
}

static void
reload(Listener *listener)
{
	g_autoptr(GError) error = NULL;
	Conduct *old, *new = conduct_load(listener->settings_path, listener->name, &error);

	if (new == NULL) {
		/* The supervisor loaded the same files a moment ago. */
		g_warning("listener=%s reload=refused error=\"%s\"", listener->name, error->message);
		return;
	}
	pthread_mutex_lock(&listener->conduct_lock);
	old = listener->conduct;
	listener->conduct = new;
	pthread_mutex_unlock(&listener->conduct_lock);
	work_set_limit(listener->work, new->settings->max_messages);
	if (listener->backend.intake != NULL)
		intake_set_rulebook(listener->backend.intake, new->book);
	conduct_unref(old);
}

/*
 * libmilter stops reading from its sessions as soon as it is told to stop, so messages in work are let finish first; no
 * new one begins meanwhile. smfi_stop() would wait here for the accept loop, up to 5 s, with the lock that the loop holds
 * while it polls; so its own signal thread is told, and the loop is poked until it has looked.
 */
static void
stop(Listener *listener)
{
	work_close(listener->work);
	work_wait(listener->work, listener->drain_ms);
	usleep(REPLY_GRACE_US);
	kill(getpid(), SIGTERM);
	while (!atomic_load(&listener->ended)) {
		control_tell(listener, CONTROL_POKE);
		usleep(POKE_EVERY_US);
	}
}

static void *
obey(void *data)
{
	Listener *listener = data;
	char order;

	for (;;) {
		ssize_t got = read(listener->control, &order, 1);

		if (got < 0 && errno == EINTR)
			continue;
		/* The supervisor is gone, and the kernel is about to end this process as well. */
		if (got <= 0)
			return NULL;
		if (order == CONTROL_STOP) {
			stop(listener);
			return NULL;
		}
		if (order == CONTROL_RELOAD) {
			reload(listener);
			control_tell(listener, CONTROL_READY);
		}
	}
}

bool
control_start(Listener *listener, pthread_t *ret_thread)
{
	return pthread_create(ret_thread, NULL, obey, listener) == 0 && pthread_detach(*ret_thread) == 0;
}
