#include "token_clues.h"

#include "raw_field.h"

#include <string.h>

#define ADDRESSES_READ 4 /* of one field */

static void
add(TokenClues *clues, TokenPurpose purpose, const Token *token, const char *place)
{
	if (clues->count < CLUES_LIMIT)
		clues->clues[clues->count++] = (Clue){ purpose, *token, place };
}

static void
add_envelope(TokenClues *clues, const Inbound *inbound)
{
	for (size_t i = 0; i < inbound->recipient_count && clues->count < CLUES_LIMIT / 2; i++) {
		Token token;

		if (!token_find(inbound->recipients[i], &token))
			continue;
		add(clues, TOKEN_RETURN_PATH, &token, "token in the envelope recipient");
		add(clues, TOKEN_UNSUBSCRIBE, &token, "unsubscribe token in the envelope recipient");
	}
}

static bool
names_recipients(const RawField *field)
{
	static const char *const names[] = { "To", "Delivered-To", "X-Original-To", "Envelope-To" };

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		if (raw_field_is(field, names[i]))
			return true;
	return false;
}

/*
 * Where no envelope came along, as in a mailbox: whoever wrote these fields, a token in them proves as much as anywhere. Half
 * of the room stays for what came back.
 */
static void
add_addressed(TokenClues *clues, const Inbound *inbound)
{
	RawField field;

	for (size_t at = 0;
		clues->count < CLUES_LIMIT / 2 && raw_field_next(inbound->bytes, inbound->size, &at, &field);) {
		g_autofree char *value = names_recipients(&field) ? g_strndup(field.value, field.value_size) : NULL;
		const char *address = value;

		for (unsigned i = 0; address != NULL && i < ADDRESSES_READ && clues->count < CLUES_LIMIT / 2; i++) {
			Token token;

			if (token_find(address, &token))
				add(clues, TOKEN_RETURN_PATH, &token, "token in the address that it was sent to");
			address = strchr(address, '@');
			address = address == NULL ? NULL : address + 1;
		}
	}
}

/* List-Unsubscribe: <mailto:u-TOKEN@example.org?subject=x>, <https://...> */
static void
add_unsubscribe(TokenClues *clues, const char *field)
{
	const char *at = field;

	for (unsigned i = 0; i < ADDRESSES_READ && (at = strchr(at, '<')) != NULL; i++) {
		Token token;

		at++;
		if (g_ascii_strncasecmp(at, "mailto:", 7) == 0 && token_find(at + 7, &token))
			add(clues, TOKEN_UNSUBSCRIBE, &token, "token in the returned List-Unsubscribe");
	}
}

void
token_clues_collect(TokenClues *clues, const Inbound *inbound, const Report *report)
{
	const Original *original = &report->original;
	Token token;

	clues->count = 0;
	clues->has_trace = *original->trace != '\0' && trace_parse(original->trace, &clues->trace);
	add_envelope(clues, inbound);
	if (clues->count == 0)
		add_addressed(clues, inbound);
	if (clues->has_trace)
		add(clues, TOKEN_TRACE, &clues->trace.token, "token in the returned " TRACE_HEADER);
	if (token_find(original->envelope_sender, &token))
		add(clues, TOKEN_RETURN_PATH, &token, "token in the returned Return-Path");
	if (token_parse(original->feedback_id, strlen(original->feedback_id), &token))
		add(clues, TOKEN_FEEDBACK, &token, "token in CFBL-Feedback-ID");
	add_unsubscribe(clues, original->unsubscribe);
}

static TokenState
verify(const TokenClues *clues, const Clue *clue, const Trust *trust, const char *recipient, int64_t now)
{
	TokenClaim claim = { .purpose = clue->purpose,
		.token = &clue->token,
		.context = clue->purpose == TOKEN_TRACE ? clues->trace.sender_domain : "",
		.recipient = recipient };

	if (clues->has_trace)
		trace_lend(&clues->trace, &claim);
	return token_verify(trust->ring, &claim, trust->lifetime_seconds, now);
}

TokenState
token_clues_verify(
	const TokenClues *clues, const Trust *trust, const char *recipient, int64_t now, const Clue **ret_clue)
{
	TokenState best = TOKEN_INVALID;

	*ret_clue = NULL;
	for (size_t i = 0; trust->ring != NULL && i < clues->count; i++) {
		TokenState state = verify(clues, &clues->clues[i], trust, recipient, now);

		if (*ret_clue != NULL && state >= best)
			continue;
		best = state;
		*ret_clue = &clues->clues[i];
	}
	return best;
}

const char *
token_clues_domain(const TokenClues *clues, const Trust *trust, const Clue *clue)
{
	const Trace *trace = &clues->trace;
	const TokenKey *key = clues->has_trace ? keyring_find(trust->ring, trace->token.key, NULL) : NULL;

	return key != NULL && memcmp(trace->token.message, clue->token.message, TOKEN_MESSAGE_SIZE) == 0
			       && token_is_sealed(&trace->token, key, TOKEN_TRACE, trace->sender_domain)
		       ? trace->sender_domain
		       : "";
}
