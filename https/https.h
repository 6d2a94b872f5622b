#ifndef RETOUR_HTTPS_H
#define RETOUR_HTTPS_H

#include "errors.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * One POST by HTTPS: certificate and host name verified, TLS 1.2 at least, no redirect followed, answer and time bounded.
 * Thread-safe after https_init().
 */
typedef struct HttpsRequest {
	const char *url, *type, *body; /* type: of the body */
	const char *bearer;            /* token of RFC 6750; NULL: none */
	const char *ca_file;           /* instead of the system's; "" */
	int64_t timeout_ms;            /* of all of it */
	int cancel;                    /* readable: give up; -1: never */
} HttpsRequest;

typedef struct HttpsAnswer {
	GString *body;
	long status;
} HttpsAnswer;

/* Once, before there is any thread. */
void https_init(void);

/* Every answer is a success, whatever its status. ERROR_RETRY: there was none. *ret_answer is cleared by https_answer_clear(). */
bool https_post(const HttpsRequest *request, HttpsAnswer *ret_answer, GError **error);
void https_answer_clear(HttpsAnswer *answer);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(HttpsAnswer, https_answer_clear)

/* What a file holds, without its line end. ERROR_CONFIG. Owned by the caller. */
char *https_secret(const char *path, GError **error);

#endif
