#ifndef RETOUR_ALERT_COMMAND_H
#define RETOUR_ALERT_COMMAND_H

#include "errors.h"
#include "reputation_alerts.h"

/*
 * Runs the command for alerts. No shell has a hand in it: words are the program (found in PATH) and its arguments as they
 * stand in the settings; what the alert says comes as one line of JSON on standard input, and as RETOUR_ALERT_SUBJECT,
 * RETOUR_ALERT_NAME, RETOUR_ALERT_WAS and RETOUR_ALERT_STATE. ERROR_RETRY: it could not be run, did not end with 0, or took
 * more than timeout_ms and was killed with all that it had started.
 */
bool alert_command_run(char *const *words, const ReputationAlert *alert, int64_t timeout_ms, GError **error);

#endif
