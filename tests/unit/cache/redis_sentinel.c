#include "redis_sentinel.h"

#include <arpa/inet.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

void
free_port(char port[static 8])
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof address;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	g_assert_cmpint(bind(fd, (const struct sockaddr *)&address, size), ==, 0);
	g_assert_cmpint(getsockname(fd, (struct sockaddr *)&address, &size), ==, 0);
	g_snprintf(port, 8, "%u", ntohs(address.sin_port));
	close(fd);
}

static void
die_with_parent(void *data)
{
	(void)data;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
}

GPid
redis_sentinel_start(const char *directory, const char *primary_port, const char *more)
{
	g_autofree char *path = g_build_filename(directory, "sentinel.conf", NULL);
	g_autofree char *conf = g_strdup_printf(
		"bind 127.0.0.1\ndir %s\nlogfile /dev/null\n%ssentinel monitor retour 127.0.0.1 %s 1\n"
		"sentinel down-after-milliseconds retour 60000\nsentinel failover-timeout retour 2000\n",
		directory, more, primary_port);
	char *argv[] = { (char[]){ "redis-server" }, path, (char[]){ "--sentinel" }, NULL };
	g_autoptr(GError) error = NULL;
	GPid pid;

	g_assert_true(g_file_set_contents(path, conf, -1, &error));
	g_spawn_async(
		NULL, argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD, die_with_parent, NULL, &pid, &error);
	g_assert_no_error(error);
	return pid;
}

void
redis_sentinel_stop(GPid sentinel)
{
	kill(sentinel, SIGKILL);
	waitpid(sentinel, NULL, 0);
}
