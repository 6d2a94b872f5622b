#include "https.h"

#include <curl/curl.h>
#include <poll.h>
#include <string.h>

#define ANSWER_BYTES ((size_t)16 * 1024) /* also bounds how deep JSON in it can nest */

void
https_init(void)
{
	curl_global_init(CURL_GLOBAL_DEFAULT);
}

void
https_answer_clear(HttpsAnswer *answer)
{
	if (answer->body != NULL)
		g_string_free(answer->body, TRUE);
	*answer = (HttpsAnswer){ 0 };
}

char *
https_secret(const char *path, GError **error)
{
	g_autoptr(GError) problem = NULL;
	char *secret;

	if (g_file_get_contents(path, &secret, NULL, &problem)) {
		secret[strcspn(secret, "\r\n")] = '\0';
		return secret;
	}
	g_set_error(error, RETOUR_ERROR, ERROR_CONFIG, "%s", problem->message);
	return NULL;
}

static size_t
take_body(char *bytes, size_t size, size_t count, void *data)
{
	GString *body = data;

	if (body->len + size * count > ANSWER_BYTES)
		return 0;
	g_string_append_len(body, bytes, (gssize)(size * count));
	return size * count;
}

static int
on_progress(void *data, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	struct pollfd cancel = { ((const HttpsRequest *)data)->cancel, POLLIN, 0 };

	(void)a, (void)b, (void)c, (void)d;
	return poll(&cancel, 1, 0) > 0;
}

static struct curl_slist *
make_headers(const HttpsRequest *request)
{
	g_autofree char *type = g_strdup_printf("Content-Type: %s", request->type);
	struct curl_slist *headers = curl_slist_append(NULL, type);

	if (headers == NULL)
		g_error("out of memory");
	return headers;
}

static void
set_options(CURL *curl, const HttpsRequest *request, const struct curl_slist *headers, GString *body)
{
	curl_easy_setopt(curl, CURLOPT_URL, request->url);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https");
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)request->timeout_ms);
	curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, body);
	curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
	curl_easy_setopt(curl, CURLOPT_XFERINFODATA, request);
	if (request->bearer != NULL) {
		curl_easy_setopt(curl, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
		curl_easy_setopt(curl, CURLOPT_XOAUTH2_BEARER, request->bearer);
	}
	if (*request->ca_file != '\0') {
		curl_easy_setopt(curl, CURLOPT_CAINFO, request->ca_file);
		curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
	}
}

bool
https_post(const HttpsRequest *request, HttpsAnswer *ret_answer, GError **error)
{
	HttpsAnswer answer = { .body = g_string_new(NULL) };
	char problem[CURL_ERROR_SIZE] = "";
	struct curl_slist *headers = make_headers(request);
	CURL *curl = curl_easy_init();
	CURLcode code;

	if (curl == NULL)
		g_error("out of memory");
	set_options(curl, request, headers, answer.body);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, problem);
	code = curl_easy_perform(curl);
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer.status);
	curl_easy_cleanup(curl);
	curl_slist_free_all(headers);
	if (code == CURLE_OK) {
		*ret_answer = answer;
		return true;
	}
	https_answer_clear(&answer);
	g_set_error(error, RETOUR_ERROR, ERROR_RETRY, "%s: %s", request->url,
		*problem == '\0' ? curl_easy_strerror(code) : problem);
	return false;
}
