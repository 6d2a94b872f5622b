#include "outgoing.h"

#include "address.h"
#include "log.h"
#include "smtp_reply.h"

#include <string.h>

static void
set_reply(SMFICTX *ctx, const char *code, const char *status, const char *text)
{
	/* libmilter takes char * and only reads. */
	g_autofree char *a = g_strdup(code), *b = g_strdup(status), *c = g_strdup(text);

	if (smfi_setreply(ctx, a, b, c) != MI_SUCCESS)
		g_warning("smfi_setreply refused text=%s", text);
}

static void
log_blocked(SMFICTX *ctx, const Session *session, const Recipient *recipient, const Listing *listing,
	const char *sender_domain, const char *action)
{
	g_autofree char *to = log_value(recipient->address);
	g_autofree char *from = log_value(session->sender);
	g_autofree char *domain = log_value(sender_domain);

	g_info("id=%s action=%s recipient=%s sender=%s sender_domain=%s category=%s reference=%s",
		session_macro(ctx, "i"), action, to, from, domain, category_name(listing->category),
		listing->reference);
}

/* OPEN also for a listed recipient while the listener only logs. */
static GateAnswer
ask(SMFICTX *ctx, const Session *session, const Recipient *recipient, const char *sender_domain, Listing **ret_listing)
{
	const ListenerSettings *settings = session->conduct->settings;
	g_autoptr(Listing) listing = NULL;
	GateAnswer answer;

	if (recipient->key == NULL)
		return GATE_OPEN;
	answer = gate_ask(listener_current()->gate, recipient->key, sender_domain, &listing);
	if (answer == GATE_UNKNOWN && settings->when_unavailable == UNAVAILABLE_ACCEPT)
		return GATE_OPEN;
	if (answer != GATE_CLOSED)
		return answer;
	if (settings->mode == BLOCK_LOG) {
		log_blocked(ctx, session, recipient, listing, sender_domain, "would-refuse");
		return GATE_OPEN;
	}
	*ret_listing = g_steal_pointer(&listing);
	return GATE_CLOSED;
}

static sfsistat
tempfail(SMFICTX *ctx)
{
	set_reply(ctx, "451", REPLY_RETRY_STATUS, REPLY_UNAVAILABLE_TEXT);
	return SMFIS_TEMPFAIL;
}

static sfsistat
refuse(SMFICTX *ctx, const Session *session, const Recipient *recipient, const Listing *listing,
	const char *sender_domain)
{
	g_autofree char *text = smtp_reply_blocked(listing, recipient->address, session->conduct->settings->support);

	log_blocked(ctx, session, recipient, listing, sender_domain, "refused");
	set_reply(ctx, "550", REPLY_BLOCKED_STATUS, text);
	return SMFIS_REJECT;
}

static char *
sender_domain_of(const char *address)
{
	char *domain = address == NULL ? NULL : domain_normalise(address_domain(address));

	return domain == NULL ? g_strdup("") : domain;
}

sfsistat
outgoing_ask_recipient(SMFICTX *ctx, Session *session, const Recipient *recipient)
{
	g_autofree char *domain = sender_domain_of(session->sender);
	g_autoptr(Listing) listing = NULL;

	switch (ask(ctx, session, recipient, domain, &listing)) {
	case GATE_CLOSED:
		return refuse(ctx, session, recipient, listing, domain);
	case GATE_UNKNOWN:
		return tempfail(ctx);
	case GATE_OPEN:
		break;
	}
	return SMFIS_CONTINUE;
}

void
outgoing_note_header(Session *session, const char *name, const char *value)
{
	if (session->message_id == NULL && g_ascii_strcasecmp(name, "Message-ID") == 0)
		session->message_id = g_strstrip(g_strdup(value));
	else if (session->from == NULL && g_ascii_strcasecmp(name, "From") == 0)
		session->from = address_parse(value);
}

/* RFC 5322 section 3.6.4: what the angle brackets hold; some put a comment or nothing around it. */
static char *
message_id_of(const Session *session)
{
	const char *id = session->message_id == NULL ? "" : session->message_id;
	const char *begin = strchr(id, '<'), *end = begin == NULL ? NULL : strchr(begin, '>');

	return end == NULL ? g_strdup(id) : g_strndup(begin + 1, (gsize)(end - begin - 1));
}

