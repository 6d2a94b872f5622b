#ifndef RETOUR_RECIPIENTS_H
#define RETOUR_RECIPIENTS_H

#include "errors.h"

#include <stdbool.h>

/*
 * Which envelope recipients are ours: "bounce@example.org", "bounce+*@example.org" (whatever follows the prefix) and
 * "@bounces.example.org" (the whole domain). Compared as address keys, so case and IDNA spelling do not matter. Immutable.
 */
typedef struct Recipients Recipients;

Recipients *recipients_new(void);
/* ERROR_CONFIG without a place; the caller knows file and line. */
bool recipients_add(Recipients *recipients, const char *pattern, GError **error);
void recipients_free(Recipients *recipients);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Recipients, recipients_free)

/* address: without angle brackets, as the MTA gave it. */
bool recipients_match(const Recipients *recipients, const char *address);

#endif
