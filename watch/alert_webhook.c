#include "alert_webhook.h"

#include "https.h"

bool
alert_webhook_post(const ReputationSettings *settings, const ReputationAlert *alert, int64_t timeout_ms, GError **error)
{
	bool has_token = *settings->alert_token_file != '\0';
	g_autofree char *token = has_token ? https_secret(settings->alert_token_file, error) : NULL;
	const HttpsRequest request = { .url = settings->alert_url,
		.type = "application/json",
		.body = alert->json,
		.bearer = token,
		.ca_file = settings->alert_ca_file,
		.timeout_ms = timeout_ms,
		.cancel = -1 };
	g_auto(HttpsAnswer) answer = { 0 };

	if ((has_token && token == NULL) || !https_post(&request, &answer, error))
		return false;
	if (answer.status >= 200 && answer.status < 300)
		return true;
	g_set_error(error, RETOUR_ERROR, ERROR_RETRY, "%s: status %ld", settings->alert_url, answer.status);
	return false;
}
