#ifndef RETOUR_VERIFY_H
#define RETOUR_VERIFY_H

#include "keyring.h"

/*
 * What a token that came back proves. Pure, and in constant time with regard to secrets.
 *
 * VALID is proof that we sent that message to that recipient, and that whoever speaks has seen it. All recipients of one
 * message see the same header, so of a message to several any one of them can speak for the others; for anybody else, none can.
 */
typedef enum TokenState {
	TOKEN_VALID,
	TOKEN_NEEDS_RECORD, /* ours, but what is at hand cannot tell whether it names the recipient: recorded mail can */
	TOKEN_EXPIRED,      /* ours and for that recipient (or that is open); too old, or of a time to come */
	TOKEN_WRONG_RECIPIENT, /* ours, of a message that this recipient did not get */
	TOKEN_RETIRED_KEY,
	TOKEN_INVALID, /* not ours, changed on the way, or of another purpose */
} TokenState;

typedef struct TokenClaim {
	TokenPurpose purpose;
	const Token *token;
	const char *context; /* what was sealed with it: the sender domain of a trace, else "" */
	const char *
		recipient; /* key of whom the report is about; "": it hides him; NULL: nobody yet (RCPT), tags are not looked at */
	/* Tags of the trace header that came with it, of whatever message; NULL and 0 without. */
	const unsigned char (*tags)[TOKEN_TAG_SIZE];
	size_t tag_count;
	bool tags_complete; /* the header had room for every recipient */
} TokenClaim;

TokenState token_verify(const KeyRing *ring, const TokenClaim *claim, int64_t lifetime_seconds, int64_t now);

const char *token_state_name(TokenState state); /* "valid", "needs_record", ... */
const char *token_purpose_name(TokenPurpose purpose);

#endif
