#ifndef RETOUR_MAP_SERVICE_H
#define RETOUR_MAP_SERVICE_H

#include "errors.h"

#include <stdbool.h>

/*
 * The process: answers for the blacklist to mail servers that ask by socketmap. SIGTERM, SIGINT, SIGHUP: answer what has
 * arrived and end. SIGUSR1: settings anew; a set that does not load changes nothing.
 */
int map_service_run(const char *settings_path);

/* Loads everything that can be wrong and frees it again. */
bool map_service_check(const char *settings_path, GError **error);

#endif
