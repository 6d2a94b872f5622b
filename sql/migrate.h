#ifndef RETOUR_MIGRATE_H
#define RETOUR_MIGRATE_H

#include "errors.h"

#include <stdbool.h>

/*
 * Numbered migrations, compiled in from sql/migrations, each applied once, in order, in its own transaction, under an
 * advisory lock, so that any number of hosts may try at once. A migration that was changed after it was applied is refused.
 */
typedef void (*MigrateProgress)(void *context, const char *name);

/* Applies what is due as the owner of the database. *ret_applied: how many. */
bool migrate_run(const char *url, MigrateProgress progress, void *context, unsigned *ret_applied, GError **error);
/* *ret_version: what the database has; *ret_wanted: what this program needs. */
bool migrate_status(const char *url, unsigned *ret_version, unsigned *ret_wanted, GError **error);

#endif
