#include "imap_session.h"

#include <string.h>

/* A refusal of a login is for a person to solve; the next try must not come at once, or the account is locked. */
static bool
refuse_login(GError **error)
{
	if (error != NULL && g_error_matches(*error, RETOUR_ERROR, ERROR_INPUT))
		(*error)->code = ERROR_CONFIG;
	return false;
}

bool
imap_authenticate(Imap *imap, const char *mechanism, const char *response, const char *dismiss, GError **error)
{
	g_autofree char *encoded = g_base64_encode((const guchar *)response, strlen(response));
	g_autofree char *bare = g_strconcat("AUTHENTICATE ", mechanism, NULL);
	g_autofree char *whole = g_strconcat(bare, " ", encoded, NULL);
	bool initial = imap_has(imap, "SASL-IR"), continued = false;
	g_autoptr(GError) problem = NULL;
	bool ok = imap_send_command(imap, initial ? whole : bare, &problem)
		  && imap_finish(imap, "AUTHENTICATE", NULL, NULL, &continued, &problem);

	if (ok && continued && !initial) {
		continued = false;
		ok = imap_send_line(imap, encoded, &problem)
		     && imap_finish(imap, "AUTHENTICATE", NULL, NULL, &continued, &problem);
	}
	/* What the server explains now is the reason of the refusal that follows. */
	if (ok && continued)
		ok = imap_send_line(imap, dismiss, &problem)
		     && imap_finish(imap, "AUTHENTICATE", NULL, NULL, NULL, &problem);
	if (ok)
		return imap_run(imap, "CAPABILITY", NULL, NULL, error);
	g_propagate_error(error, g_steal_pointer(&problem));
	return refuse_login(error);
}

static bool
authenticate_plain(Imap *imap, const char *user, const char *password, GError **error)
{
	g_autoptr(GString) response = g_string_new(NULL);
	g_autofree char *encoded = NULL, *command = NULL;
	bool continued = false;

	g_string_append_len(response, "\0", 1);
	g_string_append_len(response, user, (gssize)strlen(user) + 1);
	g_string_append(response, password);
	encoded = g_base64_encode((const guchar *)response->str, response->len);
	if (imap_has(imap, "SASL-IR")) {
		command = g_strconcat("AUTHENTICATE PLAIN ", encoded, NULL);
		return imap_run(imap, command, NULL, NULL, error);
	}
	return imap_send_command(imap, "AUTHENTICATE PLAIN", error)
	       && imap_finish(imap, "AUTHENTICATE", NULL, NULL, &continued, error)
	       && (continued || imap_fail_protocol("a login without password", error))
	       && imap_send_line(imap, encoded, error) && imap_finish(imap, "AUTHENTICATE", NULL, NULL, NULL, error);
}

static bool
login_plain(Imap *imap, const char *user, const char *password, GError **error)
{
	g_autofree char *quoted_user = imap_quote(user), *quoted_password = imap_quote(password);
	g_autofree char *command = g_strjoin(" ", "LOGIN", quoted_user, quoted_password, NULL);

	if (imap_is_quotable(user) && imap_is_quotable(password))
		return imap_run(imap, command, NULL, NULL, error);
	g_set_error_literal(error, RETOUR_ERROR, ERROR_CONFIG,
		"the server takes no AUTHENTICATE PLAIN, and LOGIN takes only ASCII in user and password");
	return false;
}

bool
imap_login(Imap *imap, const char *user, const char *password, GError **error)
{
	g_autoptr(GError) problem = NULL;
	bool ok = imap_has(imap, "AUTH=PLAIN") ? authenticate_plain(imap, user, password, &problem)
					       : login_plain(imap, user, password, &problem);

	if (ok)
		return imap_run(imap, "CAPABILITY", NULL, NULL, error);
	g_propagate_error(error, g_steal_pointer(&problem));
	return refuse_login(error);
}