static void
record(SMFICTX *ctx, const Session *session, const char *sender_domain)
{
	const Providers *providers = session->conduct->book->providers;
	g_autofree SentRecipient *recipients = g_new0(SentRecipient, session->recipients->len);
	g_autofree char *message_id = message_id_of(session);
	SentMail mail = { .message_id = message_id,
		.queue_id = session_macro(ctx, "i"),
		.envelope_sender = session->sender,
		.sender_domain = sender_domain,
		.sent_at = g_get_real_time() / G_USEC_PER_SEC,
		.recipients = recipients };

	for (unsigned i = 0; i < session->recipients->len; i++) {
		const Recipient *recipient = session->recipients->pdata[i];
		const char *domain, *provider;

		if (recipient->key == NULL || recipient->blocked)
			continue;
		domain = address_domain(recipient->key);
		provider = providers_by_domain(providers, domain);
		recipients[mail.recipient_count++] =
			(SentRecipient){ .address = recipient->key, .provider = provider == NULL ? domain : provider };
	}
	if (mail.recipient_count > 0)
		sent_add(listener_current()->sent, &mail);
}

/*
 * Asks for every recipient that is not blocked yet; *ret_listing and *ret_first: of the first one that is. *ret_count:
 * all that are blocked now. False: somebody cannot be asked about.
 */
static bool
mark_blocked(SMFICTX *ctx, Session *session, const char *domain, size_t *ret_count, Listing **ret_listing,
	const Recipient **ret_first)
{
	for (unsigned i = 0; i < session->recipients->len; i++) {
		Recipient *recipient = session->recipients->pdata[i];
		g_autoptr(Listing) listing = NULL;
		GateAnswer answer = recipient->blocked ? GATE_OPEN : ask(ctx, session, recipient, domain, &listing);

		if (answer == GATE_UNKNOWN)
			return false;
		*ret_count += recipient->blocked || answer == GATE_CLOSED;
		if (answer != GATE_CLOSED)
			continue;
		recipient->blocked = true;
		if (*ret_first == NULL) {
			*ret_listing = g_steal_pointer(&listing);
			*ret_first = recipient;
		} else {
			log_blocked(ctx, session, recipient, listing, domain, "refused");
		}
	}
	return true;
}

static void
delete_blocked(SMFICTX *ctx, const Session *session)
{
	for (unsigned i = 0; i < session->recipients->len; i++) {
		const Recipient *recipient = session->recipients->pdata[i];

		if (recipient->blocked && smfi_delrcpt(ctx, recipient->argument) != MI_SUCCESS)
			g_warning("id=%s smfi_delrcpt refused", session_macro(ctx, "i"));
	}
}

static sfsistat
decide(SMFICTX *ctx, Session *session, const char *domain)
{
	g_autoptr(Listing) listing = NULL;
	const Recipient *first = NULL;
	size_t blocked = 0;

	if (!mark_blocked(ctx, session, domain, &blocked, &listing, &first))
		return tempfail(ctx);
	if (first == NULL)
		return SMFIS_CONTINUE;
	if (blocked == session->recipients->len)
		return refuse(ctx, session, first, listing, domain);
	log_blocked(ctx, session, first, listing, domain, "removed");
	return SMFIS_CONTINUE;
}

sfsistat
outgoing_finish(SMFICTX *ctx, Session *session, bool asked)
{
	g_autofree char *envelope_domain = sender_domain_of(session->sender);
	g_autofree char *from_domain = sender_domain_of(session->from);
	const char *domain = *from_domain == '\0' ? envelope_domain : from_domain;

	sfsistat verdict = asked ? SMFIS_CONTINUE : decide(ctx, session, envelope_domain);

	if (verdict == SMFIS_CONTINUE && strcmp(domain, envelope_domain) != 0)
		verdict = decide(ctx, session, domain);
	if (verdict != SMFIS_CONTINUE)
		return verdict;
	delete_blocked(ctx, session);
	record(ctx, session, domain);
	return SMFIS_CONTINUE;
}
