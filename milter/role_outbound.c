#include "outgoing.h"
#include "roles.h"
#include "smtp_reply.h"

/*
 * The role for our own mail on its way out. Steps: MAIL and headers without reply, RCPT and end of message with one. What
 * sendmail(1) submits comes from cleanup(8), to which a verdict on one recipient is a configuration error: it is decided at
 * the end of the message.
 */

#define ACTIONS (SMFIF_DELRCPT | SMFIF_ADDHDRS | SMFIF_CHGHDRS | SMFIF_CHGFROM)
#define STEPS (SMFIP_NR_MAIL | SMFIP_NR_HDR)

static const Symbols symbols[] = {
	{ SMFIM_ENVFROM, "i {auth_authen} {client_addr}" },
	{ SMFIM_ENVRCPT, "i" },
	{ SMFIM_EOM, "i" },
	{ 0, NULL },
};

static sfsistat
on_negotiate(SMFICTX *ctx, unsigned long f0, unsigned long f1, unsigned long f2 G_GNUC_UNUSED,
	unsigned long f3 G_GNUC_UNUSED, unsigned long *pf0, unsigned long *pf1, unsigned long *pf2, unsigned long *pf3)
{
	*pf2 = *pf3 = 0;
	return session_negotiate(ctx, f0, f1, ACTIONS, STEPS, symbols, pf0, pf1);
}

static sfsistat
on_mail(SMFICTX *ctx, char **argv)
{
	session_begin(ctx, argv);
	return SMFIS_NOREPLY;
}

/* Mail with a null sender is no mail of ours: it tells others what became of theirs. */
static bool
is_ours(const Session *session)
{
	return *session->sender != '\0'
	       && (session->authenticated || session->bare_sender
		       || session->conduct->settings->require == REQUIRE_ANY);
}

/* At the first recipient; what is not taken on passes without a look. */
static sfsistat
take_on(SMFICTX *ctx, Session *session)
{
	if (!is_ours(session))
		return SMFIS_ACCEPT;
	if (work_enter(listener_current()->work)) {
		session->working = true;
		session->kind = MAIL_OUTGOING;
		return SMFIS_CONTINUE;
	}
	if (session->conduct->settings->blocking.when_unavailable == UNAVAILABLE_ACCEPT)
		return SMFIS_ACCEPT;
	return smtp_reply_put_off(ctx, listener_current()->meter, PUT_OFF_BUSY);
}

static sfsistat
on_rcpt(SMFICTX *ctx, char **argv)
{
	Session *session = session_of(ctx);
	Recipient *recipient;
	sfsistat verdict;

	if (session == NULL || session->conduct == NULL)
		return SMFIS_ACCEPT;
	if (session->kind == MAIL_UNDECIDED) {
		verdict = take_on(ctx, session);
		if (verdict == SMFIS_ACCEPT)
			session_reset(session);
		if (verdict != SMFIS_CONTINUE)
			return verdict;
	}
	recipient = session_add_recipient(session, argv[0]);
	if (session->bare_sender)
		return SMFIS_CONTINUE;
	verdict = outgoing_ask_recipient(ctx, session, recipient);
	if (verdict != SMFIS_CONTINUE)
		session_drop_last_recipient(session);
	return verdict;
}

static sfsistat
on_header(SMFICTX *ctx, char *name, char *value)
{
	Session *session = session_of(ctx);

	if (session != NULL && session->kind == MAIL_OUTGOING)
		outgoing_note_header(session, name, value);
	return SMFIS_NOREPLY;
}

static sfsistat
on_end(SMFICTX *ctx)
{
	Session *session = session_of(ctx);
	sfsistat verdict = SMFIS_CONTINUE;

	if (session == NULL)
		return verdict;
	if (session->kind == MAIL_OUTGOING)
		verdict = outgoing_finish(ctx, session, !session->bare_sender);
	session_reset(session);
	return verdict;
}

struct smfiDesc
role_outbound(void)
{
	static char name[] = "retour-outbound";

	return (struct smfiDesc){ .xxfi_name = name,
		.xxfi_version = SMFI_VERSION,
		.xxfi_flags = ACTIONS,
		.xxfi_negotiate = on_negotiate,
		.xxfi_envfrom = on_mail,
		.xxfi_envrcpt = on_rcpt,
		.xxfi_header = on_header,
		.xxfi_eom = on_end,
		.xxfi_abort = session_abort,
		.xxfi_close = session_close };
}
