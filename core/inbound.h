#ifndef RETOUR_INBOUND_H
#define RETOUR_INBOUND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Whose headers on top of a mail can be believed: what the source is configured with. Borrowed. received_by holds patterns
 * with '*', lower case, as the others.
 */
typedef struct Border {
	const char *const *authserv_ids; /* of Authentication-Results, whose forged instances the border takes away */
	const char *const *received_by;  /* own hosts, as their Received lines name them after "by"; may be NULL */
} Border;

/*
 * What a source (milter, mailbox reader, file) hands to the intake. Borrowed for the length of the call.
 * The source knows nothing of reports or SQL; it maps the outcome onto its own protocol.
 */
typedef struct Inbound {
	const char *source;            /* static: "milter", "imap", "file" */
	const char *id;                /* queue id, mailbox and UID, or path: for logs and people */
	const char *envelope_sender;   /* "" for the null reverse path, NULL when unknown */
	const char *const *recipients; /* envelope recipients without angle brackets */
	size_t recipient_count;
	const char *bytes; /* the message as received, or its beginning */
	size_t size;
	bool truncated;             /* the message was longer than size */
	bool unsubscribe;           /* an envelope recipient is kept for unsubscribe mail, says the configuration */
	bool local;                 /* made by our own MTA and handed over by its internal path */
	bool vouched;               /* a person vouches for it: an archive of our own */
	const char *client_address; /* of the SMTP client; "" when unknown */
	const Border *border;       /* NULL: no header proves anything */
	int64_t received_at;        /* seconds since the epoch, by our clock */
} Inbound;

typedef enum Outcome {        /*                                         milter             mailbox        file    */
	OUTCOME_NOT_A_REPORT, /* ordinary mail                             accept             leave          exit 0  */
	OUTCOME_RECORDED,     /* committed, now or before                  discard or accept  move           exit 0  */
	OUTCOME_RETRY,        /* nothing committed                         4xx                leave unseen   exit 75 */
	OUTCOME_UNREADABLE,   /* will never be readable; nothing committed accept             quarantine     exit 65 */
} Outcome;

const char *outcome_name(Outcome outcome);

#endif
