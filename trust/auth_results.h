#ifndef RETOUR_AUTH_RESULTS_H
#define RETOUR_AUTH_RESULTS_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * The body of an Authentication-Results field, RFC 8601: what one server says it verified. Who reads it must know by other
 * means that the server wrote it (auth_border.h). Pure; any bytes may come in.
 */
typedef struct AuthProperty {
	char *type; /* "header", "smtp", "policy"; lower case; "" where none is given ("reason", and Microsoft's "action") */
	char *name;  /* lower case */
	char *value; /* unquoted, as written */
} AuthProperty;

typedef struct AuthResult {
	char *method;          /* "dkim", "spf"; lower case, without version */
	char *outcome;         /* "pass", "fail", "none"; lower case */
	GPtrArray *properties; /* AuthProperty * */
} AuthResult;

typedef struct AuthResults {
	char *authserv_id;  /* lower case, without the "/jobid" that OpenDKIM may append */
	GPtrArray *results; /* AuthResult *, in order; empty for "none" */
} AuthResults;

/*
 * value: as it stands in the mail, folded; encoded words are not decoded, for they could hold quotes and semicolons. NULL:
 * it breaks the grammar somewhere, or is longer than AUTH_RESULTS_BYTES, and nothing of it is believed then.
 */
AuthResults *auth_results_parse(const char *value, size_t size);
void auth_results_free(AuthResults *results);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(AuthResults, auth_results_free)

#define AUTH_RESULTS_BYTES ((size_t)16 * 1024)

/* Borrowed; NULL when it is missing or stands there more than once. */
const char *auth_result_property(const AuthResult *result, const char *type, const char *name);

/* The domains (header.d) whose DKIM signatures verified: the one at *index, 0 for the first, which moves on. NULL: no more. */
const char *auth_results_next_signer(const AuthResults *results, guint *index);

#endif
