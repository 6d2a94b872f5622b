#include "alert_command.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

/* A file in memory holds all of the text at once: a command that does not read it cannot make us wait. */
static int
open_text(const char *text)
{
	int file = memfd_create("alert", MFD_CLOEXEC);

	if (file < 0)
		return -1;
	if (dprintf(file, "%s\n", text) > 0 && lseek(file, 0, SEEK_SET) == 0)
		return file;
	close(file);
	return -1;
}

static char **
environment_for(const ReputationAlert *alert)
{
	char **environment = g_get_environ();

	environment = g_environ_setenv(environment, "RETOUR_ALERT_SUBJECT", alert->change.subject, true);
	environment = g_environ_setenv(environment, "RETOUR_ALERT_NAME", alert->change.name, true);
	environment = g_environ_setenv(environment, "RETOUR_ALERT_WAS", alert->change.was, true);
	return g_environ_setenv(environment, "RETOUR_ALERT_STATE", alert->change.state, true);
}

/* In a group of its own, so that all of it can be ended, and without our signal mask. Returns errno. */
static int
start(char *const *words, char *const *environment, int input, pid_t *ret_pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, broken_pipe;
	int problem;

	sigemptyset(&none);
	sigemptyset(&broken_pipe);
	sigaddset(&broken_pipe, SIGPIPE);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &broken_pipe);
	problem = posix_spawnp(ret_pid, words[0], &actions, &attributes, words, environment);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return problem;
}

/* True: it ended by itself. */
static bool
wait_for(pid_t pid, int64_t timeout_ms, int *ret_status)
{
	int watched = pidfd_open(pid, 0);
	struct pollfd end = { .fd = watched, .events = POLLIN };
	bool ended = watched >= 0 && poll(&end, 1, (int)timeout_ms) == 1;

	if (watched >= 0)
		close(watched);
	kill(-pid, SIGKILL); /* and whatever it left behind */
	while (waitpid(pid, ret_status, 0) < 0 && errno == EINTR)
		;
	return ended;
}

static bool
fail(GError **error, const char *program, const char *what)
{
	g_set_error(error, RETOUR_ERROR, ERROR_RETRY, "alert_command '%s': %s", program, what);
	return false;
}

bool
alert_command_run(char *const *words, const ReputationAlert *alert, int64_t timeout_ms, GError **error)
{
	g_auto(GStrv) environment = environment_for(alert);
	int input = open_text(alert->json), status = 0, problem;
	g_autofree char *what = NULL;
	pid_t pid;

	if (input < 0)
		return fail(error, words[0], g_strerror(errno));
	problem = start(words, environment, input, &pid);
	close(input);
	if (problem != 0)
		return fail(error, words[0], g_strerror(problem));
	if (!wait_for(pid, timeout_ms, &status))
		return fail(error, words[0], "took too long and was killed");
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return true;
	what = WIFEXITED(status) ? g_strdup_printf("exit status %d", WEXITSTATUS(status))
				 : g_strdup_printf("signal %d", WTERMSIG(status));
	return fail(error, words[0], what);
}
