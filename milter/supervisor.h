#ifndef RETOUR_SUPERVISOR_H
#define RETOUR_SUPERVISOR_H

#include "errors.h"

#include <stdbool.h>

/*
 * The parent process: owns the sockets and their locks, runs one child per listener and starts it anew when it dies (the
 * socket stays open meanwhile: the MTA waits instead of being refused), and is whom systemd and people send signals to.
 * SIGTERM, SIGINT, SIGHUP: finish what is in work and end. SIGUSR1: reload. It has one thread and stays that way: it forks.
 */
int supervisor_run(const char *settings_path);

/* Loads everything that can be wrong (settings, rules, policy, providers) and frees it again. */
bool supervisor_check(const char *settings_path, GError **error);

#endif
