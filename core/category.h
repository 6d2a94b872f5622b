#ifndef RETOUR_CATEGORY_H
#define RETOUR_CATEGORY_H

#include <stdbool.h>

/* What a verdict means for the recipient. Policy, and nothing else, turns it into an action. */
typedef enum Disposition {
	DISPOSITION_PERMANENT, /* the recipient is at fault */
	DISPOSITION_TRANSIENT, /* may work later */
	DISPOSITION_POLICY,    /* our side, or the provider's opinion of us: never the recipient's fault */
	DISPOSITION_COMPLAINT,
	DISPOSITION_INFORMATIONAL,
} Disposition;

/*
 * Why mail did not arrive, or what came back instead. Names are stable: they stand in the database,
 * in rules and in what users see. The order here is the order of DESIGN section 5 and has no meaning.
 */
typedef enum Category {
	CATEGORY_USER_UNKNOWN,
	CATEGORY_MAILBOX_DISABLED,
	CATEGORY_MAILBOX_MOVED,
	CATEGORY_BAD_ADDRESS_SYNTAX,
	CATEGORY_DOMAIN_NOT_FOUND,
	CATEGORY_DOMAIN_NO_MAIL,

	CATEGORY_MAILBOX_FULL,
	CATEGORY_RECIPIENT_RATE_LIMITED,
	CATEGORY_GREYLISTED,
	CATEGORY_REMOTE_SYSTEM_ERROR,
	CATEGORY_DNS_FAILURE,
	CATEGORY_CONNECTION_FAILED,
	CATEGORY_ROUTING_ERROR,
	CATEGORY_DELIVERY_EXPIRED,

	CATEGORY_RECIPIENT_BLOCKED_SENDER,
	CATEGORY_RATE_LIMITED,
	CATEGORY_TLS_FAILURE,
	CATEGORY_BLOCKLISTED,
	CATEGORY_REPUTATION_BLOCKED,
	CATEGORY_SPAM_CONTENT,
	CATEGORY_VIRUS_DETECTED,
	CATEGORY_CONTENT_REJECTED,
	CATEGORY_MESSAGE_TOO_LARGE,
	CATEGORY_AUTH_FAILURE,
	CATEGORY_SENDER_DNS_INVALID,
	CATEGORY_SENDER_REJECTED,
	CATEGORY_RELAY_DENIED,
	CATEGORY_POLICY_OTHER,
	CATEGORY_PROTOCOL_ERROR,
	CATEGORY_SUPPRESSED_UPSTREAM,

	CATEGORY_COMPLAINT_SPAM,
	CATEGORY_COMPLAINT_OPTOUT,

	CATEGORY_AUTO_REPLY,
	CATEGORY_NOT_SPAM,
	CATEGORY_AUTH_FAILURE_REPORT, /* RFC 6591: about authentication, not by the recipient */
	CATEGORY_DELIVERED,           /* success DSN */
	CATEGORY_UNDETERMINED,
	CATEGORY_COUNT
} Category;

const char *category_name(Category category);
bool category_parse(const char *name, Category *ret_category);
Disposition category_disposition(Category category);
/*
 * One failure says all there is to know: what people call a hard bounce. Permanent but for mailbox_disabled, which is the
 * recipient's fault and lasts, yet may be undone: closed and suspended mailboxes are opened again.
 */
bool category_is_final(Category category);
const char *disposition_name(Disposition disposition);

/* One English sentence without a full stop: "the mailbox does not exist". For people and SMTP replies. */
const char *category_text(Category category);

#endif
