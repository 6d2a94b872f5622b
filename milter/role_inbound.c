#include "disposal.h"
#include "edit.h"
#include "log.h"
#include "mail_limits.h"
#include "return_path.h"
#include "roles.h"
#include "session.h"
#include "smtp_reply.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

/*
 * The roles for mail that comes back: "inbound" by SMTP, "internal" from Postfix's own bounce service. Only DATA (is there
 * anything of ours?) and the end of message are answered, and RCPT where return paths without a token are refused; all other
 * steps run without a reply.
 */

#define STEPS (SMFIP_NR_MAIL | SMFIP_NR_RCPT | SMFIP_NR_HDR | SMFIP_NR_BODY)
#define ACTIONS (SMFIF_ADDHDRS | SMFIF_DELRCPT)

static const Symbols symbols[] = {
	{ SMFIM_ENVFROM, "i {client_addr} {auth_authen}" },
	{ SMFIM_ENVRCPT, "i" },
	{ SMFIM_DATA, "i" },
	{ SMFIM_EOM, "i" },
	{ 0, NULL },
};

static int64_t
now_seconds(void)
{
	return g_get_real_time() / G_USEC_PER_SEC;
}

static sfsistat
on_negotiate(SMFICTX *ctx, unsigned long f0, unsigned long f1, unsigned long f2 G_GNUC_UNUSED,
	unsigned long f3 G_GNUC_UNUSED, unsigned long *pf0, unsigned long *pf1, unsigned long *pf2, unsigned long *pf3)
{
	g_autoptr(Conduct) conduct = listener_conduct(listener_current());
	bool answers = return_path_refuses(conduct, now_seconds());
	sfsistat verdict = session_negotiate(
		ctx, f0, f1, ACTIONS, answers ? STEPS & ~(unsigned long)SMFIP_NR_RCPT : STEPS, symbols, pf0, pf1);

	*pf2 = *pf3 = 0;
	if (session_of(ctx) != NULL)
		session_of(ctx)->answers_rcpt = answers;
	return verdict;
}

static sfsistat
on_negotiate_internal(SMFICTX *ctx, unsigned long f0, unsigned long f1, unsigned long f2 G_GNUC_UNUSED,
	unsigned long f3 G_GNUC_UNUSED, unsigned long *pf0, unsigned long *pf1, unsigned long *pf2, unsigned long *pf3)
{
	*pf2 = *pf3 = 0;
	return session_negotiate(ctx, f0, f1, ACTIONS, STEPS | SMFIP_NR_CONN, symbols, pf0, pf1);
}

/* cleanup(8), which makes up a session for mail that came by none, gives 127.0.0.1 and port 0; a real client has a port. */
static sfsistat
on_connect_internal(SMFICTX *ctx, char *host G_GNUC_UNUSED, _SOCK_ADDR *client)
{
	Session *session = session_of(ctx);
	struct sockaddr_in address;

	if (session == NULL || client == NULL || client->sa_family != AF_INET)
		return SMFIS_NOREPLY;
	memcpy(&address, client, sizeof address);
	session->local_client = address.sin_port == 0 && address.sin_addr.s_addr == htonl(INADDR_LOOPBACK);
	return SMFIS_NOREPLY;
}

static sfsistat
on_mail(SMFICTX *ctx, char **argv)
{
	session_begin(ctx, argv);
	return SMFIS_NOREPLY;
}

/* Terms that changed since the negotiation wait for the next session. */
static sfsistat
judge_recipient(SMFICTX *ctx, Session *session, const Recipient *recipient)
{
	const Conduct *conduct = session->conduct;
	const char *problem = return_path_problem(conduct, recipient, now_seconds());
	bool refused;

	if (problem == NULL || conduct->settings->without_token == WITHOUT_TOKEN_ACCEPT)
		return SMFIS_CONTINUE;
	g_autofree char *to = log_value(recipient->address), *from = log_value(session->sender);

	refused = session->answers_rcpt && return_path_refuses(conduct, now_seconds());
	g_info("id=%s action=%s recipient=%s sender=%s client=%s token=%s", session_macro(ctx, "i"),
		refused ? "refused" : "no-token", to, from, session->client_address, problem);
	if (!refused) {
		session->token_problem = session->token_problem == NULL ? problem : session->token_problem;
		return SMFIS_CONTINUE;
	}
	session_drop_last_recipient(session);
	smtp_reply_set(ctx, "550", REPLY_NO_TOKEN_STATUS, REPLY_NO_TOKEN_TEXT);
	return SMFIS_REJECT;
}

static sfsistat
on_rcpt(SMFICTX *ctx, char **argv)
{
	Session *session = session_of(ctx);
	sfsistat verdict = SMFIS_CONTINUE;

	if (session != NULL && session->conduct != NULL) {
		const Recipient *recipient = session_add_recipient(session, argv[0]);

		if (session->conduct->settings->role == ROLE_INBOUND)
			verdict = judge_recipient(ctx, session, recipient);
	}
	return session != NULL && session->answers_rcpt ? verdict : SMFIS_NOREPLY;
}

/* Our own MTA's bounce. Nothing in the mail can claim this: it takes the listener's role, no client and the null sender. */
static bool
is_own_bounce(const Session *session)
{
	return session->conduct->settings->role == ROLE_INTERNAL && session->local_client && session->bare_sender
	       && *session->sender == '\0';
}

