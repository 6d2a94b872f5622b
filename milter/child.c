#include "child.h"

#include "exit_codes.h"
#include "listener.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACK_OFF_MIN 100
#define BACK_OFF_MAX 10000
#define GOOD_AFTER 60000

Child *
child_new(const ListenerSettings *settings, Meter *meter)
{
	Child *child = g_new0(Child, 1);

	child->settings = settings;
	child->meter = meter;
	child->control = -1;
	child->back_off = BACK_OFF_MIN;
	return child;
}

void
child_free(Child *child)
{
	if (child->control >= 0)
		close(child->control);
	listen_socket_free(child->socket);
	g_free(child);
}

int64_t
now_ms(void)
{
	return g_get_monotonic_time() / 1000;
}

pid_t
fork_bound(void)
{
	pid_t parent = getpid(), pid = fork();
	sigset_t none;

	if (pid != 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(EXIT_INTERNAL);
	/* Out of the terminal's group: Ctrl-C is for the supervisor, which lets messages in work finish. */
	setpgid(0, 0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	return 0;
}

void
child_forget_all(const GPtrArray *children)
{
	for (unsigned i = 0; i < children->len; i++) {
		Child *other = children->pdata[i];

		listen_socket_forget(other->socket);
		if (other->control >= 0)
			close(other->control);
	}
}

static G_NORETURN void
serve(Child *child, const char *settings_path, const GPtrArray *others, int control)
{
	int socket = dup(listen_socket_fd(child->socket));

	child_forget_all(others);
	exit(socket < 0 ? EXIT_INTERNAL
			: listener_run(settings_path, child->settings->name, socket, control, child->meter));
}

bool
child_start(Child *child, const char *settings_path, const GPtrArray *others, ListenSocket *socket)
{
	int ends[2];

	child->started_at = now_ms();
	child->start_at = child->started_at + child->back_off;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return false;
	child->pid = fork_bound();
	if (child->pid == 0) {
		close(ends[0]);
		listen_socket_forget(socket);
		serve(child, settings_path, others, ends[1]);
	}
	close(ends[1]);
	if (child->pid < 0) {
		g_warning("listener=%s fork=failed error=\"%s\"", child->settings->name, g_strerror(errno));
		child->pid = 0;
		close(ends[0]);
		return false;
	}
	child->control = ends[0];
	child->busy = true;
	meter_count(child->meter, METRIC_LISTENER_STARTS);
	return true;
}

void
child_tell(const Child *child, char order)
{
	/* A child that is gone is noticed by its end. */
	if (child->control >= 0 && send(child->control, &order, 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		g_debug("listener=%s order=%c error=\"%s\"", child->settings->name, order, g_strerror(errno));
}

void
child_ended(Child *child, int64_t now)
{
	if (now - child->started_at > GOOD_AFTER)
		child->back_off = BACK_OFF_MIN;
	child->start_at = now + child->back_off;
	child->back_off = MIN(child->back_off * 2, BACK_OFF_MAX);
	child->pid = 0;
	child->busy = false;
	meter_clear_gauges(child->meter);
	if (child->control >= 0)
		close(child->control);
	child->control = -1;
}
