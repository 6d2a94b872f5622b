#include "policy_load.h"

#include <string.h>

#define DAY (24 * 60 * 60)

/* The shipped policy: what each event does. */
static const struct PlanCase {
	EventAction action;
	Category category;
	Confidence confidence;
	Evidence evidence;
	bool has_recipient, has_sender_domain;
	PlanKind kind;
	ScopeKind scope;
	bool whole_domain;
} plan_cases[] = {
	{ ACTION_FAILED, CATEGORY_USER_UNKNOWN, CONFIDENCE_LOW, EVIDENCE_LOCAL, true, true, PLAN_COUNT, SCOPE_EVERYBODY,
		false },
	{ ACTION_FAILED, CATEGORY_USER_UNKNOWN, CONFIDENCE_MEDIUM, EVIDENCE_LOCAL, true, true, PLAN_LIST,
		SCOPE_EVERYBODY, false },
	{ ACTION_FAILED, CATEGORY_USER_UNKNOWN, CONFIDENCE_HIGH, EVIDENCE_LOCAL, true, true, PLAN_LIST, SCOPE_EVERYBODY,
		false },
	{ ACTION_FAILED, CATEGORY_USER_UNKNOWN, CONFIDENCE_LOW, EVIDENCE_KNOWN_MESSAGE, true, true, PLAN_COUNT,
		SCOPE_EVERYBODY, false },
	{ ACTION_FAILED, CATEGORY_USER_UNKNOWN, CONFIDENCE_MEDIUM, EVIDENCE_KNOWN_MESSAGE, true, true, PLAN_LIST,
		SCOPE_EVERYBODY, false },
	{ ACTION_FAILED, CATEGORY_USER_UNKNOWN, CONFIDENCE_HIGH, EVIDENCE_KNOWN_MESSAGE, true, true, PLAN_LIST,
		SCOPE_EVERYBODY, false },
	{ ACTION_FAILED, CATEGORY_USER_UNKNOWN, CONFIDENCE_LOW, EVIDENCE_UNVERIFIED, true, true, PLAN_NOTHING,
		SCOPE_EVERYBODY, false },
	{ ACTION_FAILED, CATEGORY_USER_UNKNOWN, CONFIDENCE_MEDIUM, EVIDENCE_UNVERIFIED, true, true, PLAN_NOTHING,
		SCOPE_EVERYBODY, false },
	{ ACTION_FAILED, CATEGORY_USER_UNKNOWN, CONFIDENCE_HIGH, EVIDENCE_UNVERIFIED, true, true, PLAN_NOTHING,
		SCOPE_EVERYBODY, false },
	{ ACTION_FAILED, CATEGORY_MAILBOX_DISABLED, CONFIDENCE_LOW, EVIDENCE_LOCAL, true, true, PLAN_COUNT,
		SCOPE_EVERYBODY, false },
	{ ACTION_FAILED, CATEGORY_MAILBOX_DISABLED, CONFIDENCE_MEDIUM, EVIDENCE_LOCAL, true, true, PLAN_COUNT,
		SCOPE_EVERYBODY, false },
	{ ACTION_FAILED, CATEGORY_MAILBOX_DISABLED, CONFIDENCE_HIGH, EVIDENCE_LOCAL, true, true, PLAN_COUNT,
		SCOPE_EVERYBODY, false },
	{ ACTION_FAILED, CATEGORY_MAILBOX_DISABLED, CONFIDENCE_LOW, EVIDENCE_KNOWN_MESSAGE, true, true, PLAN_COUNT,
		SCOPE_EVERYBODY, false },
	{ ACTION_FAILED, CATEGORY_MAILBOX_DISABLED, CONFIDENCE_MEDIUM, EVIDENCE_KNOWN_MESSAGE, true, true, PLAN_COUNT,
		SCOPE_EVERYBODY, false },
	{ ACTION_FAILED, CATEGORY_MAILBOX_DISABLED, CONFIDENCE_HIGH, EVIDENCE_KNOWN_MESSAGE, true, true, PLAN_COUNT,
		SCOPE_EVERYBODY, false },
	{ ACTION_FAILED, CATEGORY_MAILBOX_DISABLED, CONFIDENCE_LOW, EVIDENCE_UNVERIFIED, true, true, PLAN_NOTHING,
		SCOPE_EVERYBODY, false },
	{ ACTION_FAILED, CATEGORY_MAILBOX_DISABLED, CONFIDENCE_MEDIUM, EVIDENCE_UNVERIFIED, true, true, PLAN_NOTHING,
		SCOPE_EVERYBODY, false },
	{ ACTION_FAILED, CATEGORY_MAILBOX_DISABLED, CONFIDENCE_HIGH, EVIDENCE_UNVERIFIED, true, true, PLAN_NOTHING,
		SCOPE_EVERYBODY, false },
	{ ACTION_FAILED, CATEGORY_MAILBOX_MOVED, CONFIDENCE_LOW, EVIDENCE_LOCAL, true, true, PLAN_COUNT,
		SCOPE_EVERYBODY, false },
	{ ACTION_FAILED, CATEGORY_MAILBOX_MOVED, CONFIDENCE_MEDIUM, EVIDENCE_LOCAL, true, true, PLAN_LIST,
		SCOPE_EVERYBODY, false },
	{ ACTION_FAILED, CATEGORY_MAILBOX_MOVED, CONFIDENCE_HIGH, EVIDENCE_LOCAL, true, true, PLAN_LIST,
		SCOPE_EVERYBODY, false },
	{ ACTION_FAILED, CATEGORY_MAILBOX_MOVED, CONFIDENCE_LOW, EVIDENCE_KNOWN_MESSAGE, true, true, PLAN_COUNT,
		SCOPE_EVERYBODY, false },
	{ ACTION_FAILED, CATEGORY_MAILBOX_MOVED, CONFIDENCE_MEDIUM, EVIDENCE_KNOWN_MESSAGE, true, true, PLAN_LIST,
		SCOPE_EVERYBODY, false },
	{ ACTION_FAILED, CATEGORY_MAILBOX_MOVED, CONFIDENCE_HIGH, EVIDENCE_KNOWN_MESSAGE, true, true, PLAN_LIST,
		SCOPE_EVERYBODY, false },
	{ ACTION_FAILED, CATEGORY_MAILBOX_MOVED, CONFIDENCE_LOW, EVIDENCE_UNVERIFIED, true, true, PLAN_NOTHING,
		SCOPE_EVERYBODY, false },
	{ ACTION_FAILED, CATEGORY_MAILBOX_MOVED, CONFIDENCE_MEDIUM, EVIDENCE_UNVERIFIED, true, true, PLAN_NOTHING,
		SCOPE_EVERYBODY, false },
	{ ACTION_FAILED, CATEGORY_MAILBOX_MOVED, CONFIDENCE_HIGH, EVIDENCE_UNVERIFIED, true, true, PLAN_NOTHING,
		SCOPE_EVERYBODY, false },
	{ ACTION_FAILED, CATEGORY_BAD_ADDRESS_SYNTAX, CONFIDENCE_LOW, EVIDENCE_LOCAL, true, true, PLAN_COUNT,
		SCOPE_EVERYBODY, false },
	{ ACTION_FAILED, CATEGORY_BAD_ADDRESS_SYNTAX, CONFIDENCE_MEDIUM, EVIDENCE_LOCAL, true, true, PLAN_LIST,
		SCOPE_EVERYBODY, false },
	{ ACTION_FAILED, CATEGORY_BAD_ADDRESS_SYNTAX, CONFIDENCE_HIGH, EVIDENCE_LOCAL, true, true, PLAN_LIST,
		SCOPE_EVERYBODY, false },
	{ ACTION_FAILED, CATEGORY_BAD_ADDRESS_SYNTAX, CONFIDENCE_LOW, EVIDENCE_KNOWN_MESSAGE, true, true, PLAN_COUNT,
		SCOPE_EVERYBODY, false },
	{ ACTION_FAILED, CATEGORY_BAD_ADDRESS_SYNTAX, CONFIDENCE_MEDIUM, EVIDENCE_KNOWN_MESSAGE, true, true, PLAN_LIST,
		SCOPE_EVERYBODY, false },
	{ ACTION_FAILED, CATEGORY_BAD_ADDRESS_SYNTAX, CONFIDENCE_HIGH, EVIDENCE_KNOWN_MESSAGE, true, true, PLAN_LIST,
		SCOPE_EVERYBODY, false },
	{ ACTION_FAILED, CATEGORY_BAD_ADDRESS_SYNTAX, CONFIDENCE_LOW, EVIDENCE_UNVERIFIED, true, true, PLAN_NOTHING,
		SCOPE_EVERYBODY, false },
	{ ACTION_FAILED, CATEGORY_BAD_ADDRESS_SYNTAX, CONFIDENCE_MEDIUM, EVIDENCE_UNVERIFIED, true, true, PLAN_NOTHING,
		SCOPE_EVERYBODY, false },
	{ ACTION_FAILED, CATEGORY_BAD_ADDRESS_SYNTAX, CONFIDENCE_HIGH, EVIDENCE_UNVERIFIED, true, true, PLAN_NOTHING,
		SCOPE_EVERYBODY, false },
	{ ACTION_FAILED, CATEGORY_USER_UNKNOWN, CONFIDENCE_HIGH, EVIDENCE_IN_SESSION, true, false, PLAN_LIST,
		SCOPE_EVERYBODY, false },
	{ ACTION_FAILED, CATEGORY_USER_UNKNOWN, CONFIDENCE_HIGH, EVIDENCE_SIGNED, true, false, PLAN_LIST,
		SCOPE_EVERYBODY, false },
	{ ACTION_FAILED, CATEGORY_USER_UNKNOWN, CONFIDENCE_HIGH, EVIDENCE_REPORTER, true, false, PLAN_LIST,
		SCOPE_EVERYBODY, false },
	{ ACTION_FAILED, CATEGORY_DOMAIN_NOT_FOUND, CONFIDENCE_LOW, EVIDENCE_IN_SESSION, true, true, PLAN_COUNT,
		SCOPE_EVERYBODY, true },
	{ ACTION_FAILED, CATEGORY_DOMAIN_NOT_FOUND, CONFIDENCE_HIGH, EVIDENCE_IN_SESSION, true, true, PLAN_COUNT,
		SCOPE_EVERYBODY, true },
	{ ACTION_FAILED, CATEGORY_DOMAIN_NOT_FOUND, CONFIDENCE_LOW, EVIDENCE_KNOWN_MESSAGE, true, true, PLAN_COUNT,
		SCOPE_EVERYBODY, true },
	{ ACTION_FAILED, CATEGORY_DOMAIN_NOT_FOUND, CONFIDENCE_HIGH, EVIDENCE_KNOWN_MESSAGE, true, true, PLAN_COUNT,
		SCOPE_EVERYBODY, true },
	{ ACTION_FAILED, CATEGORY_DOMAIN_NOT_FOUND, CONFIDENCE_LOW, EVIDENCE_UNVERIFIED, true, true, PLAN_NOTHING,
		SCOPE_EVERYBODY, false },
	{ ACTION_FAILED, CATEGORY_DOMAIN_NOT_FOUND, CONFIDENCE_HIGH, EVIDENCE_UNVERIFIED, true, true, PLAN_NOTHING,
		SCOPE_EVERYBODY, false },
	{ ACTION_FAILED, CATEGORY_DOMAIN_NO_MAIL, CONFIDENCE_LOW, EVIDENCE_IN_SESSION, true, true, PLAN_COUNT,
		SCOPE_EVERYBODY, true },
	{ ACTION_FAILED, CATEGORY_DOMAIN_NO_MAIL, CONFIDENCE_HIGH, EVIDENCE_IN_SESSION, true, true, PLAN_COUNT,
		SCOPE_EVERYBODY, true },
	{ ACTION_FAILED, CATEGORY_DOMAIN_NO_MAIL, CONFIDENCE_LOW, EVIDENCE_KNOWN_MESSAGE, true, true, PLAN_COUNT,
		SCOPE_EVERYBODY, true },
	{ ACTION_FAILED, CATEGORY_DOMAIN_NO_MAIL, CONFIDENCE_HIGH, EVIDENCE_KNOWN_MESSAGE, true, true, PLAN_COUNT,
		SCOPE_EVERYBODY, true },
	{ ACTION_FAILED, CATEGORY_DOMAIN_NO_MAIL, CONFIDENCE_LOW, EVIDENCE_UNVERIFIED, true, true, PLAN_NOTHING,
		SCOPE_EVERYBODY, false },
	{ ACTION_FAILED, CATEGORY_DOMAIN_NO_MAIL, CONFIDENCE_HIGH, EVIDENCE_UNVERIFIED, true, true, PLAN_NOTHING,
		SCOPE_EVERYBODY, false },
	{ ACTION_FAILED, CATEGORY_MAILBOX_FULL, CONFIDENCE_LOW, EVIDENCE_IN_SESSION, true, true, PLAN_COUNT,
		SCOPE_EVERYBODY, false },
	{ ACTION_FAILED, CATEGORY_MAILBOX_FULL, CONFIDENCE_LOW, EVIDENCE_LOCAL, true, true, PLAN_COUNT, SCOPE_EVERYBODY,
		false },
	{ ACTION_FAILED, CATEGORY_MAILBOX_FULL, CONFIDENCE_LOW, EVIDENCE_SIGNED, true, true, PLAN_COUNT,
		SCOPE_EVERYBODY, false },
	{ ACTION_FAILED, CATEGORY_MAILBOX_FULL, CONFIDENCE_LOW, EVIDENCE_REPORTER, true, true, PLAN_COUNT,
		SCOPE_EVERYBODY, false },
	{ ACTION_FAILED, CATEGORY_MAILBOX_FULL, CONFIDENCE_LOW, EVIDENCE_KNOWN_MESSAGE, true, true, PLAN_COUNT,
		SCOPE_EVERYBODY, false },
	{ ACTION_FAILED, CATEGORY_MAILBOX_FULL, CONFIDENCE_LOW, EVIDENCE_UNVERIFIED, true, true, PLAN_NOTHING,
		SCOPE_EVERYBODY, false },
	{ ACTION_COMPLAINED, CATEGORY_COMPLAINT_SPAM, CONFIDENCE_HIGH, EVIDENCE_IN_SESSION, true, true, PLAN_LIST,
		SCOPE_SENDER_DOMAIN, false },
	{ ACTION_COMPLAINED, CATEGORY_COMPLAINT_SPAM, CONFIDENCE_HIGH, EVIDENCE_LOCAL, true, true, PLAN_LIST,
		SCOPE_SENDER_DOMAIN, false },
	{ ACTION_COMPLAINED, CATEGORY_COMPLAINT_SPAM, CONFIDENCE_HIGH, EVIDENCE_SIGNED, true, true, PLAN_LIST,
		SCOPE_SENDER_DOMAIN, false },
	{ ACTION_COMPLAINED, CATEGORY_COMPLAINT_SPAM, CONFIDENCE_HIGH, EVIDENCE_REPORTER, true, true, PLAN_LIST,
		SCOPE_SENDER_DOMAIN, false },
	{ ACTION_COMPLAINED, CATEGORY_COMPLAINT_SPAM, CONFIDENCE_HIGH, EVIDENCE_KNOWN_MESSAGE, true, true, PLAN_LIST,
		SCOPE_SENDER_DOMAIN, false },
	{ ACTION_COMPLAINED, CATEGORY_COMPLAINT_SPAM, CONFIDENCE_HIGH, EVIDENCE_UNVERIFIED, true, true, PLAN_NOTHING,
		SCOPE_EVERYBODY, false },
	{ ACTION_COMPLAINED, CATEGORY_COMPLAINT_SPAM, CONFIDENCE_HIGH, EVIDENCE_REPORTER, true, false, PLAN_NOTHING,
		SCOPE_EVERYBODY, false },
	{ ACTION_COMPLAINED, CATEGORY_COMPLAINT_SPAM, CONFIDENCE_HIGH, EVIDENCE_REPORTER, false, true, PLAN_NOTHING,
		SCOPE_EVERYBODY, false },
	{ ACTION_COMPLAINED, CATEGORY_COMPLAINT_OPTOUT, CONFIDENCE_HIGH, EVIDENCE_IN_SESSION, true, true, PLAN_LIST,
		SCOPE_SENDER_DOMAIN, false },
	{ ACTION_COMPLAINED, CATEGORY_COMPLAINT_OPTOUT, CONFIDENCE_HIGH, EVIDENCE_LOCAL, true, true, PLAN_LIST,
		SCOPE_SENDER_DOMAIN, false },
	{ ACTION_COMPLAINED, CATEGORY_COMPLAINT_OPTOUT, CONFIDENCE_HIGH, EVIDENCE_SIGNED, true, true, PLAN_LIST,
		SCOPE_SENDER_DOMAIN, false },
	{ ACTION_COMPLAINED, CATEGORY_COMPLAINT_OPTOUT, CONFIDENCE_HIGH, EVIDENCE_REPORTER, true, true, PLAN_LIST,
		SCOPE_SENDER_DOMAIN, false },
	{ ACTION_COMPLAINED, CATEGORY_COMPLAINT_OPTOUT, CONFIDENCE_HIGH, EVIDENCE_KNOWN_MESSAGE, true, true, PLAN_LIST,
		SCOPE_SENDER_DOMAIN, false },
	{ ACTION_COMPLAINED, CATEGORY_COMPLAINT_OPTOUT, CONFIDENCE_HIGH, EVIDENCE_UNVERIFIED, true, true, PLAN_NOTHING,
		SCOPE_EVERYBODY, false },
	{ ACTION_COMPLAINED, CATEGORY_COMPLAINT_OPTOUT, CONFIDENCE_HIGH, EVIDENCE_REPORTER, true, false, PLAN_NOTHING,
		SCOPE_EVERYBODY, false },
	{ ACTION_COMPLAINED, CATEGORY_COMPLAINT_OPTOUT, CONFIDENCE_HIGH, EVIDENCE_REPORTER, false, true, PLAN_NOTHING,
		SCOPE_EVERYBODY, false },
	{ ACTION_FAILED, CATEGORY_RECIPIENT_BLOCKED_SENDER, CONFIDENCE_HIGH, EVIDENCE_LOCAL, true, true, PLAN_COUNT,
		SCOPE_SENDER_DOMAIN, false },
	{ ACTION_FAILED, CATEGORY_RECIPIENT_BLOCKED_SENDER, CONFIDENCE_LOW, EVIDENCE_LOCAL, true, true, PLAN_NOTHING,
		SCOPE_EVERYBODY, false },
	{ ACTION_FAILED, CATEGORY_RECIPIENT_BLOCKED_SENDER, CONFIDENCE_HIGH, EVIDENCE_LOCAL, true, false, PLAN_NOTHING,
		SCOPE_EVERYBODY, false },
	{ ACTION_FAILED, CATEGORY_RECIPIENT_BLOCKED_SENDER, CONFIDENCE_HIGH, EVIDENCE_UNVERIFIED, true, true,
		PLAN_NOTHING, SCOPE_EVERYBODY, false },
	{ ACTION_FAILED, CATEGORY_RECIPIENT_RATE_LIMITED, CONFIDENCE_HIGH, EVIDENCE_IN_SESSION, true, true,
		PLAN_NOTHING, SCOPE_EVERYBODY, false },
	{ ACTION_FAILED, CATEGORY_GREYLISTED, CONFIDENCE_HIGH, EVIDENCE_IN_SESSION, true, true, PLAN_NOTHING,
		SCOPE_EVERYBODY, false },
	{ ACTION_FAILED, CATEGORY_REMOTE_SYSTEM_ERROR, CONFIDENCE_HIGH, EVIDENCE_IN_SESSION, true, true, PLAN_NOTHING,
		SCOPE_EVERYBODY, false },
	{ ACTION_FAILED, CATEGORY_DNS_FAILURE, CONFIDENCE_HIGH, EVIDENCE_IN_SESSION, true, true, PLAN_NOTHING,
		SCOPE_EVERYBODY, false },
	{ ACTION_FAILED, CATEGORY_CONNECTION_FAILED, CONFIDENCE_HIGH, EVIDENCE_IN_SESSION, true, true, PLAN_NOTHING,
		SCOPE_EVERYBODY, false },
	{ ACTION_FAILED, CATEGORY_ROUTING_ERROR, CONFIDENCE_HIGH, EVIDENCE_IN_SESSION, true, true, PLAN_NOTHING,
		SCOPE_EVERYBODY, false },
	{ ACTION_FAILED, CATEGORY_DELIVERY_EXPIRED, CONFIDENCE_HIGH, EVIDENCE_IN_SESSION, true, true, PLAN_NOTHING,
		SCOPE_EVERYBODY, false },
	{ ACTION_FAILED, CATEGORY_RATE_LIMITED, CONFIDENCE_HIGH, EVIDENCE_IN_SESSION, true, true, PLAN_NOTHING,
		SCOPE_EVERYBODY, false },
	{ ACTION_FAILED, CATEGORY_TLS_FAILURE, CONFIDENCE_HIGH, EVIDENCE_IN_SESSION, true, true, PLAN_NOTHING,
		SCOPE_EVERYBODY, false },
	{ ACTION_FAILED, CATEGORY_BLOCKLISTED, CONFIDENCE_HIGH, EVIDENCE_IN_SESSION, true, true, PLAN_NOTHING,
		SCOPE_EVERYBODY, false },
	{ ACTION_FAILED, CATEGORY_REPUTATION_BLOCKED, CONFIDENCE_HIGH, EVIDENCE_IN_SESSION, true, true, PLAN_NOTHING,
		SCOPE_EVERYBODY, false },
	{ ACTION_FAILED, CATEGORY_SPAM_CONTENT, CONFIDENCE_HIGH, EVIDENCE_IN_SESSION, true, true, PLAN_NOTHING,
		SCOPE_EVERYBODY, false },
	{ ACTION_FAILED, CATEGORY_VIRUS_DETECTED, CONFIDENCE_HIGH, EVIDENCE_IN_SESSION, true, true, PLAN_NOTHING,
		SCOPE_EVERYBODY, false },
	{ ACTION_FAILED, CATEGORY_CONTENT_REJECTED, CONFIDENCE_HIGH, EVIDENCE_IN_SESSION, true, true, PLAN_NOTHING,
		SCOPE_EVERYBODY, false },
	{ ACTION_FAILED, CATEGORY_MESSAGE_TOO_LARGE, CONFIDENCE_HIGH, EVIDENCE_IN_SESSION, true, true, PLAN_NOTHING,
		SCOPE_EVERYBODY, false },
	{ ACTION_FAILED, CATEGORY_AUTH_FAILURE, CONFIDENCE_HIGH, EVIDENCE_IN_SESSION, true, true, PLAN_NOTHING,
		SCOPE_EVERYBODY, false },
	{ ACTION_FAILED, CATEGORY_SENDER_DNS_INVALID, CONFIDENCE_HIGH, EVIDENCE_IN_SESSION, true, true, PLAN_NOTHING,
		SCOPE_EVERYBODY, false },
	{ ACTION_FAILED, CATEGORY_SENDER_REJECTED, CONFIDENCE_HIGH, EVIDENCE_IN_SESSION, true, true, PLAN_NOTHING,
		SCOPE_EVERYBODY, false },
	{ ACTION_FAILED, CATEGORY_RELAY_DENIED, CONFIDENCE_HIGH, EVIDENCE_IN_SESSION, true, true, PLAN_NOTHING,
		SCOPE_EVERYBODY, false },
	{ ACTION_FAILED, CATEGORY_POLICY_OTHER, CONFIDENCE_HIGH, EVIDENCE_IN_SESSION, true, true, PLAN_NOTHING,
		SCOPE_EVERYBODY, false },
	{ ACTION_FAILED, CATEGORY_PROTOCOL_ERROR, CONFIDENCE_HIGH, EVIDENCE_IN_SESSION, true, true, PLAN_NOTHING,
		SCOPE_EVERYBODY, false },
	{ ACTION_FAILED, CATEGORY_SUPPRESSED_UPSTREAM, CONFIDENCE_HIGH, EVIDENCE_IN_SESSION, true, true, PLAN_NOTHING,
		SCOPE_EVERYBODY, false },
	{ ACTION_FAILED, CATEGORY_UNDETERMINED, CONFIDENCE_HIGH, EVIDENCE_IN_SESSION, true, true, PLAN_NOTHING,
		SCOPE_EVERYBODY, false },
	{ ACTION_COMPLAINED, CATEGORY_NOT_SPAM, CONFIDENCE_HIGH, EVIDENCE_IN_SESSION, true, true, PLAN_NOTHING,
		SCOPE_EVERYBODY, false },
	{ ACTION_COMPLAINED, CATEGORY_AUTH_FAILURE_REPORT, CONFIDENCE_HIGH, EVIDENCE_IN_SESSION, true, true,
		PLAN_NOTHING, SCOPE_EVERYBODY, false },
	{ ACTION_FAILED, CATEGORY_AUTO_REPLY, CONFIDENCE_HIGH, EVIDENCE_IN_SESSION, true, true, PLAN_NOTHING,
		SCOPE_EVERYBODY, false },
	{ ACTION_DELAYED, CATEGORY_USER_UNKNOWN, CONFIDENCE_HIGH, EVIDENCE_IN_SESSION, true, true, PLAN_NOTHING,
		SCOPE_EVERYBODY, false },
	{ ACTION_DELAYED, CATEGORY_MAILBOX_DISABLED, CONFIDENCE_HIGH, EVIDENCE_IN_SESSION, true, true, PLAN_NOTHING,
		SCOPE_EVERYBODY, false },
	{ ACTION_DELAYED, CATEGORY_MAILBOX_MOVED, CONFIDENCE_HIGH, EVIDENCE_IN_SESSION, true, true, PLAN_NOTHING,
		SCOPE_EVERYBODY, false },
	{ ACTION_DELAYED, CATEGORY_BAD_ADDRESS_SYNTAX, CONFIDENCE_HIGH, EVIDENCE_IN_SESSION, true, true, PLAN_NOTHING,
		SCOPE_EVERYBODY, false },
	{ ACTION_DELAYED, CATEGORY_DOMAIN_NOT_FOUND, CONFIDENCE_HIGH, EVIDENCE_IN_SESSION, true, true, PLAN_NOTHING,
		SCOPE_EVERYBODY, false },
	{ ACTION_DELAYED, CATEGORY_DOMAIN_NO_MAIL, CONFIDENCE_HIGH, EVIDENCE_IN_SESSION, true, true, PLAN_NOTHING,
		SCOPE_EVERYBODY, false },
	{ ACTION_DELAYED, CATEGORY_MAILBOX_FULL, CONFIDENCE_HIGH, EVIDENCE_IN_SESSION, true, true, PLAN_NOTHING,
		SCOPE_EVERYBODY, false },
	{ ACTION_DELAYED, CATEGORY_RECIPIENT_BLOCKED_SENDER, CONFIDENCE_HIGH, EVIDENCE_IN_SESSION, true, true,
		PLAN_NOTHING, SCOPE_EVERYBODY, false },
	{ ACTION_DELIVERED, CATEGORY_DELIVERED, CONFIDENCE_HIGH, EVIDENCE_IN_SESSION, true, true, PLAN_RELEASE,
		SCOPE_EVERYBODY, false },
	{ ACTION_DELIVERED, CATEGORY_DELIVERED, CONFIDENCE_HIGH, EVIDENCE_LOCAL, true, true, PLAN_RELEASE,
		SCOPE_EVERYBODY, false },
	{ ACTION_DELIVERED, CATEGORY_DELIVERED, CONFIDENCE_HIGH, EVIDENCE_SIGNED, true, true, PLAN_RELEASE,
		SCOPE_EVERYBODY, false },
	{ ACTION_DELIVERED, CATEGORY_DELIVERED, CONFIDENCE_HIGH, EVIDENCE_REPORTER, true, true, PLAN_RELEASE,
		SCOPE_EVERYBODY, false },
	{ ACTION_DELIVERED, CATEGORY_DELIVERED, CONFIDENCE_HIGH, EVIDENCE_KNOWN_MESSAGE, true, true, PLAN_RELEASE,
		SCOPE_EVERYBODY, false },
	{ ACTION_DELIVERED, CATEGORY_DELIVERED, CONFIDENCE_HIGH, EVIDENCE_UNVERIFIED, true, true, PLAN_NOTHING,
		SCOPE_EVERYBODY, false },
	{ ACTION_DELIVERED, CATEGORY_DELIVERED, CONFIDENCE_HIGH, EVIDENCE_LOCAL, false, true, PLAN_NOTHING,
		SCOPE_EVERYBODY, false },
	{ ACTION_RELAYED, CATEGORY_DELIVERED, CONFIDENCE_HIGH, EVIDENCE_LOCAL, true, true, PLAN_NOTHING,
		SCOPE_EVERYBODY, false },
	{ ACTION_EXPANDED, CATEGORY_DELIVERED, CONFIDENCE_HIGH, EVIDENCE_LOCAL, true, true, PLAN_NOTHING,
		SCOPE_EVERYBODY, false },
	{ ACTION_REPLIED, CATEGORY_AUTO_REPLY, CONFIDENCE_HIGH, EVIDENCE_SIGNED, true, true, PLAN_NOTHING,
		SCOPE_EVERYBODY, false },
	{ ACTION_REPLIED, CATEGORY_USER_UNKNOWN, CONFIDENCE_HIGH, EVIDENCE_SIGNED, true, true, PLAN_NOTHING,
		SCOPE_EVERYBODY, false },
	{ ACTION_FAILED, CATEGORY_USER_UNKNOWN, CONFIDENCE_HIGH, EVIDENCE_LOCAL, false, true, PLAN_NOTHING,
		SCOPE_EVERYBODY, false },
	{ ACTION_FAILED, CATEGORY_DOMAIN_NOT_FOUND, CONFIDENCE_HIGH, EVIDENCE_LOCAL, false, true, PLAN_NOTHING,
		SCOPE_EVERYBODY, false },
	{ ACTION_FAILED, CATEGORY_MAILBOX_FULL, CONFIDENCE_HIGH, EVIDENCE_LOCAL, false, true, PLAN_NOTHING,
		SCOPE_EVERYBODY, false },
};

