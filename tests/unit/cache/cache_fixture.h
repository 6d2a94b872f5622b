#ifndef RETOUR_CACHE_FIXTURE_H
#define RETOUR_CACHE_FIXTURE_H

#include "cache.h"
#include "decision.h"
#include "redis_server.h"

/* A blacklist that the tests of cache/ share, and how to bring it into Redis. */

#define NOW 1700000000
#define DATABASE "db-1"
#define PREFIX "re*[x]:" /* glob characters: the sweep must not take them for a pattern */

/* One entry. Those of one target stand together. */
typedef struct Row {
	const char *target, *scope;
	Category category;
	int64_t expires_at;
} Row;

extern const Row fixture_rows[];
extern const size_t fixture_row_count;

CacheSettings fixture_settings(const RedisServer *server); /* nothing in it is owned */
Cache *fixture_open(const RedisServer *server);

GPtrArray *fixture_states(const Row *table, size_t count); /* TargetState * */
/* A current apply. False: lost. */
bool fixture_apply(Cache *cache, ChangePosition from, ChangePosition to, const GPtrArray *states);
/* As mirror.c does it: a rebuild, then a current apply. */
void fixture_fill(Cache *cache, const Row *table, size_t count, ChangePosition position);

/* Looks where the mirror stands, as mirror.c does all the time. Is it usable? */
bool fixture_position(Cache *cache);

CacheAnswer fixture_check(Cache *cache, const char *address, const char *sender_domain);
/* Every look-up that fixture_rows must answer. */
void fixture_assert_lookups(Cache *cache);
/* Asks for a listed address until there is an answer. */
void fixture_assert_recovers(Cache *cache);

#endif
