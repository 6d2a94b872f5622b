#ifndef RETOUR_PROPERTY_COMPARE_H
#define RETOUR_PROPERTY_COMPARE_H

#include "cache.h"
#include "property_model.h"

/* What came out beside what should have; the first difference ends the test. */

/* Blacklist, strikes, counters, and how many automatic changes the audit trail holds. */
void compare_tables(const Model *model, const char *url);
/* What Redis answers about mail from that sender to the address. */
void compare_redis(const Model *model, Cache *cache, const char *address, int sender);

/* First column of all rows, a line each. Owned by the caller. */
char *compare_ask(const char *url, const char *sql);

#endif
