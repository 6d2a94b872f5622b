#ifndef RETOUR_CACHE_PRIVATE_H
#define RETOUR_CACHE_PRIVATE_H

#include "redis_pool.h"

#include <pthread.h>

#define GENERATION_DIGITS 12 /* hex */

/* What the files of this folder share. */
struct Cache {
	RedisPool *pool;    /* for look-ups; NULL: no cache */
	RedisPool *primary; /* for the mirror; the same where there is only one Redis */
	char *prefix;
	int64_t fresh_ms;
	pthread_mutex_t lock;
	char generation[GENERATION_DIGITS + 1]; /* under lock: last seen in use; "" at first */
	char *database; /* under lock: whose list is mirrored; "" while PostgreSQL never answered */
};

G_DEFINE_AUTOPTR_CLEANUP_FUNC(redisReply, freeReplyObject)

void cache_set_generation(Cache *cache, const char *generation);
void cache_set_database(Cache *cache, const char *database);
/* GENERATION_DIGITS of chance, never used before. Owned by the caller. */
char *generation_new(void);
bool generation_is_valid(const char *text);

/* False, with ERROR_RETRY, where no cache is configured. */
bool cache_is_there(const Cache *cache, GError **error);

/* "<prefix><name>". Owned by the caller. */
char *cache_key(const Cache *cache, const char *name);

/* A Lua script with its keys (names below the prefix) and arguments. */
typedef struct Script {
	const char *body;
	GPtrArray *words; /* EVALSHA, digest, number of keys, keys, arguments */
} Script;

void script_init(Script *script, const Cache *cache, const char *body, const char *const *keys);
void script_clear(Script *script);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Script, script_clear)
void script_add(Script *script, const char *argument);
void script_add_number(Script *script, int64_t argument);
/* Three arguments: target, value and expiry in ms since the epoch; value "": none, expiry "": never. */
void script_add_state(Script *script, const TargetState *state);
/* All our scripts answer with a number; *ret_number is set on success. Sends the body itself where Redis does not know it yet. */
bool script_run(Script *script, Cache *cache, int64_t *ret_number, GError **error);

#endif
