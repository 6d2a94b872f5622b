#include "oauth.h"

#include "https.h"

#include <json-glib/json-glib.h>
#include <string.h>

#define EARLY_S 300          /* before its end a token is replaced */
#define LIFETIME_MAX_S 86400 /* whatever the server says */
#define LIFETIME_UNKNOWN_S 600

struct Oauth {
	const OauthSettings *settings;
	int64_t timeout_ms;
	int cancel;
	char *token;        /* NULL: none */
	int64_t good_until; /* monotonic microseconds */
	bool revoked;
};

Oauth *
oauth_new(const OauthSettings *settings, int64_t timeout_ms, int cancel)
{
	Oauth *oauth = g_new0(Oauth, 1);

	oauth->settings = settings;
	oauth->timeout_ms = timeout_ms;
	oauth->cancel = cancel;
	return oauth;
}

void
oauth_free(Oauth *oauth)
{
	if (oauth == NULL)
		return;
	g_free(oauth->token);
	g_free(oauth);
}

void
oauth_forget(Oauth *oauth)
{
	g_clear_pointer(&oauth->token, g_free);
}

bool
oauth_is_revoked(const Oauth *oauth)
{
	return oauth->revoked;
}

static void
add_field(GString *form, const char *name, const char *value)
{
	g_autofree char *escaped = g_uri_escape_string(value, NULL, FALSE);

	if (*value != '\0')
		g_string_append_printf(form, "%s%s=%s", form->len == 0 ? "" : "&", name, escaped);
}

static bool
add_secret(GString *form, const char *name, const char *path, GError **error)
{
	g_autofree char *secret = *path == '\0' ? g_strdup("") : https_secret(path, error);

	if (secret == NULL)
		return false;
	add_field(form, name, secret);
	return true;
}

/* RFC 6749 sections 4.4.2 and 6, with the client's name and secret in the body (section 2.3.1), as both presets take them. */
static GString *
make_form(const OauthSettings *settings, GError **error)
{
	GString *form = g_string_new(NULL);
	bool refresh = *settings->refresh_token_file != '\0';

	add_field(form, "grant_type", refresh ? "refresh_token" : "client_credentials");
	add_field(form, "client_id", settings->client_id);
	add_field(form, "scope", settings->scope);
	if (add_secret(form, "refresh_token", settings->refresh_token_file, error)
		&& add_secret(form, "client_secret", settings->client_secret_file, error))
		return form;
	g_string_free(form, TRUE);
	return NULL;
}

static const char *
member(JsonObject *object, const char *name)
{
	JsonNode *node = json_object_get_member(object, name);

	return node != NULL && JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING
		       ? json_node_get_string(node)
		       : "";
}

static int64_t
lifetime(JsonObject *object)
{
	JsonNode *node = json_object_get_member(object, "expires_in");
	int64_t seconds = node != NULL && JSON_NODE_HOLDS_VALUE(node) ? json_node_get_int(node) : 0;

	return seconds <= 0 ? LIFETIME_UNKNOWN_S : MIN(seconds, LIFETIME_MAX_S);
}

/* RFC 6749 section 5.2. What only a person can mend ends the asking; the rest may pass. */
static bool
refuse(Oauth *oauth, JsonObject *object, long status, GError **error)
{
	static const char *const final[] = { "invalid_grant", "invalid_client", "unauthorized_client",
		"unsupported_grant_type", "invalid_scope", NULL };
	const char *reason = object == NULL ? "" : member(object, "error");

	oauth->revoked = g_strv_contains(final, reason);
	g_set_error(error, RETOUR_ERROR, oauth->revoked ? ERROR_INPUT : ERROR_RETRY, "%s: status %ld %s",
		oauth->settings->token_url, status, oauth->revoked ? reason : "without a token");
	return false;
}

/* g_file_set_contents_full() writes beside it, syncs and renames. */
static bool
keep_refresh_token(const OauthSettings *settings, const char *token, GError **error)
{
	g_autoptr(GError) problem = NULL;

	if (*settings->refresh_token_file == '\0' || *token == '\0')
		return true;
	if (g_file_set_contents_full(settings->refresh_token_file, token, -1,
		    G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0600, &problem))
		return true;
	g_set_error(error, RETOUR_ERROR, ERROR_CONFIG, "the new refresh token cannot be kept: %s", problem->message);
	return false;
}

static bool
take_token(Oauth *oauth, const HttpsAnswer *answer, GError **error)
{
	g_autoptr(JsonParser) parser = json_parser_new();
	JsonNode *root = NULL;
	JsonObject *object;
	int64_t seconds;

	if (json_parser_load_from_data(parser, answer->body->str, (gssize)answer->body->len, NULL))
		root = json_parser_get_root(parser);
	object = root != NULL && JSON_NODE_HOLDS_OBJECT(root) ? json_node_get_object(root) : NULL;
	if (answer->status != 200 || object == NULL || *member(object, "access_token") == '\0')
		return refuse(oauth, object, answer->status, error);
	if (!keep_refresh_token(oauth->settings, member(object, "refresh_token"), error))
		return false;
	seconds = lifetime(object);
	oauth->token = g_strdup(member(object, "access_token"));
	oauth->good_until = g_get_monotonic_time() + MAX(seconds - EARLY_S, seconds / 2) * G_USEC_PER_SEC;
	return true;
}

static bool
post(const Oauth *oauth, const char *form, HttpsAnswer *ret_answer, GError **error)
{
	const HttpsRequest request = { .url = oauth->settings->token_url,
		.type = "application/x-www-form-urlencoded",
		.body = form,
		.ca_file = oauth->settings->ca_file,
		.timeout_ms = oauth->timeout_ms,
		.cancel = oauth->cancel };

	return https_post(&request, ret_answer, error);
}

static bool
renew(Oauth *oauth, GError **error)
{
	GString *form = make_form(oauth->settings, error);
	g_auto(HttpsAnswer) answer = { 0 };
	bool done = form != NULL && post(oauth, form->str, &answer, error) && take_token(oauth, &answer, error);

	if (form != NULL)
		g_string_free(form, TRUE);
	return done;
}

char *
oauth_token(Oauth *oauth, GError **error)
{
	if (oauth->revoked) {
		g_set_error_literal(error, RETOUR_ERROR, ERROR_INPUT, "the token server refused us");
		return NULL;
	}
	if (oauth->token != NULL && g_get_monotonic_time() >= oauth->good_until)
		oauth_forget(oauth);
	if (oauth->token == NULL && !renew(oauth, error))
		return NULL;
	return g_strdup(oauth->token);
}
