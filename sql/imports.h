#ifndef RETOUR_IMPORTS_H
#define RETOUR_IMPORTS_H

#include "blacklist.h"

/* Archives of old reports: what has to be there before they are recorded. */

/* ERROR_CONFIG: the database role may not record reports; the message says which may. */
bool imports_allowed(Blacklist *blacklist, GError **error);
/* Leaves the trace of an import that a person vouches for: who, when, what, on which trust. */
bool imports_note(Blacklist *blacklist, const char *actor, const char *trust, const char *sources, GError **error);
/* Partitions for the month in which that moment lies; it must be past. */
bool imports_make_month(Blacklist *blacklist, int64_t at, GError **error);

#endif
