#ifndef RETOUR_TRACE_H
#define RETOUR_TRACE_H

#include "trace_header.h"
#include "verify.h"

/*
 * The signed header of mail that left. It comes back in bounces and complaints that return headers, and there says whose mail
 * it was and whom it went to, without naming the recipients:
 *
 *   X-Retour-Trace: t=<token>; d=customer.example; n=4; r=<tag> <tag> <tag> <tag>
 *
 * The token is sealed for TOKEN_TRACE with the domain and has no tag of its own. The tags are sorted, and random ones fill
 * them up to the next power of two, so that the header tells nobody how many more got the message. n is their number, so
 * that a header which was cut on the way is known as such; n=65 tells that there was no room for all.
 */
#define TRACE_TAGS ((size_t)64)

typedef struct Trace {
	Token token;
	char sender_domain[254];
	unsigned char tags[TRACE_TAGS][TOKEN_TAG_SIZE];
	size_t tag_count;
	bool complete;
} Trace;

/*
 * The value, folded with "\n\t" as a milter has it. sender_domain: normalised, "" when there is none; recipients: address
 * keys. Owned by the caller.
 */
char *trace_make(const TokenKey *key, int64_t now, const unsigned char message[TOKEN_MESSAGE_SIZE],
	const char *sender_domain, const char *const *recipients, size_t recipient_count);

/* Folded or not. False: no trace header by its form; says nothing of who made it. */
bool trace_parse(const char *value, Trace *ret_trace);

/* As token_verify(). VALID also proves sender_domain. */
TokenState trace_verify(
	const KeyRing *ring, const Trace *trace, const char *recipient, int64_t lifetime_seconds, int64_t now);

/* Lends the claim its tags if it is of the claim's message; the trace must outlive the claim. */
void trace_lend(const Trace *trace, TokenClaim *claim);

#endif
