#ifndef RETOUR_FLOOD_H
#define RETOUR_FLOOD_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * Anybody can send reports that nothing proves, and as many as he likes. So many of their events an hour get rows, in all
 * and from one source, and the rest are only counted: no flood fills the database, and no source takes the room of the
 * others. Of one process; thread-safe.
 */
typedef struct Flood Flood;

/* 0: no limit. */
Flood *flood_new(int64_t per_hour, int64_t per_source);
void flood_free(Flood *flood);

/* May one more be kept? source: the address of the SMTP client, of which IPv6 counts by its /64; "": the total alone counts. */
bool flood_take(Flood *flood, const char *source, int64_t now);
/* What was taken is not needed: the event was proven, or known already. */
void flood_give_back(Flood *flood, const char *source, int64_t now);

#endif
