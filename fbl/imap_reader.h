#ifndef RETOUR_IMAP_READER_H
#define RETOUR_IMAP_READER_H

#include "errors.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Bytes of a server to responses (RFC 3501 section 7), one after the other. What the server can make us hold is bounded
 * before it is held: a literal is refused by its announced length. Parentheses are counted, not recursed into.
 */
typedef struct ImapLimits {
	size_t line_bytes;    /* of one response without its literals */
	size_t literal_bytes; /* of all literals of one response */
	size_t tokens;
	unsigned depth; /* of parentheses */
} ImapLimits;

extern const ImapLimits imap_limits_default;

typedef enum ImapTokenKind {
	IMAP_ATOM, /* also numbers, flags, NIL and "BODY[]<0>" */
	IMAP_STRING,
	IMAP_OPEN,
	IMAP_CLOSE,
} ImapTokenKind;

typedef struct ImapToken {
	ImapTokenKind kind;
	size_t offset, size; /* in bytes; a NUL follows */
} ImapToken;

typedef enum ImapKind {
	IMAP_CONTINUATION, /* "+ text" */
	IMAP_UNTAGGED,     /* "* ..." */
	IMAP_TAGGED,
} ImapKind;

typedef struct ImapResponse {
	ImapKind kind;
	char tag[16];    /* of a tagged one */
	char name[24];   /* upper case: OK NO BAD BYE PREAUTH EXISTS FETCH SEARCH ..., "" for a continuation */
	uint32_t number; /* "* 12 EXISTS" */
	GString *text;   /* what a status or continuation says, codes in brackets included */
	GString *bytes;  /* of the tokens */
	GArray *tokens;  /* ImapToken; empty for a status */
} ImapResponse;

ImapResponse *imap_response_new(void);
void imap_response_free(ImapResponse *response);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImapResponse, imap_response_free)

size_t imap_token_count(const ImapResponse *response);
/* NULL where there is none. */
const ImapToken *imap_token(const ImapResponse *response, size_t index);
const char *imap_token_text(const ImapResponse *response, size_t index); /* "" where there is none */
bool imap_token_number(const ImapResponse *response, size_t index, uint32_t *ret_number);
/* The index behind the value at index: one token, or a list to its end. */
size_t imap_token_after(const ImapResponse *response, size_t index);

/* At least one byte, or false with an error: also at the end of the stream. */
typedef bool (*ImapFill)(void *context, char *buffer, size_t size, size_t *ret_size, GError **error);

typedef struct ImapReader ImapReader;

ImapReader *imap_reader_new(const ImapLimits *limits, ImapFill fill, void *context);
void imap_reader_free(ImapReader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImapReader, imap_reader_free)

/* Bytes are here already that have not become a response. */
bool imap_reader_has_bytes(const ImapReader *reader);
/* After an error the connection is of no use: nobody knows where the next response begins. */
bool imap_reader_next(ImapReader *reader, ImapResponse *response, GError **error);

#endif
