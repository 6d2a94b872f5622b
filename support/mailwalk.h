#ifndef RETOUR_MAILWALK_H
#define RETOUR_MAILWALK_H

#include <glib.h>
#include <stdbool.h>

/* The files below some paths, in order. mailfile.h says which. */
typedef struct MailWalk MailWalk;

typedef struct WalkEntry {
	char *path;  /* owned by the walk until the next call */
	bool single; /* one mail, even if it begins with a "From " line */
} WalkEntry;

MailWalk *mailwalk_new(const char *const *paths);
void mailwalk_free(MailWalk *walk);

/* False: no more, or error is set (the walk can go on). */
bool mailwalk_next(MailWalk *walk, WalkEntry *ret_entry, GError **error);

#endif
