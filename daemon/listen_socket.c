#include "listen_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 4096
#define SUFFIX_NEW ".new"
#define SUFFIX_OLD ".old"
#define SUFFIX_LOCK ".lock"

typedef union Endpoint {
	struct sockaddr any;
	struct sockaddr_un local;
	struct sockaddr_storage storage;
} Endpoint;

struct ListenSocket {
	char *address; /* as configured, for messages */
	char *path;    /* unix; NULL for inet */
	char *place;   /* where the file of a unix socket lies now: path, or beside it */
	Endpoint endpoint;
	socklen_t endpoint_size;
	int fd, lock;
	dev_t device;
	ino_t inode;
};

static bool
bad_address(const char *address, const char *what, GError **error)
{
	g_set_error(error, RETOUR_ERROR, ERROR_CONFIG, "socket '%s': %s", address, what);
	return false;
}

static bool
set_local(Endpoint *endpoint, const char *path)
{
	memset(endpoint, 0, sizeof *endpoint);
	endpoint->local.sun_family = AF_UNIX;
	return g_strlcpy(endpoint->local.sun_path, path, sizeof endpoint->local.sun_path)
	       < sizeof endpoint->local.sun_path;
}

static bool
parse_local(ListenSocket *socket, const char *path, GError **error)
{
	g_autofree char *longest = g_strconcat(path, SUFFIX_LOCK, NULL);

	if (!g_path_is_absolute(path))
		return bad_address(socket->address, "the path must be absolute", error);
	if (!set_local(&socket->endpoint, longest))
		return bad_address(socket->address, "the path is too long", error);
	socket->path = g_strdup(path);
	socket->endpoint_size = sizeof socket->endpoint.local;
	return true;
}

static bool
parse_inet(ListenSocket *socket, const char *spec, int family, GError **error)
{
	const char *at = strchr(spec, '@');
	g_autofree char *port = at == NULL ? NULL : g_strndup(spec, (gsize)(at - spec));
	struct addrinfo hints = { .ai_family = family, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST };
	struct addrinfo *info = NULL;
	g_autofree char *host = NULL;
	guint64 number;
	size_t length;

	if (port == NULL || !g_ascii_string_to_unsigned(port, 10, 1, UINT16_MAX, &number, NULL))
		return bad_address(socket->address, "'inet:port@address' is expected", error);
	length = strlen(at + 1);
	host = at[1] == '[' && at[length] == ']' ? g_strndup(at + 2, length - 2) : g_strdup(at + 1);
	if (getaddrinfo(host, port, &hints, &info) != 0)
		return bad_address(socket->address, "the host must be a numeric address", error);
	memcpy(&socket->endpoint, info->ai_addr, info->ai_addrlen);
	socket->endpoint_size = info->ai_addrlen;
	freeaddrinfo(info);
	return true;
}

static bool
parse_address(ListenSocket *socket, GError **error)
{
	const char *address = socket->address;

	if (g_str_has_prefix(address, "unix:"))
		return parse_local(socket, address + strlen("unix:"), error);
	if (g_str_has_prefix(address, "local:"))
		return parse_local(socket, address + strlen("local:"), error);
	if (g_str_has_prefix(address, "inet:"))
		return parse_inet(socket, address + strlen("inet:"), AF_INET, error);
	if (g_str_has_prefix(address, "inet6:"))
		return parse_inet(socket, address + strlen("inet6:"), AF_INET6, error);
	if (*address == '/')
		return parse_local(socket, address, error);
	return bad_address(address, "'unix:/path' or 'inet:port@address' is expected", error);
}

static ListenSocket *
listen_socket_new(const char *address)
{
	ListenSocket *socket = g_new0(ListenSocket, 1);

	socket->address = g_strdup(address);
	socket->fd = socket->lock = -1;
	return socket;
}

bool
listen_address_check(const char *address, GError **error)
{
	g_autoptr(ListenSocket) socket = listen_socket_new(address);

	return parse_address(socket, error);
}

static bool
fail(const ListenSocket *socket, const char *what, GError **error)
{
	g_set_error(error, RETOUR_ERROR, ERROR_RETRY, "socket '%s': %s: %s", socket->address, what, g_strerror(errno));
	return false;
}

static bool
take_lock(ListenSocket *socket, GError **error)
{
	g_autofree char *name = g_strconcat(socket->path, SUFFIX_LOCK, NULL);
	g_autofree char *text = g_strdup_printf("%ld\n", (long)getpid());
	char owner[32] = "";

	socket->lock = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (socket->lock < 0)
		return fail(socket, "cannot open its lock file", error);
	if (flock(socket->lock, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK)
			return fail(socket, "cannot lock it", error);
		if (pread(socket->lock, owner, sizeof owner - 1, 0) <= 0)
			g_strlcpy(owner, "?", sizeof owner);
		g_set_error(error, RETOUR_ERROR, ERROR_RETRY,
			"socket '%s' is in use by another instance, process %s; stop that one first", socket->address,
			g_strstrip(owner));
		return false;
	}
	/* For the message above alone; the lock holds without it. */
	if (ftruncate(socket->lock, 0) == 0 && pwrite(socket->lock, text, strlen(text), 0) < 0)
		return fail(socket, "cannot write its lock file", error);
	return true;
}

