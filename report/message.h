#ifndef RETOUR_MESSAGE_H
#define RETOUR_MESSAGE_H

#include "errors.h"
#include "guard.h"
#include "inbound.h"
#include "mail_limits.h"

/*
 * A mail as readers see it: headers and parts in document order, decoded to clean UTF-8 with LF line ends.
 * With headers.c, for encoded words, the only place that touches GMime. Everything is copied out, so a Message may move between
 * threads.
 */
typedef struct Header {
	char *name;  /* as written */
	char *value; /* unfolded, RFC 2047 decoded */
} Header;

typedef struct Part {
	char *type;         /* "message/delivery-status", lower case; "text/plain" when missing */
	char *description;  /* Content-Description; "" when absent */
	unsigned depth;     /* 0: the message itself */
	bool original;      /* is the returned message or its headers: no reader takes a cue from it */
	GPtrArray *headers; /* Header *: all of the message itself at depth 0, of a part what the guard shows of it */
	char *text;         /* of text parts, JSON and message blocks that are no mail; "" otherwise */
} Part;

typedef struct Message {
	GPtrArray *parts; /* Part *; the first one is the message itself. Children follow their parent. */
	GPtrArray *
		original; /* Header * of the first returned message, from message/rfc822 or rfc822-headers; empty when there is none */
	char *report_type; /* parameter report-type of the outermost multipart/report, lower case; "" when absent */
	bool cut;          /* something lay beyond a limit */
	Guarded guarded;   /* the bytes of all this */
} Message;

/* Once per process, before the first thread. */
void message_init(void);

/* Never fails: whatever the bytes are, something can be said of them. */
Message *message_parse(const Inbound *inbound, const Limits *limits);
void message_free(Message *message);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Message, message_free)

/* Fields of a block of text, as returned headers stand in plain text; ends at the first blank line. Owned by the caller. */
GPtrArray *headers_parse(const char *text, const Limits *limits);

/* Caseless; most names differ in their first letter. */
static inline bool
header_is(const Header *header, const char *name)
{
	return (header->name[0] | 0x20) == (name[0] | 0x20) && g_ascii_strcasecmp(header->name, name) == 0;
}

/* First header of that name, caseless; "" when absent. */
const char *headers_get(const GPtrArray *headers, const char *name);
const char *message_header(const Message *message, const char *name);
/* First part of that type outside the returned message, or NULL. */
const Part *message_part(const Message *message, const char *type);

#endif
