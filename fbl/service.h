#ifndef RETOUR_SERVICE_H
#define RETOUR_SERVICE_H

#include "errors.h"

#include <stdbool.h>

/*
 * The process: opens what all mailboxes share, starts them, and obeys signals. SIGTERM, SIGINT, SIGHUP: finish what is in
 * hand and end. SIGUSR1: settings and rules anew; a set that does not load changes nothing.
 */
int service_run(const char *settings_path);

/* Loads everything that can be wrong (settings, rules, policy, providers) and frees it again. */
bool service_check(const char *settings_path, GError **error);

#endif
