#ifndef RETOUR_PRIVILEGES_H
#define RETOUR_PRIVILEGES_H

#include "errors.h"

#include <stdbool.h>

/* For good: user with its groups, or with that group alone. Both "": stay what we are, with a warning when that is root. */
bool privileges_drop(const char *user, const char *group, GError **error);

#endif
