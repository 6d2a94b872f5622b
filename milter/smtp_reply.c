#include "smtp_reply.h"

#include <glib.h>

/* libmilter takes char * and only reads; it wants percent signs doubled, as printf() does. */
void
smtp_reply_set(SMFICTX *ctx, const char *code, const char *status, const char *text)
{
	g_autofree char *reply_code = g_strdup(code), *reply_status = g_strdup(status);
	g_autoptr(GString) line = g_string_new(text);

	g_string_replace(line, "%", "%%", 0);
	if (smfi_setreply(ctx, reply_code, reply_status, line->str) != MI_SUCCESS)
		g_warning("smfi_setreply refused text=%s", text);
}

sfsistat
smtp_reply_put_off(SMFICTX *ctx, const char *status, const char *text)
{
	smtp_reply_set(ctx, "451", status, text);
	return SMFIS_TEMPFAIL;
}