/* What a plan becomes with a history; periods as shipped. */
static const struct DecideCase {
	Category category;
	Confidence confidence;
	unsigned strike_days, listings;
	bool listed, manual;
	int64_t days; /* 0: not listed, -1: for ever */
} decide_cases[] = {
	{ CATEGORY_USER_UNKNOWN, CONFIDENCE_HIGH, 0, 0, false, false, 30 },
	{ CATEGORY_USER_UNKNOWN, CONFIDENCE_HIGH, 0, 1, false, false, 180 },
	{ CATEGORY_USER_UNKNOWN, CONFIDENCE_HIGH, 0, 2, false, false, -1 },
	{ CATEGORY_USER_UNKNOWN, CONFIDENCE_HIGH, 0, 99, false, false, -1 },
	{ CATEGORY_USER_UNKNOWN, CONFIDENCE_HIGH, 0, 1, true, false, 30 },
	{ CATEGORY_USER_UNKNOWN, CONFIDENCE_HIGH, 0, 2, true, false, 180 },
	{ CATEGORY_USER_UNKNOWN, CONFIDENCE_HIGH, 0, 0, true, true, 0 },
	{ CATEGORY_USER_UNKNOWN, CONFIDENCE_HIGH, 0, 1, true, true, 0 },
	{ CATEGORY_USER_UNKNOWN, CONFIDENCE_LOW, 1, 0, false, false, 0 },
	{ CATEGORY_USER_UNKNOWN, CONFIDENCE_LOW, 2, 0, false, false, 30 },
	{ CATEGORY_USER_UNKNOWN, CONFIDENCE_LOW, 2, 0, true, true, 0 },
	{ CATEGORY_USER_UNKNOWN, CONFIDENCE_LOW, 1, 1, false, false, 0 },
	{ CATEGORY_MAILBOX_DISABLED, CONFIDENCE_HIGH, 1, 0, false, false, 0 },
	{ CATEGORY_MAILBOX_DISABLED, CONFIDENCE_HIGH, 2, 0, false, false, 30 },
	{ CATEGORY_MAILBOX_DISABLED, CONFIDENCE_HIGH, 2, 1, false, false, 180 },
	{ CATEGORY_MAILBOX_DISABLED, CONFIDENCE_HIGH, 2, 2, false, false, -1 },
	{ CATEGORY_MAILBOX_DISABLED, CONFIDENCE_LOW, 1, 0, false, false, 0 },
	{ CATEGORY_MAILBOX_DISABLED, CONFIDENCE_LOW, 2, 0, false, false, 30 },
	{ CATEGORY_MAILBOX_FULL, CONFIDENCE_HIGH, 4, 0, false, false, 0 },
	{ CATEGORY_MAILBOX_FULL, CONFIDENCE_HIGH, 5, 0, false, false, 14 },
	{ CATEGORY_MAILBOX_FULL, CONFIDENCE_HIGH, 5, 7, false, false, 14 },
	{ CATEGORY_DOMAIN_NOT_FOUND, CONFIDENCE_HIGH, 1, 0, false, false, 0 },
	{ CATEGORY_DOMAIN_NOT_FOUND, CONFIDENCE_HIGH, 2, 0, false, false, 30 },
	{ CATEGORY_DOMAIN_NOT_FOUND, CONFIDENCE_LOW, 4, 0, false, false, 0 },
	{ CATEGORY_DOMAIN_NOT_FOUND, CONFIDENCE_LOW, 5, 0, false, false, 30 },
	{ CATEGORY_RECIPIENT_BLOCKED_SENDER, CONFIDENCE_HIGH, 1, 0, false, false, 0 },
	{ CATEGORY_RECIPIENT_BLOCKED_SENDER, CONFIDENCE_HIGH, 2, 0, false, false, 90 },
	{ CATEGORY_SPAM_CONTENT, CONFIDENCE_HIGH, 99, 9, false, false, 0 },
};

