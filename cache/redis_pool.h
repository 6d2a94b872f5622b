#ifndef RETOUR_REDIS_POOL_H
#define RETOUR_REDIS_POOL_H

#include "cache.h"
#include "redis_link.h"

/*
 * Connections to one Redis of those that are configured, and bounded waits on them. Each new connection is tried in their
 * order, and where there is a choice the one that is taken has the role that is wanted. A failure closes what is idle and, for
 * look-ups, keeps everybody away for a second; then one caller tries again while the others still stay away.
 */
typedef struct RedisPool RedisPool;

RedisPool *redis_pool_new(
	const CacheSettings *settings, RedisRole role, GError **error); /* ERROR_CONFIG: bad address */
void redis_pool_free(RedisPool *pool);
bool redis_pool_has_choice(const RedisPool *pool); /* more than one address, or Sentinels */

typedef enum Patience {
	PATIENCE_LOOKUP, /* the configured timeout; refused at once while Redis is left alone */
	PATIENCE_INSIST, /* the configured timeout; always tried */
	PATIENCE_MIRROR, /* seconds; always tried */
} Patience;

/*
 * One round trip: sends the request and waits for count replies, in order; GPtrArray of redisReply *, owned by the caller.
 * Replies of type error are the caller's to judge. NULL: ERROR_RETRY, and the connection is gone.
 */
GPtrArray *redis_pool_ask(RedisPool *pool, const GString *request, unsigned count, Patience patience, GError **error);

/* After an error reply that says this connection is of no use (not authorised, loading, ...): make new ones. */
void redis_pool_distrust(RedisPool *pool, const char *why);

#endif
