#include "blocked.h"

#include "edit.h"
#include "log.h"
#include "metric_info.h"
#include "refusal.h"
#include "smtp_reply.h"

static const Blocking *
terms(const Session *session)
{
	return &session->conduct->settings->blocking;
}

static void
tell_blocked(SMFICTX *ctx, const Session *session, const Recipient *recipient, RecipientAction action)
{
	const Listing *listing = recipient->listing;
	const Gate *gate = listener_current()->gate;
	g_autofree char *to = gate_log_name(gate, recipient->address);
	g_autofree char *from = gate_log_name(gate, session->sender);
	g_autofree char *domain = log_value(recipient->asked_domain);

	meter_count_as(listener_current()->meter, METRIC_RECIPIENTS, action);
	g_info("id=%s action=%s recipient=%s sender=%s sender_domain=%s category=%s reference=%s",
		session_macro(ctx, "i"), metric_info(METRIC_RECIPIENTS)->labels[0].value(action), to, from, domain,
		category_name(listing->category), listing->reference);
}

/* Of two entries that hold, for the domain of the envelope and that of From:, the stricter one counts. */
static void
note_listing(Recipient *recipient, Listing *listing, BlockMode mode, const char *sender_domain)
{
	if (recipient->listing != NULL && mode >= recipient->mode) {
		listing_free(listing);
		return;
	}
	listing_free(recipient->listing);
	g_free(recipient->asked_domain);
	recipient->listing = listing;
	recipient->asked_domain = g_strdup(sender_domain);
	recipient->mode = mode;
}

/* False: it cannot be asked about, and that matters. */
static bool
ask(const Session *session, Recipient *recipient, const char *sender_domain)
{
	Listing *listing = NULL;

	if (recipient->key == NULL || recipient_is_removed(recipient))
		return true;
	switch (gate_ask(listener_current()->gate, recipient->key, sender_domain, &listing)) {
	case GATE_CLOSED:
		note_listing(recipient, listing, blocking_mode(terms(session), listing), sender_domain);
		break;
	case GATE_UNKNOWN:
		return terms(session)->when_unavailable == UNAVAILABLE_ACCEPT;
	case GATE_OPEN:
		break;
	}
	return true;
}

static sfsistat
refuse(SMFICTX *ctx, const Session *session, const Recipient *recipient)
{
	g_autofree char *text = refusal_text(recipient->listing, recipient->address, terms(session)->support);

	smtp_reply_set(ctx, REFUSAL_CODE, REFUSAL_STATUS, text);
	return SMFIS_REJECT;
}

sfsistat
blocked_ask_recipient(SMFICTX *ctx, const Session *session, Recipient *recipient, const char *sender_domain)
{
	if (!ask(session, recipient, sender_domain))
		return smtp_reply_put_off(ctx, listener_current()->meter, PUT_OFF_NO_LIST);
	if (recipient->listing == NULL || recipient->mode != BLOCK_REJECT)
		return SMFIS_CONTINUE;
	tell_blocked(ctx, session, recipient, RECIPIENT_REFUSED);
	return refuse(ctx, session, recipient);
}

sfsistat
blocked_ask_all(SMFICTX *ctx, Session *session, const char *sender_domain)
{
	for (unsigned i = 0; i < session->recipients->len; i++)
		if (!ask(session, session->recipients->pdata[i], sender_domain))
			return smtp_reply_put_off(ctx, listener_current()->meter, PUT_OFF_NO_LIST);
	return SMFIS_CONTINUE;
}

/* The first recipient that is to be refused; NULL: none. */
static const Recipient *
first_refused(const Session *session)
{
	for (unsigned i = 0; i < session->recipients->len; i++) {
		const Recipient *recipient = session->recipients->pdata[i];

		if (recipient->listing != NULL && recipient->mode == BLOCK_REJECT)
			return recipient;
	}
	return NULL;
}

static bool
nobody_left(const Session *session)
{
	for (unsigned i = 0; i < session->recipients->len; i++)
		if (!recipient_is_removed(session->recipients->pdata[i]))
			return false;
	return session->recipients->len > 0;
}

static RecipientAction
action_of(const Recipient *recipient, bool message_refused)
{
	switch (recipient->mode) {
	case BLOCK_REJECT:
		return message_refused ? RECIPIENT_REFUSED : RECIPIENT_REMOVED;
	case BLOCK_DISCARD:
		return message_refused ? RECIPIENT_REFUSED : RECIPIENT_DISCARDED;
	case BLOCK_MARK:
		return RECIPIENT_MARKED;
	case BLOCK_LOG:
		break;
	}
	return RECIPIENT_WOULD_REFUSE;
}

static void
tell_all(SMFICTX *ctx, const Session *session, bool message_refused)
{
	for (unsigned i = 0; i < session->recipients->len; i++) {
		const Recipient *recipient = session->recipients->pdata[i];

		if (recipient->listing != NULL)
			tell_blocked(ctx, session, recipient, action_of(recipient, message_refused));
	}
}

static void
add_mark(SMFICTX *ctx, const Session *session)
{
	g_autoptr(GString) mark = g_string_new(NULL);

	for (unsigned i = 0; i < session->recipients->len; i++) {
		const Recipient *recipient = session->recipients->pdata[i];

		if (recipient->listing == NULL || recipient->mode != BLOCK_MARK)
			continue;
		g_string_append_printf(mark, "%s%s %s", mark->len == 0 ? "" : ",\n\t", recipient->listing->reference,
			category_name(recipient->listing->category));
	}
	if (mark->len > 0)
		edit_add_header(ctx, session, terms(session)->mark_header, mark->str);
}

sfsistat
blocked_settle(SMFICTX *ctx, const Session *session)
{
	const Recipient *refused = first_refused(session);
	bool whole = nobody_left(session);

	tell_all(ctx, session, whole && refused != NULL);
	if (whole)
		return refused == NULL ? SMFIS_DISCARD : refuse(ctx, session, refused);
	for (unsigned i = 0; i < session->recipients->len; i++)
		if (recipient_is_removed(session->recipients->pdata[i]))
			edit_remove_recipient(ctx, session->recipients->pdata[i]);
	for (unsigned number = session->marks; number > 0; number--)
		edit_remove_header(ctx, terms(session)->mark_header, number);
	add_mark(ctx, session);
	return SMFIS_CONTINUE;
}