/* Strikes as shipped: on how many distinct days within how many. */
static const struct StrikeCase {
	Category category;
	Confidence confidence;
	unsigned needed_days, window_days;
} strike_cases[] = {
	{ CATEGORY_USER_UNKNOWN, CONFIDENCE_LOW, 2, 30 },
	{ CATEGORY_MAILBOX_DISABLED, CONFIDENCE_LOW, 2, 60 },
	{ CATEGORY_MAILBOX_DISABLED, CONFIDENCE_MEDIUM, 2, 60 },
	{ CATEGORY_MAILBOX_DISABLED, CONFIDENCE_HIGH, 2, 60 },
	{ CATEGORY_DOMAIN_NOT_FOUND, CONFIDENCE_HIGH, 2, 30 },
	{ CATEGORY_MAILBOX_FULL, CONFIDENCE_HIGH, 5, 30 },
};

#define GOOD "- category: user_unknown\n  evidence: local\n  action: list\n  scope: everybody\n  periods: [30d]\n"

static const struct Refusal {
	const char *name, *text, *message;
} refusals[] = {
	{ "unverified",
		"- category: user_unknown\n  evidence: unverified\n  action: list\n  scope: everybody\n  periods: "
		"[30d]\n",
		"file:2: an unverified report may not list anybody: anyone can send one" },
	{ "unverified-count",
		"- category: complaint_spam\n  action: count\n  days: 2\n  window: 30d\n  evidence: unverified\n  "
		"scope: sender_domain\n  periods: [30d]\n",
		"file:5: an unverified report may not list anybody: anyone can send one" },
	{ "no-evidence", "- category: user_unknown\n  action: list\n  scope: everybody\n  periods: [30d]\n",
		"file:1: action 'list' needs 'evidence'" },
	{ "policy-for-everybody",
		"- category: spam_content\n  evidence: local\n  action: list\n  scope: everybody\n  periods: [30d]\n",
		"file:1: 'spam_content' is not the recipient's fault: scope 'sender_domain' is the most it allows" },
	{ "informational",
		"- category: auto_reply\n  evidence: local\n  action: list\n  scope: sender_domain\n  periods: [30d]\n",
		"file:1: 'auto_reply' is no reason to list anybody" },
	{ "category", "- category: [user_unknown, nonsense]\n  action: nothing\n",
		"file:1: unknown category 'nonsense'" },
	{ "no-category", "- action: nothing\n", "file:1: 'category' is missing" },
	{ "no-action", "- category: user_unknown\n", "file:1: 'action' is missing" },
	{ "action", "- category: user_unknown\n  action: shoot\n",
		"file:2: 'action' must be one of: list, count, nothing; not 'shoot'" },
	{ "evidence", "- category: user_unknown\n  evidence: rumour\n  action: nothing\n",
		"file:2: unknown evidence 'rumour'" },
	{ "confidence", "- category: user_unknown\n  confidence: 80\n  action: nothing\n",
		"file:2: unknown confidence '80'" },
	{ "unknown-key", GOOD "  extra: 1\n", "file:6: unknown key 'extra'" },
	{ "days-without-count", GOOD "  days: 2\n", "file:6: 'days' is for action 'count'" },
	{ "nothing-with-periods", "- category: user_unknown\n  action: nothing\n  periods: [30d]\n",
		"file:3: 'periods' makes no sense with action 'nothing'" },
	{ "count-without-days",
		"- category: mailbox_full\n  evidence: local\n  action: count\n  window: 30d\n  scope: everybody\n  "
		"periods: [30d]\n",
		"file:1: action 'count' needs 'days'" },
	{ "window-too-short",
		"- category: mailbox_full\n  evidence: local\n  action: count\n  days: 9\n  window: 7d\n  scope: "
		"everybody\n  periods: [30d]\n",
		"file:5: 9 days with a strike do not fit in 7 days" },
	{ "window-odd",
		"- category: mailbox_full\n  evidence: local\n  action: count\n  days: 1\n  window: 25h\n  scope: "
		"everybody\n  periods: [30d]\n",
		"file:5: 'window' must be whole days" },
	{ "period",
		"- category: user_unknown\n  evidence: local\n  action: list\n  scope: everybody\n  periods: [soon]\n",
		"file:5: 'soon' is neither a time such as 30d nor 'forever'" },
	{ "after-forever",
		"- category: user_unknown\n  evidence: local\n  action: list\n  scope: everybody\n  periods: [forever, "
		"30d]\n",
		"file:5: nothing comes after 'forever'" },
	{ "no-periods",
		"- category: user_unknown\n  evidence: local\n  action: list\n  scope: everybody\n  periods: []\n",
		"file:5: 'periods' is empty" },
	{ "unreachable", GOOD GOOD, "file:6: this clause is never reached: earlier ones take all its cases" },
	{ "map", "user_unknown: list\n", "file:1: a list of clauses is expected here" },
};

