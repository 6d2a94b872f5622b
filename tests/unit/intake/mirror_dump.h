#ifndef RETOUR_MIRROR_DUMP_H
#define RETOUR_MIRROR_DUMP_H

#include "redis_server.h"

/*
 * All that can tell why Redis and the blacklist differ about a target: where the mirror stands, which generations hold the target
 * and for how long, and its row and audit trail with transaction ids. For the message of a test that fails. Owned by the caller.
 */
char *mirror_dump(const RedisServer *redis, const char *url, const char *target);

#endif
