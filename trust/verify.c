#include "verify.h"

#include <glib.h>
#include <sodium.h>

#define SKEW_SECONDS (24 * 3600) /* clocks of our hosts may differ; further into the future is no time of ours */

static const char *const state_names[] = {
	[TOKEN_VALID] = "valid",
	[TOKEN_NEEDS_RECORD] = "needs_record",
	[TOKEN_EXPIRED] = "expired",
	[TOKEN_WRONG_RECIPIENT] = "wrong_recipient",
	[TOKEN_RETIRED_KEY] = "retired_key",
	[TOKEN_INVALID] = "invalid",
};

static const char *const purpose_names[] = {
	[TOKEN_RETURN_PATH] = "return-path",
	[TOKEN_TRACE] = "trace",
	[TOKEN_FEEDBACK] = "feedback-id",
	[TOKEN_UNSUBSCRIBE] = "unsubscribe",
};

const char *
token_state_name(TokenState state)
{
	return state_names[state];
}

const char *
token_purpose_name(TokenPurpose purpose)
{
	return purpose_names[purpose];
}

/* The token's message, so tags of another one say nothing. All are compared: where one agrees does not show in the time. */
static bool
is_among(const TokenClaim *claim, const TokenKey *key)
{
	unsigned char wanted[TOKEN_TAG_SIZE];
	bool found = false;

	token_tag(key, claim->token->message, claim->recipient, wanted);
	for (size_t i = 0; i < claim->tag_count; i++)
		found |= sodium_memcmp(wanted, claim->tags[i], TOKEN_TAG_SIZE) == 0;
	return found;
}

static TokenState
whose(const TokenClaim *claim, const TokenKey *key)
{
	const Token *token = claim->token;

	if (claim->recipient == NULL)
		return TOKEN_VALID;
	if (*claim->recipient == '\0')
		return TOKEN_NEEDS_RECORD;
	if (token->has_tag)
		return token_tag_is_of(token->tag, key, token->message, claim->recipient) ? TOKEN_VALID
											  : TOKEN_WRONG_RECIPIENT;
	if (is_among(claim, key))
		return TOKEN_VALID;
	return claim->tag_count > 0 && claim->tags_complete ? TOKEN_WRONG_RECIPIENT : TOKEN_NEEDS_RECORD;
}

TokenState
token_verify(const KeyRing *ring, const TokenClaim *claim, int64_t lifetime_seconds, int64_t now)
{
	const Token *token = claim->token;
	bool retired = false;
	const TokenKey *key = keyring_find(ring, token->key, &retired);
	TokenState state;

	if (key == NULL)
		return retired ? TOKEN_RETIRED_KEY : TOKEN_INVALID;
	if (!token_is_sealed(token, key, claim->purpose, claim->context))
		return TOKEN_INVALID;
	state = whose(claim, key);
	if (state == TOKEN_WRONG_RECIPIENT)
		return state;
	if (now - (int64_t)token->made_at > lifetime_seconds || (int64_t)token->made_at - now > SKEW_SECONDS)
		return TOKEN_EXPIRED;
	return state;
}
