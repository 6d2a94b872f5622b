#ifndef RETOUR_PROPERTY_COMPARE_H
#define RETOUR_PROPERTY_COMPARE_H

#include "cache.h"
#include "property_model.h"
#include "redis_server.h"

/* What came out beside what should have; the first difference ends the test. */

/* Blacklist, strikes, counters, and how many automatic changes the audit trail holds. */
void compare_tables(const Model *model, const char *url);
/* What Redis answers about mail from that sender to the address. */
typedef struct Mirrored {
	const RedisServer *redis;
	const char *url;
	Cache *cache;
} Mirrored;
void compare_redis(const Model *model, const Mirrored *mirrored, const char *address, int sender);

/* First column of all rows, a line each. Owned by the caller. */
char *compare_ask(const char *url, const char *sql);

#endif