static int
dial(const char *path)
{
	Endpoint endpoint;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	set_local(&endpoint, path);
	if (fd >= 0 && connect(fd, &endpoint.any, sizeof endpoint.local) < 0 && errno != EAGAIN) {
		int saved = errno;

		close(fd);
		errno = saved;
		return -1;
	}
	return fd;
}

/* The lock keeps our own kind away; another program's socket, or a file that is none, is not ours to replace. */
static bool
check_place(const ListenSocket *socket, GError **error)
{
	struct stat found;
	int fd;

	if (lstat(socket->path, &found) < 0)
		return errno == ENOENT || fail(socket, "cannot look at its place", error);
	if (!S_ISSOCK(found.st_mode)) {
		errno = EEXIST;
		return fail(socket, "something that is no socket lies there", error);
	}
	fd = dial(socket->path);
	if (fd >= 0) {
		close(fd);
		errno = EADDRINUSE;
		return fail(socket, "another program listens there", error);
	}
	return true;
}

static bool
bind_and_listen(ListenSocket *socket_, GError **error)
{
	int on = 1;

	socket_->fd = socket(socket_->endpoint.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (socket_->fd < 0)
		return fail(socket_, "cannot make it", error);
	if (socket_->path == NULL) {
		/* Accepted connections inherit both; libmilter writes its replies in small pieces. */
		setsockopt(socket_->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
		setsockopt(socket_->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	}
	if (bind(socket_->fd, &socket_->endpoint.any, socket_->endpoint_size) < 0)
		return fail(socket_, "cannot bind it", error);
	return listen(socket_->fd, BACKLOG) == 0 || fail(socket_, "cannot listen on it", error);
}

/* Made under another name: it appears at its place with mode and group right, already listening. */
static bool
open_local(ListenSocket *socket, mode_t mode, gid_t group, GError **error)
{
	g_autofree char *beside = g_strconcat(socket->path, SUFFIX_NEW, NULL);
	struct stat made;

	if (!take_lock(socket, error) || !check_place(socket, error))
		return false;
	unlink(beside);
	set_local(&socket->endpoint, beside);
	if (!bind_and_listen(socket, error))
		return false;
	socket->place = g_steal_pointer(&beside);
	if (group != (gid_t)-1 && chown(socket->place, (uid_t)-1, group) < 0)
		return fail(socket, "cannot give it to its group", error);
	if (chmod(socket->place, mode) < 0 || lstat(socket->place, &made) < 0)
		return fail(socket, "cannot set its mode", error);
	socket->device = made.st_dev;
	socket->inode = made.st_ino;
	if (rename(socket->place, socket->path) < 0)
		return fail(socket, "cannot put it in its place", error);
	g_free(socket->place);
	socket->place = g_strdup(socket->path);
	return true;
}

ListenSocket *
listen_socket_open(const char *address, mode_t mode, gid_t group, GError **error)
{
	g_autoptr(ListenSocket) socket = listen_socket_new(address);

	if (!parse_address(socket, error))
		return NULL;
	if (!(socket->path == NULL ? bind_and_listen(socket, error) : open_local(socket, mode, group, error)))
		return NULL;
	return g_steal_pointer(&socket);
}

int
listen_socket_fd(const ListenSocket *socket)
{
	return socket->fd;
}

static bool
still_ours(const ListenSocket *socket, const char *path)
{
	struct stat found;

	return lstat(path, &found) == 0 && found.st_dev == socket->device && found.st_ino == socket->inode;
}

void
listen_socket_retire(ListenSocket *socket)
{
	if (socket->path != NULL && socket->place != NULL && still_ours(socket, socket->path)) {
		g_autofree char *aside = g_strconcat(socket->path, SUFFIX_OLD, NULL);

		/* Kept under another name, for it can only be poked by a name. */
		if (rename(socket->path, aside) == 0) {
			g_free(socket->place);
			socket->place = g_steal_pointer(&aside);
		}
	}
	if (socket->lock >= 0)
		close(socket->lock);
	socket->lock = -1;
}

void
listen_socket_poke(const ListenSocket *socket_)
{
	int fd;

	if (socket_->path != NULL) {
		fd = still_ours(socket_, socket_->place) ? dial(socket_->place) : -1;
	} else {
		fd = socket(socket_->endpoint.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		/* In progress is as good as done; any other failure costs the 5 s. */
		if (fd >= 0 && connect(fd, &socket_->endpoint.any, socket_->endpoint_size) < 0 && errno != EINPROGRESS)
			g_debug("poke socket=%s error=%s", socket_->address, g_strerror(errno));
	}
	if (fd >= 0)
		close(fd);
}

void
listen_socket_forget(ListenSocket *socket)
{
	if (socket == NULL)
		return;
	if (socket->fd >= 0)
		close(socket->fd);
	if (socket->lock >= 0)
		close(socket->lock);
	g_free(socket->place);
	g_free(socket->path);
	g_free(socket->address);
	g_free(socket);
}

void
listen_socket_free(ListenSocket *socket)
{
	if (socket != NULL && socket->place != NULL && (socket->inode == 0 || still_ours(socket, socket->place)))
		unlink(socket->place);
	listen_socket_forget(socket);
}
