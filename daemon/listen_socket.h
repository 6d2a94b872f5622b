#ifndef RETOUR_LISTEN_SOCKET_H
#define RETOUR_LISTEN_SOCKET_H

#include "errors.h"

#include <stdbool.h>
#include <sys/types.h>

/*
 * A listening socket that no other instance can steal and that is never unreachable while it is ours. libmilter would
 * remove the socket of a live instance without a word, so the supervisor binds it and hands libmilter the descriptor.
 *
 * A unix socket is made beside its place and renamed over it, under a lock on "<path>.lock" (the file stays behind on
 * purpose: removing a lock file is a race). For inet the kernel is the lock.
 */
typedef struct ListenSocket ListenSocket;

/* "unix:/path", "local:/path", "/path", "inet:port@address", "inet6:port@address"; the address is numeric. */
bool listen_address_check(const char *address, GError **error);

/* group: (gid_t)-1 to leave it. ERROR_CONFIG: no such address; ERROR_RETRY: taken by another instance or program. */
ListenSocket *listen_socket_open(const char *address, mode_t mode, gid_t group, GError **error);
int listen_socket_fd(const ListenSocket *socket);

/*
 * Nobody new finds the socket from here on, and the next instance may take its place; sessions live on. A file that is not
 * ours any more is left alone. A TCP port is held until the socket is freed.
 */
void listen_socket_retire(ListenSocket *socket);
/* Wakes whoever polls the socket, also after it was retired: libmilter looks at its stop flag once in 5 s or at a connection. */
void listen_socket_poke(const ListenSocket *socket);
void listen_socket_free(ListenSocket *socket);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ListenSocket, listen_socket_free)

/* In a child: gives up its copies of the descriptors and nothing else. */
void listen_socket_forget(ListenSocket *socket);

#endif