/* All recipients are known here and no earlier: ACCEPT at RCPT would hide those that follow. */
static sfsistat
on_data(SMFICTX *ctx)
{
	Session *session = session_of(ctx);

	if (session == NULL || session->conduct == NULL)
		return SMFIS_ACCEPT;
	if (session->ours == 0 && !is_own_bounce(session)) {
		session_reset(session);
		return SMFIS_ACCEPT;
	}
	session->kind = MAIL_REPORT;
	session->working = work_enter(listener_current()->work);
	if (session->working)
		return SMFIS_CONTINUE;
	session_reset(session);
	return smtp_reply_put_off(ctx, listener_current()->meter, PUT_OFF_BUSY);
}

static sfsistat
on_header(SMFICTX *ctx, char *name, char *value)
{
	Session *session = session_of(ctx);

	if (session != NULL && session->kind == MAIL_REPORT)
		session_add_header(session, name, value);
	return SMFIS_NOREPLY;
}

/*
 * Without a reply there is no SKIP either: what lies beyond the limit still comes, and is dropped. That is rarer than a bounce
 * of one chunk.
 */
static sfsistat
on_body(SMFICTX *ctx, unsigned char *bytes, size_t size)
{
	Session *session = session_of(ctx);

	if (session != NULL && session->kind == MAIL_REPORT)
		session_add_body(session, bytes, size);
	return SMFIS_NOREPLY;
}

static Outcome
deliver(SMFICTX *ctx, Session *session, IntakeResult *ret_result)
{
	g_autofree const char **recipients = g_new0(const char *, session->recipients->len + 1);
	const ListenerSettings *settings = session->conduct->settings;
	const Border border = { (const char *const *)settings->trusted_authserv_ids,
		(const char *const *)settings->trusted_received };
	Inbound inbound = { .source = "milter",
		.id = session_macro(ctx, "i"),
		.envelope_sender = session->sender,
		.recipients = recipients,
		.recipient_count = session->recipients->len,
		.truncated = session->truncated,
		.local = is_own_bounce(session),
		.client_address = session->client_address,
		.border = *settings->trusted_authserv_ids == NULL ? NULL : &border,
		.received_at = g_get_real_time() / G_USEC_PER_SEC };

	for (unsigned i = 0; i < session->recipients->len; i++) {
		recipients[i] = ((const Recipient *)session->recipients->pdata[i])->address;
		inbound.unsubscribe |= recipients_match(session->conduct->unsubscribe, recipients[i]);
	}
	session_add_body(session, (const unsigned char *)"", 0);
	inbound.bytes = session->bytes->str;
	inbound.size = session->bytes->len;
	return intake_deliver(listener_current()->backend.intake, &inbound, ret_result);
}

static void
add_result(SMFICTX *ctx, const Session *session, const IntakeResult *result)
{
	const char *name = session->conduct->settings->result_header;
	const char *problem = session->token_problem;
	g_autofree char *value = g_strdup_printf("%s; kind=%s%s%s", outcome_name(result->outcome),
		report_kind_name(result->kind), problem == NULL ? "" : "; token=", problem == NULL ? "" : problem);

	if (*name != '\0')
		edit_add_header(ctx, session, name, value);
}

static void
delete_ours(SMFICTX *ctx, const Session *session)
{
	for (unsigned i = 0; i < session->recipients->len; i++) {
		const Recipient *recipient = session->recipients->pdata[i];

		if (recipient->ours)
			edit_remove_recipient(ctx, recipient);
	}
}

static sfsistat
finish_report(SMFICTX *ctx, Session *session)
{
	const ListenerSettings *settings = session->conduct->settings;
	IntakeResult result = { 0 };
	Outcome outcome = deliver(ctx, session, &result);

	switch (disposal_of(outcome, settings->after_record == AFTER_RECORD_DISCARD, session->ours,
		session->recipients->len - session->ours)) {
	case DISPOSAL_DISCARD:
		return SMFIS_DISCARD;
	case DISPOSAL_TEMPFAIL:
		return smtp_reply_put_off(ctx, listener_current()->meter, PUT_OFF_NO_STORE);
	case DISPOSAL_DELETE_OURS:
		delete_ours(ctx, session);
		break;
	case DISPOSAL_PASS:
		break;
	}
	add_result(ctx, session, &result);
	return SMFIS_CONTINUE;
}

static sfsistat
on_end(SMFICTX *ctx)
{
	Session *session = session_of(ctx);
	sfsistat verdict = SMFIS_CONTINUE;

	if (session == NULL)
		return verdict;
	if (session->kind == MAIL_REPORT)
		verdict = finish_report(ctx, session);
	session_reset(session);
	return verdict;
}

struct smfiDesc
role_inbound(void)
{
	static char name[] = "retour-inbound";

	return (struct smfiDesc){ .xxfi_name = name,
		.xxfi_version = SMFI_VERSION,
		.xxfi_flags = ACTIONS,
		.xxfi_negotiate = on_negotiate,
		.xxfi_envfrom = on_mail,
		.xxfi_envrcpt = on_rcpt,
		.xxfi_data = on_data,
		.xxfi_header = on_header,
		.xxfi_body = on_body,
		.xxfi_eom = on_end,
		.xxfi_abort = session_abort,
		.xxfi_close = session_close };
}

struct smfiDesc
role_internal(void)
{
	static char name[] = "retour-internal";
	struct smfiDesc description = role_inbound();

	description.xxfi_name = name;
	description.xxfi_negotiate = on_negotiate_internal;
	description.xxfi_connect = on_connect_internal;
	return description;
}
