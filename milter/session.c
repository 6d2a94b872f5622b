#include "session.h"

#include "address.h"
#include "mail_limits.h"

#include <string.h>

#define KEPT_BUFFER 65536

static void
recipient_free(void *data)
{
	Recipient *recipient = data;

	g_free(recipient->argument);
	g_free(recipient->address);
	g_free(recipient->key);
	g_free(recipient->asked_domain);
	listing_free(recipient->listing);
	g_free(recipient);
}

static Session *
session_new(void)
{
	Session *session = g_new0(Session, 1);

	session->recipients = g_ptr_array_new_with_free_func(recipient_free);
	session->bytes = g_string_new(NULL);
	return session;
}

static void
session_free(Session *session)
{
	session_reset(session);
	g_ptr_array_unref(session->recipients);
	g_string_free(session->bytes, TRUE);
	g_free(session);
}

sfsistat
session_negotiate(SMFICTX *ctx, unsigned long offered_actions, unsigned long offered_steps,
	unsigned long wanted_actions, unsigned long wanted_steps, const Symbols *symbols, unsigned long *ret_actions,
	unsigned long *ret_steps)
{
	Session *session = session_of(ctx);

	if (session == NULL) {
		session = session_new();
		if (smfi_setpriv(ctx, session) != MI_SUCCESS) {
			session_free(session);
			return SMFIS_REJECT;
		}
	}
	session->leading_space = (offered_steps & SMFIP_HDR_LEADSPC) != 0;
	*ret_actions = offered_actions & (wanted_actions | SMFIF_SETSYMLIST);
	/* What libmilter knows from missing callbacks stands there already; what the MTA cannot promise libmilter fakes. */
	*ret_steps |= wanted_steps | (offered_steps & SMFIP_HDR_LEADSPC);
	*ret_steps &= ~(unsigned long)SMFIP_SKIP;
	if (offered_actions & SMFIF_SETSYMLIST)
		for (; symbols->macros != NULL; symbols++) {
			g_autofree char *macros = g_strdup(symbols->macros);

			smfi_setsymlist(ctx, symbols->stage, macros);
		}
	return SMFIS_CONTINUE;
}

Session *
session_of(SMFICTX *ctx)
{
	return smfi_getpriv(ctx);
}

static char *
strip_brackets(const char *argument)
{
	size_t size = strlen(argument);

	if (size >= 2 && argument[0] == '<' && argument[size - 1] == '>')
		return g_strndup(argument + 1, size - 2);
	return g_strdup(argument);
}

/* Postfix's VERP_README: XVERP, XVERP=-= and the like. */
static bool
asks_for_verp(char *const *parameters)
{
	for (; *parameters != NULL; parameters++)
		if (g_ascii_strncasecmp(*parameters, "XVERP", strlen("XVERP")) == 0)
			return true;
	return false;
}

Session *
session_begin(SMFICTX *ctx, char *const *arguments)
{
	Session *session = session_of(ctx);

	/* An MTA that sends MAIL without having negotiated gets no service, and its mail is not held up for it. */
	if (session == NULL)
		return NULL;
	session_reset(session);
	session->conduct = listener_conduct(listener_current());
	session->sender = strip_brackets(arguments[0]);
	session->bare_sender = *arguments[0] != '<';
	session->verp = asks_for_verp(arguments + 1);
	session->client_address = g_strdup(session_macro(ctx, "{client_addr}"));
	session->authenticated = *session_macro(ctx, "{auth_authen}") != '\0';
	return session;
}

bool
recipient_is_removed(const Recipient *recipient)
{
	return recipient->listing != NULL && recipient->mode <= BLOCK_DISCARD;
}

Recipient *
session_add_recipient(Session *session, const char *argument)
{
	Recipient *recipient = g_new0(Recipient, 1);

	recipient->argument = g_strdup(argument);
	recipient->address = strip_brackets(argument);
	recipient->key = address_key(recipient->address);
	recipient->ours = recipient->key != NULL && recipients_match(session->conduct->ours, recipient->key);
	session->ours += recipient->ours;
	g_ptr_array_add(session->recipients, recipient);
	return recipient;
}

void
session_drop_last_recipient(Session *session)
{
	const Recipient *last = session->recipients->pdata[session->recipients->len - 1];

	session->ours -= last->ours;
	g_ptr_array_set_size(session->recipients, (int)session->recipients->len - 1);
}

void
session_reset(Session *session)
{
	if (session->working)
		work_leave(listener_current()->work);
	session->working = false;
	g_clear_pointer(&session->conduct, conduct_unref);
	g_clear_pointer(&session->client_address, g_free);
	g_clear_pointer(&session->sender, g_free);
	g_clear_pointer(&session->message_id, g_free);
	g_clear_pointer(&session->from, g_free);
	g_clear_pointer(&session->trace, g_free);
	g_ptr_array_set_size(session->recipients, 0);
	session->ours = 0;
	session->stamp_headers = session->marks = 0;
	session->token_problem = NULL;
	session->kind = MAIL_UNDECIDED;
	session->bare_sender = session->verp = session->authenticated = session->in_body = session->truncated = false;
	if (session->bytes->allocated_len > KEPT_BUFFER) {
		g_string_free(session->bytes, TRUE);
		session->bytes = g_string_new(NULL);
	}
	g_string_truncate(session->bytes, 0);
}

static void
append(Session *session, const char *bytes, size_t size)
{
	size_t room = limits_default.message_bytes - MIN(session->bytes->len, limits_default.message_bytes);

	session->truncated = session->truncated || size > room;
	g_string_append_len(session->bytes, bytes, (gssize)MIN(size, room));
}

/* Folded lines come with LF alone; everything else of the message has CRLF. */
static void
append_folded(Session *session, const char *value)
{
	for (const char *line = value;;) {
		size_t size = strcspn(line, "\n");

		append(session, line, size > 0 && line[size - 1] == '\r' ? size - 1 : size);
		append(session, "\r\n", 2);
		if (line[size] == '\0')
			return;
		line += size + 1;
	}
}

void
session_add_header(Session *session, const char *name, const char *value)
{
	append(session, name, strlen(name));
	append(session, ": ", session->leading_space ? 1 : 2);
	append_folded(session, value);
}

void
session_add_body(Session *session, const unsigned char *bytes, size_t size)
{
	if (!session->in_body)
		append(session, "\r\n", 2);
	session->in_body = true;
	append(session, (const char *)bytes, size);
}

sfsistat
session_abort(SMFICTX *ctx)
{
	Session *session = session_of(ctx);

	if (session != NULL)
		session_reset(session);
	return SMFIS_CONTINUE;
}

/* May come twice, and with the lock of libmilter's pool held. */
sfsistat
session_close(SMFICTX *ctx)
{
	Session *session = session_of(ctx);

	if (session != NULL) {
		smfi_setpriv(ctx, NULL);
		session_free(session);
	}
	return SMFIS_CONTINUE;
}

const char *
session_macro(SMFICTX *ctx, const char *name)
{
	g_autofree char *key = g_strdup(name);
	const char *value = smfi_getsymval(ctx, key);

	return value == NULL ? "" : value;
}
