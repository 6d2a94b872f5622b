#ifndef RETOUR_REDIS_PLACE_H
#define RETOUR_REDIS_PLACE_H

#include "errors.h"

/* Where a Redis, or a Sentinel, listens. */
typedef struct RedisPlace {
	char *address; /* "unix:/path" or "tcp:host:port": names it in messages */
	char *path;    /* of a unix socket, or NULL */
	char *host;
	int port;
} RedisPlace;

RedisPlace *redis_place_parse(const char *address, GError **error); /* ERROR_CONFIG: no such address */
/* host as Sentinel names it: a name or a numeric address without brackets. NULL: no such port. */
RedisPlace *redis_place_of(const char *host, const char *port);
void redis_place_free(void *place);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RedisPlace, redis_place_free)

#endif
