#ifndef RETOUR_SERVER_H
#define RETOUR_SERVER_H

#include "errors.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Serves netstring requests on any number of listening sockets and persistent connections, by a few threads that share one
 * epoll: the thread that reads a request asks and answers it. A client's memory is one buffer; one that sends what is no
 * netstring, or does not read its replies, is dropped.
 */
typedef struct Server Server;

/*
 * A request to the listener of that number; called by many threads at once. text is not terminated. Returns the reply, owned by
 * the caller.
 */
typedef char *(*ServerAnswer)(void *context, unsigned listener, const char *text, size_t length);

typedef struct ServerSettings {
	unsigned threads, max_clients; /* at the limit the client that is silent for longest makes room */
	size_t request_limit;          /* octets; longer ones are nobody's */
	ServerAnswer answer;
	void *context;
} ServerSettings;

/* sockets: listening descriptors, borrowed until server_stop(). ERROR_RETRY: no thread or no descriptor. */
Server *server_start(const ServerSettings *settings, const int *sockets, unsigned count, GError **error);
/* Ends clients that were silent for that long. */
void server_drop_idle(Server *server, int64_t milliseconds);
/* Takes no more clients, answers what has arrived, and ends. At most that long for the clients; then they are cut off. */
void server_stop(Server *server, int64_t drain_ms);

#endif
