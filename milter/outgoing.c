#include "outgoing.h"

#include "address.h"
#include "blocked.h"
#include "stamp.h"

#include <string.h>

static char *
sender_domain_of(const char *address)
{
	char *domain = address == NULL ? NULL : domain_normalise(address_domain(address));

	return domain == NULL ? g_strdup("") : domain;
}

sfsistat
outgoing_ask_recipient(SMFICTX *ctx, const Session *session, Recipient *recipient)
{
	g_autofree char *domain = sender_domain_of(session->sender);

	return blocked_ask_recipient(ctx, session, recipient, domain);
}

void
outgoing_note_header(Session *session, const char *name, const char *value)
{
	if (g_ascii_strcasecmp(name, session->conduct->settings->blocking.mark_header) == 0)
		session->marks++;
	else if (session->message_id == NULL && g_ascii_strcasecmp(name, "Message-ID") == 0)
		session->message_id = g_strstrip(g_strdup(value));
	else if (session->from == NULL && g_ascii_strcasecmp(name, "From") == 0)
		session->from = address_parse(value);
	else
		stamp_note_header(session, name, value);
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
record(SMFICTX *ctx, const Session *session, const char *sender_domain, int64_t now, int64_t token)
{
	const Providers *providers = session->conduct->book->providers;
	g_autofree SentRecipient *recipients = g_new0(SentRecipient, session->recipients->len);
	g_autofree char *message_id = message_id_of(session);
	SentMail mail = { .message_id = message_id,
		.queue_id = session_macro(ctx, "i"),
		.envelope_sender = session->sender,
		.sender_domain = sender_domain,
		.sent_at = now,
		.recipients = recipients,
		.token = token };

	for (unsigned i = 0; i < session->recipients->len; i++) {
		const Recipient *recipient = session->recipients->pdata[i];
		const char *domain, *provider;

		if (recipient->key == NULL || recipient_is_removed(recipient))
			continue;
		if (recipient->listing == NULL)
			meter_count_as(listener_current()->meter, METRIC_RECIPIENTS, RECIPIENT_PASSED);
		domain = address_domain(recipient->key);
		provider = providers_by_domain(providers, domain);
		recipients[mail.recipient_count++] =
			(SentRecipient){ .address = recipient->key, .provider = provider == NULL ? domain : provider };
	}
	if (mail.recipient_count > 0)
		sent_add(listener_current()->sent, &mail);
}

sfsistat
outgoing_finish(SMFICTX *ctx, Session *session, bool asked)
{
	g_autofree char *envelope_domain = sender_domain_of(session->sender);
	g_autofree char *from_domain = sender_domain_of(session->from);
	const char *domain = *from_domain == '\0' ? envelope_domain : from_domain;
	sfsistat verdict = asked ? SMFIS_CONTINUE : blocked_ask_all(ctx, session, envelope_domain);

	if (verdict == SMFIS_CONTINUE && strcmp(domain, envelope_domain) != 0)
		verdict = blocked_ask_all(ctx, session, domain);
	if (verdict == SMFIS_CONTINUE)
		verdict = blocked_settle(ctx, session);
	if (verdict == SMFIS_CONTINUE) {
		int64_t now = g_get_real_time() / G_USEC_PER_SEC;

		record(ctx, session, domain, now, stamp_message(ctx, session, domain, now));
	}
	return verdict;
}
