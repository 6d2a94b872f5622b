#ifndef RETOUR_OAUTH_H
#define RETOUR_OAUTH_H

#include "settings.h"

#include <stdbool.h>

/*
 * Access tokens for one mailbox (RFC 6749): by client credentials (section 4.4), or by a refresh token (section 6). A token
 * is kept until five minutes before its end. A refresh token that the server replaces is written to its file at once, so
 * that it survives whatever happens next. Used by one thread.
 */
typedef struct OauthSettings {
	char *token_url, *scope, *client_id;
	char *client_secret_file; /* "": a public client */
	char *refresh_token_file; /* "": client credentials; rewritten when the server rotates it */
	char *ca_file;            /* "": the system's */
	int preset;               /* of token_url and scope */
	char *tenant;             /* microsoft */
} OauthSettings;

/* map: the value of `oauth`. ERROR_CONFIG with file:line. */
bool oauth_settings_read(const YamlNode *map, OauthSettings *ret_settings, GError **error);
void oauth_settings_clear(OauthSettings *settings);

typedef struct Oauth Oauth;

/* settings is borrowed. cancel: readable: give up. */
Oauth *oauth_new(const OauthSettings *settings, int64_t timeout_ms, int cancel);
void oauth_free(Oauth *oauth); /* NULL is fine */

/*
 * An access token, kept or new. Owned by the caller. ERROR_RETRY: the server is away; ERROR_CONFIG: a file cannot be read;
 * ERROR_INPUT: it refuses us for good, and from then on nobody is asked any more.
 */
char *oauth_token(Oauth *oauth, GError **error);
/* The mail server refused it: the next one is a new one. */
void oauth_forget(Oauth *oauth);
bool oauth_is_revoked(const Oauth *oauth);

#endif