static Policy *
shipped(void)
{
	g_autofree char *path = g_build_filename(g_getenv("RETOUR_CONFIG"), "policy.yaml", NULL);
	g_autoptr(GError) error = NULL;
	Policy *policy = policy_load(path, &error);

	g_assert_no_error(error);
	return policy;
}

static Case
case_of(const struct PlanCase *row)
{
	return (Case){ .action = row->action,
		.verdict = { .category = row->category, .confidence = row->confidence },
		.evidence = row->evidence,
		.has_recipient = row->has_recipient,
		.has_sender_domain = row->has_sender_domain };
}

static void
check_plans(void)
{
	g_autoptr(Policy) policy = shipped();

	for (size_t i = 0; i < G_N_ELEMENTS(plan_cases); i++) {
		const struct PlanCase *row = &plan_cases[i];
		Case subject = case_of(row);
		Plan plan = policy_plan(policy, &subject);

		if (plan.kind != row->kind || plan.scope != row->scope || plan.whole_domain != row->whole_domain)
			g_error("row %zu (%s %s %s): plan %d scope %d domain %d", i, action_name(row->action),
				category_name(row->category), evidence_name(row->evidence), plan.kind, plan.scope,
				plan.whole_domain);
	}
}

static void
check_decisions(void)
{
	g_autoptr(Policy) policy = shipped();
	int64_t now = 1800000000;

	for (size_t i = 0; i < G_N_ELEMENTS(decide_cases); i++) {
		const struct DecideCase *row = &decide_cases[i];
		Case subject = { .action = ACTION_FAILED,
			.verdict = { .category = row->category, .confidence = row->confidence },
			.evidence = EVIDENCE_LOCAL,
			.has_recipient = true,
			.has_sender_domain = true };
		History history = { .strike_days = row->strike_days,
			.listings = row->listings,
			.listed = row->listed,
			.manual = row->manual };
		Plan plan = policy_plan(policy, &subject);
		Decision decision = policy_decide(&plan, &history, now);

		g_assert_cmpint(decision.list, ==, row->days != 0);
		if (row->days != 0)
			g_assert_cmpint(decision.expires_at, ==, row->days < 0 ? NEVER_EXPIRES : now + row->days * DAY);
	}
}

