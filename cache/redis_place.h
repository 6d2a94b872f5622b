#ifndef RETOUR_REDIS_PLACE_H
#define RETOUR_REDIS_PLACE_H

#include "errors.h"

#include <stdbool.h>

/* Where a Redis, or a Sentinel, listens. */
typedef struct RedisPlace {
	char *address; /* "unix:/path", "tcp:host:port" or "tls:host:port": names it in messages */
	char *path;    /* of a unix socket, or NULL */
	char *host;
	int port;
	bool tls;
} RedisPlace;

RedisPlace *redis_place_parse(const char *address, GError **error); /* ERROR_CONFIG: no such address */
/*
 * host as Sentinel names it: a name or a numeric address without brackets; spoken to as the Sentinel is. NULL: no such port.
 */
RedisPlace *redis_place_of(const char *host, const char *port, bool tls);
void redis_place_free(void *place);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RedisPlace, redis_place_free)

#endif
