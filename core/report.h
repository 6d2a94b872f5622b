#ifndef RETOUR_REPORT_H
#define RETOUR_REPORT_H

#include "status.h"

#include <glib.h>
#include <stdbool.h>

typedef enum ReportKind {
	REPORT_OTHER,      /* ordinary mail, or something that wants no action */
	REPORT_BOUNCE,     /* some recipient failed for good */
	REPORT_DELAY,      /* still being tried: never hard */
	REPORT_SUCCESS,    /* RFC 3464 delivered, relayed, expanded */
	REPORT_COMPLAINT,  /* RFC 5965 */
	REPORT_OPTOUT,     /* unsubscribe request by mail */
	REPORT_AUTO_REPLY, /* vacation, MDN (RFC 8098), challenge */
} ReportKind;

/* What became of one recipient; RFC 3464 section 2.3.3 and two of our own. */
typedef enum EventAction {
	ACTION_FAILED,
	ACTION_DELAYED,
	ACTION_DELIVERED,
	ACTION_RELAYED,
	ACTION_EXPANDED,
	ACTION_COMPLAINED,
	ACTION_REPLIED,
} EventAction;

/* Where in the SMTP dialogue the remote side answered; UNKNOWN when the report does not say. */
typedef enum Stage {
	STAGE_UNKNOWN,
	STAGE_CONNECT,
	STAGE_HELO,
	STAGE_MAIL,
	STAGE_RCPT,
	STAGE_DATA,
	STAGE_END_OF_DATA,
} Stage;

/* What a report says of one recipient. Text is clean UTF-8, "" when absent; numbers are 0 when absent. */
typedef struct Event {
	EventAction action;
	char *recipient;          /* the address that failed, as written; "" when hidden or missing */
	char *mask;               /* what stands there instead, where the reporter hides it: to be shown, never a key */
	char *original_recipient; /* the address that we mailed, where the report names it; else "" */
	Status status;            /* the better one of Status field and diagnostic */
	unsigned reply_code;
	Stage stage;
	char *remote_mta; /* host name or address, lower case, without type */
	char *diagnostic; /* what the remote side said, white space collapsed; rules match this */
} Event;

/* Facts of the message that came back, from its headers or from the report. "" when absent. */
typedef struct Original {
	char *message_id;      /* without angle brackets */
	char *envelope_id;     /* RFC 3461 ENVID */
	char *envelope_sender; /* Return-Path, X-Postfix-Sender, Original-Mail-From */
	char *from;            /* address of From: */
	char *to;              /* addresses of To:, comma separated; a hint only */
	char *subject;
	char *queue_id;     /* at the reporting MTA: X-Postfix-Queue-ID */
	char *arrival_date; /* as written; only compared, never believed */
	char *feedback_id;  /* CFBL-Feedback-ID, RFC 9477 */
	char *trace;        /* our own signed header (trust/trace.h), as it came back */
	char *unsubscribe;  /* List-Unsubscribe, RFC 2369 */
} Original;

/* Own fields, parts, fields of the returned message. */
#define REPORT_KEPT 3

typedef struct Report {
	ReportKind kind;
	const char *dialect; /* static: name of the reader that knew it */
	char *reporting_mta; /* lower case, without type */
	char *feedback_type; /* complaint: as registered, lower case */
	char *user_agent;    /* complaint */
	char *source_ip;     /* complaint */
	unsigned incidents;  /* complaint: at least 1 */
	char *message_id;    /* of the report itself */
	char *subject;       /* of the report itself */
	char *from;          /* address of the report's own From: */
	Original original;
	bool garbled; /* declares itself a delivery status or feedback report, and no reader found anything in it */
	GPtrArray *events; /* Event *, owned, in the order of the report */
	GByteArray *kept
		[REPORT_KEPT]; /* what names the message for good, for report_name() in report/readers.h; NULL without */
	char digest[65];       /* of it: BLAKE2b-256, hex, without trace headers; "" before report_name() */
} Report;

Report *report_new(ReportKind kind, const char *dialect);
void report_free(Report *report);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Report, report_free)

/* Appends an event with all text "" and returns it; it belongs to the report. */
Event *report_add_event(Report *report, EventAction action);

/* Replaces an owned text; value may be NULL (becomes ""). */
void report_set(char **text, const char *value);

const char *report_kind_name(ReportKind kind);
const char *action_name(EventAction action);
bool action_parse(const char *name, EventAction *ret_action); /* caseless */
const char *stage_name(Stage stage);
bool stage_parse(const char *name, Stage *ret_stage);

#endif
