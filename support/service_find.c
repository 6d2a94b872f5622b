#include "service_find.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCKS "/proc/locks"

static bool
fail(GError **error, const char *what, const char *place)
{
	g_set_error(error, RETOUR_ERROR, ERROR_RETRY, "%s: %s: %s", place, what, g_strerror(errno));
	return false;
}

static bool
none_runs(GError **error, const char *lock)
{
	g_set_error(error, RETOUR_ERROR, ERROR_RETRY, "no retour-milter runs here: nobody holds %s", lock);
	return false;
}

/* "3: FLOCK  ADVISORY  WRITE 812 00:1a:5512 0 EOF". The device is left out: some file systems show another one to stat(). */
static bool
line_names(const char *line, pid_t pid, ino_t inode)
{
	long long holder, number;

	/* NOLINTNEXTLINE(cert-err34-c): the kernel's own numbers fit. */
	return sscanf(line, "%*d: FLOCK ADVISORY WRITE %lld %*x:%*x:%lld", &holder, &number) == 2 && holder == pid
	       && (ino_t)number == inode;
}

static bool
holds_lock(pid_t pid, ino_t inode)
{
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;

	if (!g_file_get_contents(LOCKS, &text, NULL, NULL))
		return false;
	lines = g_strsplit(text, "\n", -1);
	for (char **line = lines; *line != NULL; line++)
		if (line_names(*line, pid, inode))
			return true;
	return false;
}

/* What the holder of the lock writes into it; 0: nothing. It stays there when the holder ends. */
static pid_t
read_number(int lock)
{
	char text[32] = "";

	return pread(lock, text, sizeof text - 1, 0) <= 0 ? 0 : (pid_t)strtol(text, NULL, 10);
}

/* The process is held first and its lock looked at then: whoever had the number before, or has it next, is out of the question. */
static bool
find_holder(int lock, const char *name, Service *ret_service, GError **error)
{
	pid_t pid = read_number(lock);
	Service service = { pid, pid > 0 ? pidfd_open(pid, 0) : -1 };
	struct stat file;

	if (service.process >= 0 && fstat(lock, &file) == 0 && holds_lock(pid, file.st_ino)) {
		*ret_service = service;
		return true;
	}
	service_close(&service);
	return none_runs(error, name);
}

bool
service_find(const char *socket, Service *ret_service, GError **error)
{
	g_autofree char *name = g_strconcat(socket, ".lock", NULL);
	int lock = open(name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	bool found;

	if (lock < 0)
		return errno == ENOENT ? none_runs(error, name) : fail(error, "cannot open it", name);
	found = find_holder(lock, name, ret_service, error);
	close(lock);
	return found;
}

bool
service_reload(const Service *service, GError **error)
{
	if (pidfd_send_signal(service->process, SIGUSR1, NULL, 0) == 0)
		return true;
	g_set_error(error, RETOUR_ERROR, ERROR_RETRY, "retour-milter, process %ld, cannot be asked: %s",
		(long)service->pid, g_strerror(errno));
	return false;
}

void
service_close(Service *service)
{
	if (service->process >= 0)
		close(service->process);
	service->process = -1;
}
