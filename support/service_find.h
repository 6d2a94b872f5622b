#ifndef RETOUR_SERVICE_FIND_H
#define RETOUR_SERVICE_FIND_H

#include "errors.h"

#include <stdbool.h>
#include <sys/types.h>

/*
 * A running retour-milter, held by a descriptor: its process id cannot come to mean another process. The one that holds the
 * lock beside a unix socket is meant (milter/listen_socket.h): the number written in the lock file counts only while the
 * kernel says that this process holds the lock.
 */
typedef struct Service {
	pid_t pid;
	int process; /* pidfd */
} Service;

/* socket: the path of a unix socket. ERROR_RETRY: none runs, or it may not be asked. */
bool service_find(const char *socket, Service *ret_service, GError **error);
/* Asks it to load its configuration anew. */
bool service_reload(const Service *service, GError **error);
void service_close(Service *service);

#endif
