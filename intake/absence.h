#ifndef RETOUR_ABSENCE_H
#define RETOUR_ABSENCE_H

#include "blacklist.h"

/*
 * Knows of nearly everybody who is on no list that he is on none, without asking anybody: a filter in this process over all
 * targets, loaded from PostgreSQL and kept up with the feed of changes by a thread, twice a second. It answers only while it
 * is known to be current, and never says that somebody is listed. Thread-safe.
 */
typedef struct Absence Absence;

/*
 * blacklist is borrowed. limit: entries; a longer list is not kept here (10 bits an entry). fresh_ms: how long the thread may be
 * without news from PostgreSQL.
 */
Absence *absence_start(Blacklist *blacklist, uint64_t limit, int64_t fresh_ms, GError **error);
void absence_stop(Absence *absence); /* NULL is fine */

/* True: neither that target (an address key, or a hash of one) nor its domain was listed half a second ago. False: ask. */
bool absence_is_sure(Absence *absence, const char *target);

#endif
