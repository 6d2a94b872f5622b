#ifndef RETOUR_REDIS_POOL_H
#define RETOUR_REDIS_POOL_H

#include "cache.h"

#include <hiredis/hiredis.h>

/*
 * Connections to one Redis and bounded waits on them. A failure closes what is idle and, for look-ups, keeps everybody
 * away for a second; then one caller tries again while the others still stay away.
 */
typedef struct RedisPool RedisPool;

RedisPool *redis_pool_new(const CacheSettings *settings, GError **error); /* ERROR_CONFIG: bad address */
void redis_pool_free(RedisPool *pool);

typedef enum Patience {
	PATIENCE_LOOKUP, /* the configured timeout; refused at once while Redis is left alone */
	PATIENCE_INSIST, /* the configured timeout; always tried */
	PATIENCE_MIRROR, /* seconds; always tried */
} Patience;

/* A request is any number of commands, appended one by one. */
void request_add(GString *request, const char *command, ...) G_GNUC_NULL_TERMINATED;
void request_add_array(GString *request, const GPtrArray *words); /* char *; without a NULL at the end */

/*
 * One round trip: sends the request and waits for count replies, in order; GPtrArray of redisReply *, owned by the caller. Replies of
 * type error are the caller's to judge. NULL: ERROR_RETRY, and the connection is gone.
 */
GPtrArray *redis_pool_ask(RedisPool *pool, const GString *request, unsigned count, Patience patience, GError **error);

/* After an error reply that says this connection is of no use (not authorised, loading, ...): make new ones. */
void redis_pool_distrust(RedisPool *pool, const char *why);

/* Borrowed text of a string or status reply without NUL; NULL when it is something else. */
const char *reply_text(const redisReply *reply);
/* Sets ERROR_RETRY from an error reply, or for one of the wrong type; returns false. */
bool reply_fail(const redisReply *reply, GError **error);

#endif
