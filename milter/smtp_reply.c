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
smtp_reply_put_off(SMFICTX *ctx, Meter *meter, PutOff reason)
{
	static const struct {
		const char *status, *text;
	} replies[] = {
		[PUT_OFF_BUSY] = { "4.3.2", "Too busy to look at this message, please try again later" },
		[PUT_OFF_NO_STORE] = { "4.3.0",
			"This report cannot be recorded at the moment, please try again later" },
		[PUT_OFF_NO_LIST] = { "4.3.0",
			"The list of blocked recipients cannot be consulted at the moment, please try again later" },
	};

	meter_count_as(meter, METRIC_PUT_OFF, reason);
	smtp_reply_set(ctx, "451", replies[reason].status, replies[reason].text);
	return SMFIS_TEMPFAIL;
}
