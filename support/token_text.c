#include "token_text.h"

#include "json_line.h"
#include "when.h"

#include <string.h>

bool
token_text_parse(const char *text, TokenText *ret_text)
{
	TokenText parsed = { 0 };

	if (g_ascii_strncasecmp(text, TRACE_HEADER ":", strlen(TRACE_HEADER ":")) == 0)
		text += strlen(TRACE_HEADER ":");
	parsed.is_trace = trace_parse(text, &parsed.trace);
	if (parsed.is_trace)
		parsed.token = parsed.trace.token;
	else if (!token_find(text, &parsed.token))
		return false;
	*ret_text = parsed;
	return true;
}

TokenVerdict
token_text_verify(
	const TokenText *text, const KeyRing *ring, const char *recipient, int64_t lifetime_seconds, int64_t now)
{
	TokenVerdict verdict = { .purpose = TOKEN_TRACE };

	if (text->is_trace) {
		verdict.state = trace_verify(ring, &text->trace, recipient, lifetime_seconds, now);
		return verdict;
	}
	for (TokenPurpose purpose = TOKEN_RETURN_PATH; purpose <= TOKEN_UNSUBSCRIBE; purpose++) {
		TokenClaim claim = { .purpose = purpose, .token = &text->token, .context = "", .recipient = recipient };

		verdict.purpose = purpose;
		verdict.state = token_verify(ring, &claim, lifetime_seconds, now);
		if (verdict.state != TOKEN_INVALID)
			break;
	}
	return verdict;
}

const char *
token_verdict_sentence(const TokenVerdict *verdict)
{
	switch (verdict->state) {
	case TOKEN_VALID:
		return "Valid: we sent that message.";
	case TOKEN_NEEDS_RECORD:
		return "Ours; only the record of sent mail can tell whether that recipient got the message.";
	case TOKEN_EXPIRED:
		return "Ours, but expired.";
	case TOKEN_WRONG_RECIPIENT:
		return "Ours, but of a message that this recipient did not get.";
	case TOKEN_RETIRED_KEY:
		return "Made with a key that was retired, or so it says.";
	case TOKEN_INVALID:
		return "Not ours, or changed on the way.";
	}
	g_assert_not_reached();
}

char *
token_text_story(const TokenText *text)
{
	GString *story = g_string_new(NULL);
	g_autofree char *made = when_text(text->token.made_at);

	g_string_append_printf(story, "key:        %u\n", text->token.key);
	g_string_append_printf(story, "made:       %s\n", made);
	g_string_append_printf(
		story, "message:    %" G_GINT64_FORMAT " (sent.token)\n", token_message_number(text->token.message));
	if (text->is_trace)
		g_string_append_printf(story, "sender:     %s\ntags:       %zu%s\n", text->trace.sender_domain,
			text->trace.tag_count, text->trace.complete ? "" : ", not all of them");
	else
		g_string_append_printf(
			story, "recipients: %s\n", text->token.has_tag ? "one, by a tag" : "several, or not told");
	return g_string_free(story, FALSE);
}

JsonObject *
token_text_json(const TokenText *text)
{
	JsonObject *object = json_object_new();

	json_object_set_int_member(object, "key", text->token.key);
	json_set_time(object, "made", text->token.made_at);
	json_object_set_int_member(object, "message", token_message_number(text->token.message));
	if (text->is_trace) {
		json_object_set_string_member(object, "sender_domain", text->trace.sender_domain);
		json_object_set_int_member(object, "tags", (gint64)text->trace.tag_count);
		json_object_set_boolean_member(object, "complete", text->trace.complete);
	} else {
		json_object_set_boolean_member(object, "one_recipient", text->token.has_tag);
	}
	return object;
}
