#ifndef RETOUR_ALERT_WEBHOOK_H
#define RETOUR_ALERT_WEBHOOK_H

#include "reputation_alerts.h"

/*
 * Posts an alert, its JSON as the command for alerts gets it, to alert_url. The token is read anew each time, so that it can be
 * changed. ERROR_RETRY: no answer, or none that says 2xx; ERROR_CONFIG: the token cannot be read.
 */
bool alert_webhook_post(
	const ReputationSettings *settings, const ReputationAlert *alert, int64_t timeout_ms, GError **error);

#endif
