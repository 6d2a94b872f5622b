#ifndef RETOUR_REDIS_LINK_H
#define RETOUR_REDIS_LINK_H

#include "redis_access.h"
#include "redis_place.h"

#include <hiredis/hiredis.h>

/* One connection, with the timeout that its socket has. */
typedef struct RedisLink RedisLink;

/* login without a password file: none. */
RedisLink *redis_link_open(const RedisPlace *place, const RedisLogin *login, const RedisTlsSettings *tls,
	int64_t timeout_ms, GError **error);
void redis_link_free(void *link);
bool redis_link_set_timeout(RedisLink *link, int64_t timeout_ms);

/*
 * One round trip: sends the request and waits for count replies, in order; GPtrArray of redisReply *, owned by the caller.
 * NULL: the connection is of no use any more; *ret_errno says why.
 */
GPtrArray *redis_link_exchange(const RedisLink *link, const GString *request, unsigned count, int *ret_errno);
/* That errno in words. */
const char *redis_link_problem(const RedisLink *link, int problem);

typedef enum RedisRole {
	REDIS_ROLE_ANY,     /* a primary, or a replica that hears from its primary */
	REDIS_ROLE_PRIMARY, /* may be written to */
} RedisRole;

/* ERROR_RETRY: it has not that role, or does not say. */
bool redis_link_check_role(const RedisLink *link, RedisRole role, GError **error);

/* A request is any number of commands, appended one by one. */
void request_add(GString *request, const char *command, ...) G_GNUC_NULL_TERMINATED;
void request_add_array(GString *request, const GPtrArray *words); /* char *; without a NULL at the end */

/* Borrowed text of a string or status reply without NUL; NULL when it is something else. */
const char *reply_text(const redisReply *reply);
/* Sets ERROR_RETRY from an error reply, or for one of the wrong type; returns false. */
bool reply_fail(const redisReply *reply, GError **error);

#endif
