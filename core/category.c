#include "category.h"

#include <glib.h>

typedef struct CategoryRow {
	const char *name;
	Disposition disposition;
	const char *text;
} CategoryRow;

static const CategoryRow categories[CATEGORY_COUNT] = {
	[CATEGORY_USER_UNKNOWN] = { "user_unknown", DISPOSITION_PERMANENT, "the mailbox does not exist" },
	[CATEGORY_MAILBOX_DISABLED] = { "mailbox_disabled", DISPOSITION_PERMANENT,
		"the mailbox is closed or inactive" },
	[CATEGORY_MAILBOX_MOVED] = { "mailbox_moved", DISPOSITION_PERMANENT,
		"the recipient has moved to another address" },
	[CATEGORY_BAD_ADDRESS_SYNTAX] = { "bad_address_syntax", DISPOSITION_PERMANENT,
		"the address is not a valid one" },
	[CATEGORY_DOMAIN_NOT_FOUND] = { "domain_not_found", DISPOSITION_PERMANENT, "the domain does not exist" },
	[CATEGORY_DOMAIN_NO_MAIL] = { "domain_no_mail", DISPOSITION_PERMANENT, "the domain accepts no mail" },

	[CATEGORY_MAILBOX_FULL] = { "mailbox_full", DISPOSITION_TRANSIENT, "the mailbox is full" },
	[CATEGORY_RECIPIENT_RATE_LIMITED] = { "recipient_rate_limited", DISPOSITION_TRANSIENT,
		"the recipient gets too much mail at the moment" },
	[CATEGORY_GREYLISTED] = { "greylisted", DISPOSITION_TRANSIENT, "the provider asks to try again later" },
	[CATEGORY_REMOTE_SYSTEM_ERROR] = { "remote_system_error", DISPOSITION_TRANSIENT,
		"the receiving system is in trouble" },
	[CATEGORY_DNS_FAILURE] = { "dns_failure", DISPOSITION_TRANSIENT, "the domain could not be looked up" },
	[CATEGORY_CONNECTION_FAILED] = { "connection_failed", DISPOSITION_TRANSIENT,
		"the receiving system could not be reached" },
	[CATEGORY_ROUTING_ERROR] = { "routing_error", DISPOSITION_TRANSIENT,
		"the mail went in a loop or found no route" },
	[CATEGORY_DELIVERY_EXPIRED] = { "delivery_expired", DISPOSITION_TRANSIENT, "delivery was tried for too long" },

	[CATEGORY_RECIPIENT_BLOCKED_SENDER] = { "recipient_blocked_sender", DISPOSITION_POLICY,
		"the recipient does not want mail from this sender" },
	[CATEGORY_RATE_LIMITED] = { "rate_limited", DISPOSITION_POLICY, "the provider says we send too much at once" },
	[CATEGORY_TLS_FAILURE] = { "tls_failure", DISPOSITION_POLICY, "no secure connection could be made" },
	[CATEGORY_BLOCKLISTED] = { "blocklisted", DISPOSITION_POLICY, "our server is on a blocklist" },
	[CATEGORY_REPUTATION_BLOCKED] = { "reputation_blocked", DISPOSITION_POLICY,
		"the provider distrusts our server or domain" },
	[CATEGORY_SPAM_CONTENT] = { "spam_content", DISPOSITION_POLICY, "the provider takes the message for spam" },
	[CATEGORY_VIRUS_DETECTED] = { "virus_detected", DISPOSITION_POLICY,
		"the provider found a virus in the message" },
	[CATEGORY_CONTENT_REJECTED] = { "content_rejected", DISPOSITION_POLICY,
		"the provider refuses the form or content of the message" },
	[CATEGORY_MESSAGE_TOO_LARGE] = { "message_too_large", DISPOSITION_POLICY, "the message is too large" },
	[CATEGORY_AUTH_FAILURE] = { "auth_failure", DISPOSITION_POLICY, "SPF, DKIM or DMARC did not pass" },
	[CATEGORY_SENDER_DNS_INVALID] = { "sender_dns_invalid", DISPOSITION_POLICY,
		"the DNS of the sending server or domain is wrong" },
	[CATEGORY_SENDER_REJECTED] = { "sender_rejected", DISPOSITION_POLICY,
		"the sender address or its domain is refused" },
	[CATEGORY_RELAY_DENIED] = { "relay_denied", DISPOSITION_POLICY,
		"the receiving server does not handle this domain" },
	[CATEGORY_POLICY_OTHER] = { "policy_other", DISPOSITION_POLICY, "refused by a policy that is not explained" },
	[CATEGORY_PROTOCOL_ERROR] = { "protocol_error", DISPOSITION_POLICY, "the SMTP dialogue went wrong" },
	[CATEGORY_SUPPRESSED_UPSTREAM] = { "suppressed_upstream", DISPOSITION_POLICY,
		"the sending service has the address on its own list" },

	[CATEGORY_COMPLAINT_SPAM] = { "complaint_spam", DISPOSITION_COMPLAINT,
		"the recipient marked mail from this sender as spam" },
	[CATEGORY_COMPLAINT_OPTOUT] = { "complaint_optout", DISPOSITION_COMPLAINT,
		"the recipient unsubscribed from this sender" },

	[CATEGORY_AUTO_REPLY] = { "auto_reply", DISPOSITION_INFORMATIONAL, "an automatic reply" },
	[CATEGORY_NOT_SPAM] = { "not_spam", DISPOSITION_INFORMATIONAL, "the recipient says it is no spam" },
	[CATEGORY_AUTH_FAILURE_REPORT] = { "auth_failure_report", DISPOSITION_INFORMATIONAL,
		"a report about authentication" },
	[CATEGORY_DELIVERED] = { "delivered", DISPOSITION_INFORMATIONAL, "delivered" },
	[CATEGORY_UNDETERMINED] = { "undetermined", DISPOSITION_INFORMATIONAL, "the reason is not known" },
};

static const char *const dispositions[] = {
	[DISPOSITION_PERMANENT] = "permanent",
	[DISPOSITION_TRANSIENT] = "transient",
	[DISPOSITION_POLICY] = "policy",
	[DISPOSITION_COMPLAINT] = "complaint",
	[DISPOSITION_INFORMATIONAL] = "informational",
};

const char *
category_name(Category category)
{
	g_assert(category < CATEGORY_COUNT);
	return categories[category].name;
}

bool
category_parse(const char *name, Category *ret_category)
{
	for (Category i = 0; i < CATEGORY_COUNT; i++)
		if (strcmp(name, categories[i].name) == 0) {
			*ret_category = i;
			return true;
		}
	return false;
}

Disposition
category_disposition(Category category)
{
	g_assert(category < CATEGORY_COUNT);
	return categories[category].disposition;
}

bool
category_is_final(Category category)
{
	return category_disposition(category) == DISPOSITION_PERMANENT && category != CATEGORY_MAILBOX_DISABLED;
}

const char *
category_text(Category category)
{
	g_assert(category < CATEGORY_COUNT);
	return categories[category].text;
}

const char *
disposition_name(Disposition disposition)
{
	g_assert(disposition < G_N_ELEMENTS(dispositions));
	return dispositions[disposition];
}
