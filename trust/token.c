#include "token.h"

#include "base32.h"

#include <glib.h>
#include <sodium.h>
#include <string.h>

/* What is cut off libsodium's shortest digest, whose output is as random at any length. */
#define DIGEST_SIZE crypto_generichash_BYTES_MIN
#define HEAD_SIZE (1 + 4 + TOKEN_MESSAGE_SIZE)
#define SHORT_SIZE (HEAD_SIZE + TOKEN_SEAL_SIZE)
#define LONG_SIZE (SHORT_SIZE + TOKEN_TAG_SIZE)

G_STATIC_ASSERT(BASE32_SIZE(LONG_SIZE) + 1 == TOKEN_TEXT_SIZE);
G_STATIC_ASSERT(BASE32_SIZE(TOKEN_TAG_SIZE) + 1 == TOKEN_TAG_TEXT_SIZE);
G_STATIC_ASSERT(TOKEN_SECRET_SIZE >= crypto_generichash_KEYBYTES_MIN);
G_STATIC_ASSERT(TOKEN_SECRET_SIZE <= crypto_generichash_KEYBYTES_MAX);

/* What the seal covers first. Never to be changed: tokens on their way would no longer be ours. */
static const char *const labels[] = {
	[TOKEN_RETURN_PATH] = "retour 1 return-path",
	[TOKEN_TRACE] = "retour 1 trace",
	[TOKEN_FEEDBACK] = "retour 1 feedback-id",
	[TOKEN_UNSUBSCRIBE] = "retour 1 unsubscribe",
};

static const char recipient_label[] = "retour 1 recipient";

static void
put_head(const Token *token, unsigned char ret_head[HEAD_SIZE])
{
	uint32_t time = GUINT32_TO_BE(token->made_at);

	ret_head[0] = token->key;
	memcpy(ret_head + 1, &time, sizeof time);
	memcpy(ret_head + 1 + sizeof time, token->message, TOKEN_MESSAGE_SIZE);
}

static void
begin(crypto_generichash_state *state, const TokenKey *key, const char *label)
{
	crypto_generichash_init(state, key->secret, sizeof key->secret, DIGEST_SIZE);
	crypto_generichash_update(state, (const unsigned char *)label, strlen(label) + 1);
}

/* Every field but the last has a length that nothing else could have, so no two tokens are sealed over the same bytes. */
static void
seal(const Token *token, const TokenKey *key, TokenPurpose purpose, const char *context,
	unsigned char ret_digest[DIGEST_SIZE])
{
	crypto_generichash_state state;
	unsigned char head[HEAD_SIZE], with_tag = token->has_tag;

	put_head(token, head);
	begin(&state, key, labels[purpose]);
	crypto_generichash_update(&state, head, sizeof head);
	crypto_generichash_update(&state, &with_tag, 1);
	crypto_generichash_update(&state, token->tag, TOKEN_TAG_SIZE);
	crypto_generichash_update(&state, (const unsigned char *)context, strlen(context));
	crypto_generichash_final(&state, ret_digest, DIGEST_SIZE);
}

void
token_tag(const TokenKey *key, const unsigned char message[TOKEN_MESSAGE_SIZE], const char *recipient,
	unsigned char ret_tag[TOKEN_TAG_SIZE])
{
	crypto_generichash_state state;
	unsigned char digest[DIGEST_SIZE];

	begin(&state, key, recipient_label);
	crypto_generichash_update(&state, message, TOKEN_MESSAGE_SIZE);
	crypto_generichash_update(&state, (const unsigned char *)recipient, strlen(recipient));
	crypto_generichash_final(&state, digest, DIGEST_SIZE);
	memcpy(ret_tag, digest, TOKEN_TAG_SIZE);
}

void
token_make(const TokenKey *key, TokenPurpose purpose, int64_t now, const unsigned char message[TOKEN_MESSAGE_SIZE],
	const char *recipient, const char *context, Token *ret_token)
{
	Token token = { .key = key->id, .made_at = (uint32_t)now, .has_tag = recipient != NULL };
	unsigned char digest[DIGEST_SIZE];

	memcpy(token.message, message, TOKEN_MESSAGE_SIZE);
	if (recipient != NULL)
		token_tag(key, message, recipient, token.tag);
	seal(&token, key, purpose, context, digest);
	memcpy(token.seal, digest, TOKEN_SEAL_SIZE);
	*ret_token = token;
}

char *
token_format(const Token *token, char ret_text[TOKEN_TEXT_SIZE])
{
	unsigned char bytes[LONG_SIZE];

	put_head(token, bytes);
	memcpy(bytes + HEAD_SIZE, token->seal, TOKEN_SEAL_SIZE);
	memcpy(bytes + SHORT_SIZE, token->tag, TOKEN_TAG_SIZE);
	base32_encode(bytes, token->has_tag ? LONG_SIZE : SHORT_SIZE, ret_text);
	return ret_text;
}

bool
token_parse(const char *text, size_t length, Token *ret_token)
{
	unsigned char bytes[LONG_SIZE] = { 0 };
	bool has_tag = length == BASE32_SIZE(LONG_SIZE);
	Token token = { .has_tag = has_tag };
	uint32_t time;

	if (!base32_decode(text, length, bytes, has_tag ? LONG_SIZE : SHORT_SIZE))
		return false;
	token.key = bytes[0];
	memcpy(&time, bytes + 1, sizeof time);
	token.made_at = GUINT32_FROM_BE(time);
	memcpy(token.message, bytes + 1 + sizeof time, TOKEN_MESSAGE_SIZE);
	memcpy(token.seal, bytes + HEAD_SIZE, TOKEN_SEAL_SIZE);
	memcpy(token.tag, bytes + SHORT_SIZE, TOKEN_TAG_SIZE);
	*ret_token = token;
	return true;
}

bool
token_find(const char *address, Token *ret_token)
{
	static const size_t lengths[] = { BASE32_SIZE(LONG_SIZE), BASE32_SIZE(SHORT_SIZE) };
	size_t local = strcspn(address, "@");

	for (size_t i = 0; i < G_N_ELEMENTS(lengths); i++)
		if (local >= lengths[i] && token_parse(address + local - lengths[i], lengths[i], ret_token))
			return true;
	return false;
}

bool
token_is_sealed(const Token *token, const TokenKey *key, TokenPurpose purpose, const char *context)
{
	unsigned char digest[DIGEST_SIZE];

	seal(token, key, purpose, context, digest);
	return sodium_memcmp(digest, token->seal, TOKEN_SEAL_SIZE) == 0;
}

bool
token_tag_is_of(const unsigned char tag[TOKEN_TAG_SIZE], const TokenKey *key,
	const unsigned char message[TOKEN_MESSAGE_SIZE], const char *recipient)
{
	unsigned char wanted[TOKEN_TAG_SIZE];

	token_tag(key, message, recipient, wanted);
	return sodium_memcmp(wanted, tag, TOKEN_TAG_SIZE) == 0;
}

int64_t
token_message_number(const unsigned char message[TOKEN_MESSAGE_SIZE])
{
	int64_t number;

	memcpy(&number, message, sizeof number);
	return GINT64_FROM_BE(number);
}
