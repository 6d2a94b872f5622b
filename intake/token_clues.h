#ifndef RETOUR_TOKEN_CLUES_H
#define RETOUR_TOKEN_CLUES_H

#include "inbound.h"
#include "report.h"
#include "trace.h"
#include "trust.h"

/* Everything in a report that may be a token of ours, wherever it stands: envelope recipients and what came back of our mail. */
typedef struct Clue {
	TokenPurpose purpose;
	Token token;
	const char *place; /* static, for people */
} Clue;

#define CLUES_LIMIT 8

typedef struct TokenClues {
	Clue clues[CLUES_LIMIT];
	size_t count;
	bool has_trace;
	Trace trace;
} TokenClues;

void token_clues_collect(TokenClues *clues, const Inbound *inbound, const Report *report);

/*
 * What the best of them proves of that recipient ("": the report hides him). *ret_clue is that one, NULL when there is none.
 * TOKEN_INVALID also without any.
 */
TokenState token_clues_verify(
	const TokenClues *clues, const Trust *trust, const char *recipient, int64_t now, const Clue **ret_clue);

/* The sender domain that the trace header proves for the clue's message; "" when it proves none. Borrowed. */
const char *token_clues_domain(const TokenClues *clues, const Trust *trust, const Clue *clue);

#endif
