#include "return_path.h"

#include "address.h"
#include "verify.h"

#include <string.h>

/* Once everything that was sent before the first key is too old to come back. */
static bool
is_long_enough_on(const Trust *trust, int64_t now)
{
	int64_t since = trust->ring == NULL ? 0 : keyring_signing_since(trust->ring, now);

	return since != 0 && now - since >= trust->lifetime_seconds;
}

bool
return_path_refuses(const Conduct *conduct, int64_t now)
{
	if (conduct->settings->role != ROLE_INBOUND || !stamping_has_return_path(conduct->file->stamping))
		return false;
	switch ((WithoutToken)conduct->settings->without_token) {
	case WITHOUT_TOKEN_AUTO:
		return is_long_enough_on(conduct->book->trust, now);
	case WITHOUT_TOKEN_REFUSE:
		return true;
	case WITHOUT_TOKEN_MARK:
	case WITHOUT_TOKEN_ACCEPT:
		break;
	}
	return false;
}

static bool
is_exempt(const Conduct *conduct, const char *key)
{
	return g_str_has_prefix(key, "postmaster@") || g_str_has_prefix(key, "abuse@")
	       || recipients_match(conduct->feedback, key) || recipients_match(conduct->unsubscribe, key);
}

const char *
return_path_problem(const Conduct *conduct, const Recipient *recipient, int64_t now)
{
	const Trust *trust = conduct->book->trust;
	TokenClaim claim = { .purpose = TOKEN_RETURN_PATH, .context = "" };
	TokenState state;
	Token token;

	if (!recipient->ours || trust->ring == NULL
		|| !stamping_is_return_path(conduct->file->stamping, address_domain(recipient->key))
		|| is_exempt(conduct, recipient->key))
		return NULL;
	if (!token_find(recipient->address, &token))
		return "missing";
	claim.token = &token;
	state = token_verify(trust->ring, &claim, trust->lifetime_seconds, now);
	if (state == TOKEN_INVALID) {
		claim.purpose = TOKEN_UNSUBSCRIBE;
		state = token_verify(trust->ring, &claim, trust->lifetime_seconds, now);
	}
	return state == TOKEN_VALID ? NULL : token_state_name(state);
}
