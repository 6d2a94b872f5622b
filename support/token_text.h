#ifndef RETOUR_TOKEN_TEXT_H
#define RETOUR_TOKEN_TEXT_H

#include "trace.h"

#include <json-glib/json-glib.h>

/* A token as a person gives it: by itself, in an address with whatever prefix, or as a trace header. */
typedef struct TokenText {
	Token token;
	bool is_trace;
	Trace trace; /* when it is one */
} TokenText;

typedef struct TokenVerdict {
	TokenState state;
	TokenPurpose purpose; /* when the seal is ours */
} TokenVerdict;

bool token_text_parse(const char *text, TokenText *ret_text);
/* Of whatever purpose it is. recipient: key, or NULL when nobody is asked about. */
TokenVerdict token_text_verify(
	const TokenText *text, const KeyRing *ring, const char *recipient, int64_t lifetime_seconds, int64_t now);

/* Static. */
const char *token_verdict_sentence(const TokenVerdict *verdict);
/* Lines of "name: value"; owned by the caller. */
char *token_text_story(const TokenText *text);
JsonObject *token_text_json(const TokenText *text);

#endif
