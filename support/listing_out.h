#ifndef RETOUR_LISTING_OUT_H
#define RETOUR_LISTING_OUT_H

#include "blacklist.h"

#include <json-glib/json-glib.h>

/* Blacklist entries as people and programs see them. */

/* now tells which are still in force. */
void listing_print(const Listing *listing, int64_t now);
JsonObject *listing_json(const Listing *listing, int64_t now);
void listings_print_table(const GPtrArray *listings);
void audit_print(const GPtrArray *entries);
JsonArray *audit_json(const GPtrArray *entries);

/* Seconds since the epoch. */
int64_t now_seconds(void);

#endif
