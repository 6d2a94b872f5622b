#ifndef RETOUR_WATCH_SERVICE_H
#define RETOUR_WATCH_SERVICE_H

#include "errors.h"

#include <stdbool.h>

/* Loads everything that can be wrong, and frees it again. */
bool service_check(const char *settings_path, GError **error);
/* Serves until it is told to stop. Returns the exit code. */
int service_run(const char *settings_path);

#endif
