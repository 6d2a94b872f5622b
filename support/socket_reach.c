#include "socket_reach.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define WAIT_MS 5000

static bool
fail(GError **error, const char *reason)
{
	g_set_error(error, RETOUR_ERROR, ERROR_RETRY, "%s", reason);
	return false;
}

static bool
finish_connect(int descriptor, GError **error)
{
	struct pollfd ready = { .fd = descriptor, .events = POLLOUT };
	int cause = 0;
	socklen_t size = sizeof(cause);

	if (poll(&ready, 1, WAIT_MS) <= 0)
		return fail(error, "no answer");
	if (getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &cause, &size) < 0 || cause != 0)
		return fail(error, g_strerror(cause == 0 ? errno : cause));
	return true;
}

static bool
reach(int family, const struct sockaddr *address, socklen_t size, GError **error)
{
	int descriptor = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool reached;

	if (descriptor < 0)
		return fail(error, g_strerror(errno));
	if (connect(descriptor, address, size) == 0)
		reached = true;
	else if (errno == EINPROGRESS)
		reached = finish_connect(descriptor, error);
	else
		reached = fail(error, g_strerror(errno));
	close(descriptor);
	return reached;
}

static bool
reach_unix(const char *path, GError **error)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof(address.sun_path))
		return fail(error, "the path is too long for a socket");
	memcpy(address.sun_path, path, strlen(path) + 1);
	return reach(AF_UNIX, (const struct sockaddr *)&address, sizeof(address), error);
}

static bool
reach_inet(const char *place, int family, GError **error)
{
	const struct addrinfo hints = { .ai_family = family, .ai_socktype = SOCK_STREAM };
	const char *at = strchr(place, '@');
	g_autofree char *port = at == NULL ? g_strdup(place) : g_strndup(place, (size_t)(at - place));
	struct addrinfo *found;
	int problem = getaddrinfo(at == NULL ? NULL : at + 1, port, &hints, &found);
	bool reached = false;

	if (problem != 0)
		return fail(error, gai_strerror(problem));
	for (const struct addrinfo *one = found; one != NULL && !reached; one = one->ai_next) {
		g_clear_error(error);
		reached = reach(one->ai_family, one->ai_addr, one->ai_addrlen, error);
	}
	freeaddrinfo(found);
	return reached;
}

bool
socket_reach(const char *text, GError **error)
{
	if (g_str_has_prefix(text, "unix:"))
		return reach_unix(text + strlen("unix:"), error);
	if (g_str_has_prefix(text, "local:"))
		return reach_unix(text + strlen("local:"), error);
	if (g_str_has_prefix(text, "inet:"))
		return reach_inet(text + strlen("inet:"), AF_INET, error);
	if (g_str_has_prefix(text, "inet6:"))
		return reach_inet(text + strlen("inet6:"), AF_INET6, error);
	return fail(error, "a socket is written unix:/path or inet:port@host");
}
