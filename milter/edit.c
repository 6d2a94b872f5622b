#include "edit.h"

/* libmilter takes char * and only reads. */

static void
check(SMFICTX *ctx, int result, const char *what)
{
	if (result != MI_SUCCESS)
		g_warning("id=%s %s refused", session_macro(ctx, "i"), what);
}

void
edit_add_header(SMFICTX *ctx, const Session *session, const char *name, const char *value)
{
	g_autofree char *field = g_strdup(name);
	g_autofree char *body = g_strconcat(session->leading_space ? " " : "", value, NULL);

	check(ctx, smfi_addheader(ctx, field, body), "smfi_addheader");
}

void
edit_insert_header(SMFICTX *ctx, const Session *session, const char *name, const char *value)
{
	g_autofree char *field = g_strdup(name);
	g_autofree char *body = g_strconcat(session->leading_space ? " " : "", value, NULL);

	check(ctx, smfi_insheader(ctx, 1, field, body), "smfi_insheader");
}

void
edit_remove_header(SMFICTX *ctx, const char *name, unsigned number)
{
	g_autofree char *field = g_strdup(name);

	check(ctx, smfi_chgheader(ctx, field, (int)number, NULL), "smfi_chgheader");
}

void
edit_remove_recipient(SMFICTX *ctx, const Recipient *recipient)
{
	check(ctx, smfi_delrcpt(ctx, recipient->argument), "smfi_delrcpt");
}

void
edit_change_sender(SMFICTX *ctx, const char *address)
{
	g_autofree char *sender = g_strdup(address);

	check(ctx, smfi_chgfrom(ctx, sender, NULL), "smfi_chgfrom");
}
