#ifndef RETOUR_SESSION_H
#define RETOUR_SESSION_H

#include "listener.h"

#include <libmilter/mfapi.h>

/*
 * What is remembered of one MTA connection and the message in it. Hangs on the connection by smfi_setpriv() and nowhere
 * else: Debian's libmilter moves a session between threads from one callback to the next.
 */
typedef struct Recipient {
	char *argument; /* as the MTA gave it: smfi_delrcpt() wants that very form */
	char *address;  /* without angle brackets */
	char *key;      /* NULL: not an address ("postmaster") */
	bool ours;
	Listing *listing;   /* why it is blocked; NULL: it is not */
	BlockMode mode;     /* what becomes of that */
	char *asked_domain; /* the sender domain for which it is listed */
} Recipient;

/* What the message in hand is to us; decided once its envelope is known. */
typedef enum MailKind {
	MAIL_UNDECIDED,
	MAIL_REPORT,   /* collected and given to the intake */
	MAIL_OUTGOING, /* asked about, counted and recorded */
} MailKind;

/* Headers of a message that it would otherwise be given. */
typedef enum StampHeader {
	HEADER_FEEDBACK_ADDRESS = 1,
	HEADER_FEEDBACK_ID = 2,
	HEADER_UNSUBSCRIBE = 4,
} StampHeader;

typedef struct Session {
	bool leading_space; /* header values come, and are given, with the blank after the colon (SMFIP_HDR_LEADSPC) */
	bool answers_rcpt;  /* inbound: RCPT gets a reply */
	bool local_client;  /* Postfix's cleanup(8) speaks: no SMTP client, said by port 0 of 127.0.0.1 */

	/* The message; session_reset() forgets it. */
	Conduct *conduct; /* referenced; NULL between messages */
	char *client_address;
	char *sender;     /* without angle brackets; "" for the null reverse path */
	bool bare_sender; /* came without brackets, as only cleanup(8) gives it */
	bool authenticated;
	bool verp;             /* the client asked for one return path per recipient (XVERP) */
	GPtrArray *recipients; /* Recipient * */
	size_t ours;
	const char *token_problem; /* of the first return path that has no token; static; NULL: none */
	MailKind kind;
	bool working; /* counted in listener->work */
	GString *bytes;
	bool in_body, truncated;
	char *message_id, *from; /* as written; NULL until seen */
	unsigned marks;          /* headers with the name of our mark */
	unsigned stamp_headers;  /* StampHeader */
	char *trace;             /* the topmost trace header; NULL: none */
} Session;

/*
 * The part of a negotiation that all roles share: makes the session and asks for macros. symbols: pairs of SMFIM_ stage and
 * macro list, ended by a NULL list.
 */
typedef struct Symbols {
	int stage;
	const char *macros;
} Symbols;
sfsistat session_negotiate(SMFICTX *ctx, unsigned long offered_actions, unsigned long offered_steps,
	unsigned long wanted_actions, unsigned long wanted_steps, const Symbols *symbols, unsigned long *ret_actions,
	unsigned long *ret_steps);

Session *session_of(SMFICTX *ctx);
/* MAIL: forgets the message before, takes hold of the listener's terms, remembers the sender. */
Session *session_begin(SMFICTX *ctx, char *const *arguments);
/* Gets no mail: refused, or discarded. */
bool recipient_is_removed(const Recipient *recipient);
Recipient *session_add_recipient(Session *session, const char *argument);
/* It was refused. */
void session_drop_last_recipient(Session *session);
/* The message is over for us, whichever way. */
void session_reset(Session *session);

/* Headers and body as the MTA received them, up to the limit on a message. */
void session_add_header(Session *session, const char *name, const char *value);
void session_add_body(Session *session, const unsigned char *bytes, size_t size);

/* Callbacks that every role has as they are. */
sfsistat session_abort(SMFICTX *ctx);
sfsistat session_close(SMFICTX *ctx);

const char *session_macro(SMFICTX *ctx, const char *name); /* "" when absent; lives until the next callback */

#endif
