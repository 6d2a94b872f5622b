#ifndef RETOUR_SOCKET_REACH_H
#define RETOUR_SOCKET_REACH_H

#include "errors.h"

#include <stdbool.h>

/*
 * Does somebody listen on a milter socket, written as MTAs do: "unix:/path", "local:/path", "inet:port@host",
 * "inet6:port@host"? Waits 5 s at most.
 */
bool socket_reach(const char *text, GError **error);

#endif