static void
check_strikes(void)
{
	g_autoptr(Policy) policy = shipped();

	for (size_t i = 0; i < G_N_ELEMENTS(strike_cases); i++) {
		const struct StrikeCase *row = &strike_cases[i];
		Case subject = { .action = ACTION_FAILED,
			.verdict = { .category = row->category, .confidence = row->confidence },
			.evidence = EVIDENCE_LOCAL,
			.has_recipient = true };
		Plan plan = policy_plan(policy, &subject);

		g_assert_cmpint(plan.kind, ==, PLAN_COUNT);
		g_assert_cmpuint(plan.needed_days, ==, row->needed_days);
		g_assert_cmpuint(plan.window_days, ==, row->window_days);
	}
}

/* Ordered clauses: the first that holds decides, whatever a later one says. */
static void
check_order(void)
{
	static const char text[] = "- category: user_unknown\n  confidence: high\n  action: nothing\n" GOOD;
	g_autoptr(GError) error = NULL;
	g_autoptr(Policy) policy = policy_parse("file", text, strlen(text), &error);
	Case subject = { .action = ACTION_FAILED,
		.verdict = { .category = CATEGORY_USER_UNKNOWN, .confidence = CONFIDENCE_HIGH },
		.evidence = EVIDENCE_LOCAL,
		.has_recipient = true };

	g_assert_no_error(error);
	g_assert_cmpint(policy_plan(policy, &subject).kind, ==, PLAN_NOTHING);
	subject.verdict.confidence = CONFIDENCE_MEDIUM;
	g_assert_cmpint(policy_plan(policy, &subject).kind, ==, PLAN_LIST);
	subject.evidence = EVIDENCE_SIGNED;
	g_assert_cmpint(policy_plan(policy, &subject).kind, ==, PLAN_NOTHING);
}

static void
check_refusal(const void *data)
{
	const struct Refusal *row = data;
	g_autoptr(GError) error = NULL;
	g_autoptr(Policy) policy = policy_parse("file", row->text, strlen(row->text), &error);

	g_assert_null(policy);
	g_assert_error(error, RETOUR_ERROR, ERROR_CONFIG);
	g_assert_cmpstr(error->message, ==, row->message);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/policy/plans", check_plans);
	g_test_add_func("/policy/decisions", check_decisions);
	g_test_add_func("/policy/strikes", check_strikes);
	g_test_add_func("/policy/order", check_order);
	for (size_t i = 0; i < G_N_ELEMENTS(refusals); i++) {
		g_autofree char *path = g_strconcat("/policy/refused/", refusals[i].name, NULL);

		g_test_add_data_func(path, &refusals[i], check_refusal);
	}
	return g_test_run();
}
