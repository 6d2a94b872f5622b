#ifndef RETOUR_TOKEN_H
#define RETOUR_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What we write into mail that leaves, so that what comes back can be told from what was made up. Pure; the keys are the
 * key ring's (keyring.h), and verify.h says what a token that came back proves.
 *
 *   key id (1) | time (4, seconds since the epoch) | message (8, random) | seal (10) [ | tag (10) ]
 *
 * in base32: 37 characters, or 53 with a tag. The seal is a keyed BLAKE2b, cut to 80 bits, over the purpose and all that
 * stands before and after it; it can be checked without knowing the recipient, at RCPT. The tag is a keyed BLAKE2b over the
 * message and one recipient, cut to 80 bits. A message for several recipients has one envelope sender, so its token has no
 * tag; the tags stand in its trace header (trace.h). No address and no part of one can be read from a token.
 *
 * The time has seconds, not days, because it is the way to the row in `sent`, which is written in the order of time.
 */
#define TOKEN_SECRET_SIZE 32
#define TOKEN_MESSAGE_SIZE 8
#define TOKEN_SEAL_SIZE 10
#define TOKEN_TAG_SIZE 10
#define TOKEN_TEXT_SIZE 54 /* of the longer form, with NUL */
#define TOKEN_TAG_TEXT_SIZE 17

typedef struct TokenKey {
	uint8_t id;
	unsigned char secret[TOKEN_SECRET_SIZE];
} TokenKey;

/* A token of one purpose is no token of another. */
typedef enum TokenPurpose {
	TOKEN_RETURN_PATH, /* envelope sender */
	TOKEN_TRACE,       /* trace header */
	TOKEN_FEEDBACK,    /* CFBL-Feedback-ID, RFC 9477 */
	TOKEN_UNSUBSCRIBE, /* List-Unsubscribe, RFC 2369 */
} TokenPurpose;

typedef struct Token {
	uint8_t key;
	uint32_t made_at;
	unsigned char message[TOKEN_MESSAGE_SIZE];
	unsigned char seal[TOKEN_SEAL_SIZE];
	unsigned char tag[TOKEN_TAG_SIZE]; /* zero without recipient */
	bool has_tag;
} Token;

/* recipient: address key (core/address.h), or NULL for a message to several. context: more that is sealed with it; "". */
void token_make(const TokenKey *key, TokenPurpose purpose, int64_t now, const unsigned char message[TOKEN_MESSAGE_SIZE],
	const char *recipient, const char *context, Token *ret_token);
/* Returns ret_text. */
char *token_format(const Token *token, char ret_text[TOKEN_TEXT_SIZE]);
/* False: no token by its form. Says nothing of who made it. */
bool token_parse(const char *text, size_t length, Token *ret_token);
/* The token at the end of the local part of an address, after whatever prefix: prefixes change while mail is on its way. */
bool token_find(const char *address, Token *ret_token);

/* In constant time. Was it made with this key, for this purpose and context? */
bool token_is_sealed(const Token *token, const TokenKey *key, TokenPurpose purpose, const char *context);
/* In constant time. Is tag that of recipient in this message? */
bool token_tag_is_of(const unsigned char tag[TOKEN_TAG_SIZE], const TokenKey *key,
	const unsigned char message[TOKEN_MESSAGE_SIZE], const char *recipient);
void token_tag(const TokenKey *key, const unsigned char message[TOKEN_MESSAGE_SIZE], const char *recipient,
	unsigned char ret_tag[TOKEN_TAG_SIZE]);

/* The message as the number by which `sent` knows it. */
int64_t token_message_number(const unsigned char message[TOKEN_MESSAGE_SIZE]);

#endif
