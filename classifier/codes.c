#include "codes.h"

#include <glib.h>

typedef struct StatusRow {
	unsigned subject, detail;
	Category failed;  /* 5.x.x */
	Category delayed; /* 4.x.x */
	const char *failed_rule, *delayed_rule;
} StatusRow;

#define ROW(subject, detail, failed, delayed) \
	{ \
		subject, detail, CATEGORY_##failed, CATEGORY_##delayed, "code.5." #subject "." #detail, \
			"code.4." #subject "." #detail \
	}

/* In the order of the registry. Registered codes without a meaning of their own (X.0.0, X.1.0, X.2.0) are left out. */
static const StatusRow statuses[] = {
	ROW(1, 1, USER_UNKNOWN, GREYLISTED),
	ROW(1, 2, DOMAIN_NOT_FOUND, DNS_FAILURE),
	ROW(1, 3, BAD_ADDRESS_SYNTAX, PROTOCOL_ERROR),
	ROW(1, 4, USER_UNKNOWN, REMOTE_SYSTEM_ERROR),
	ROW(1, 6, MAILBOX_MOVED, REMOTE_SYSTEM_ERROR),
	ROW(1, 7, SENDER_REJECTED, SENDER_REJECTED),
	ROW(1, 8, SENDER_REJECTED, SENDER_REJECTED),
	ROW(1, 10, DOMAIN_NO_MAIL, DNS_FAILURE),
	ROW(2, 1, MAILBOX_DISABLED, RECIPIENT_RATE_LIMITED),
	ROW(2, 2, MAILBOX_FULL, MAILBOX_FULL),
	ROW(2, 3, MESSAGE_TOO_LARGE, MESSAGE_TOO_LARGE),
	ROW(2, 4, REMOTE_SYSTEM_ERROR, REMOTE_SYSTEM_ERROR),
	ROW(3, 0, REMOTE_SYSTEM_ERROR, REMOTE_SYSTEM_ERROR),
	ROW(3, 1, REMOTE_SYSTEM_ERROR, REMOTE_SYSTEM_ERROR),
	ROW(3, 2, DOMAIN_NO_MAIL, REMOTE_SYSTEM_ERROR),
	ROW(3, 3, REMOTE_SYSTEM_ERROR, REMOTE_SYSTEM_ERROR),
	ROW(3, 4, MESSAGE_TOO_LARGE, MESSAGE_TOO_LARGE),
	ROW(3, 5, REMOTE_SYSTEM_ERROR, REMOTE_SYSTEM_ERROR),
	ROW(4, 0, CONNECTION_FAILED, CONNECTION_FAILED),
	ROW(4, 1, CONNECTION_FAILED, CONNECTION_FAILED),
	ROW(4, 2, CONNECTION_FAILED, CONNECTION_FAILED),
	ROW(4, 3, DNS_FAILURE, DNS_FAILURE),
	ROW(4, 4, DOMAIN_NOT_FOUND, DNS_FAILURE),
	ROW(4, 5, REMOTE_SYSTEM_ERROR, RATE_LIMITED),
	ROW(4, 6, ROUTING_ERROR, ROUTING_ERROR),
	ROW(4, 7, DELIVERY_EXPIRED, DELIVERY_EXPIRED),
	ROW(5, 0, PROTOCOL_ERROR, PROTOCOL_ERROR),
	ROW(5, 1, PROTOCOL_ERROR, PROTOCOL_ERROR),
	ROW(5, 2, PROTOCOL_ERROR, PROTOCOL_ERROR),
	ROW(5, 3, RATE_LIMITED, RATE_LIMITED),
	ROW(5, 4, PROTOCOL_ERROR, PROTOCOL_ERROR),
	ROW(5, 5, PROTOCOL_ERROR, PROTOCOL_ERROR),
	ROW(5, 6, PROTOCOL_ERROR, PROTOCOL_ERROR),
	ROW(6, 0, CONTENT_REJECTED, CONTENT_REJECTED),
	ROW(6, 1, CONTENT_REJECTED, CONTENT_REJECTED),
	ROW(6, 2, CONTENT_REJECTED, CONTENT_REJECTED),
	ROW(6, 3, CONTENT_REJECTED, CONTENT_REJECTED),
	ROW(6, 5, CONTENT_REJECTED, CONTENT_REJECTED),
	ROW(6, 6, CONTENT_REJECTED, CONTENT_REJECTED),
	ROW(6, 7, PROTOCOL_ERROR, PROTOCOL_ERROR),
	ROW(6, 8, PROTOCOL_ERROR, PROTOCOL_ERROR),
	ROW(6, 9, PROTOCOL_ERROR, PROTOCOL_ERROR),
	ROW(6, 10, PROTOCOL_ERROR, PROTOCOL_ERROR),
	ROW(7, 0, POLICY_OTHER, POLICY_OTHER),
	ROW(7, 1, POLICY_OTHER, UNDETERMINED),
	ROW(7, 2, POLICY_OTHER, POLICY_OTHER),
	ROW(7, 3, POLICY_OTHER, POLICY_OTHER),
	ROW(7, 4, TLS_FAILURE, TLS_FAILURE),
	ROW(7, 5, TLS_FAILURE, TLS_FAILURE),
	ROW(7, 6, TLS_FAILURE, TLS_FAILURE),
	ROW(7, 7, POLICY_OTHER, POLICY_OTHER),
	ROW(7, 8, PROTOCOL_ERROR, PROTOCOL_ERROR),
	ROW(7, 9, PROTOCOL_ERROR, PROTOCOL_ERROR),
	ROW(7, 10, TLS_FAILURE, TLS_FAILURE),
	ROW(7, 11, TLS_FAILURE, TLS_FAILURE),
	ROW(7, 12, PROTOCOL_ERROR, PROTOCOL_ERROR),
	ROW(7, 13, MAILBOX_DISABLED, REMOTE_SYSTEM_ERROR),
	ROW(7, 14, POLICY_OTHER, POLICY_OTHER),
	ROW(7, 15, POLICY_OTHER, POLICY_OTHER),
	ROW(7, 16, MESSAGE_TOO_LARGE, MESSAGE_TOO_LARGE),
	ROW(7, 17, USER_UNKNOWN, REMOTE_SYSTEM_ERROR),
	ROW(7, 18, DOMAIN_NO_MAIL, REMOTE_SYSTEM_ERROR),
	ROW(7, 19, POLICY_OTHER, POLICY_OTHER),
	ROW(7, 20, AUTH_FAILURE, AUTH_FAILURE),
	ROW(7, 21, AUTH_FAILURE, AUTH_FAILURE),
	ROW(7, 22, AUTH_FAILURE, AUTH_FAILURE),
	ROW(7, 23, AUTH_FAILURE, AUTH_FAILURE),
	ROW(7, 24, AUTH_FAILURE, AUTH_FAILURE),
	ROW(7, 25, SENDER_DNS_INVALID, SENDER_DNS_INVALID),
	ROW(7, 26, AUTH_FAILURE, AUTH_FAILURE),
	ROW(7, 27, SENDER_REJECTED, SENDER_REJECTED),
	ROW(7, 28, RATE_LIMITED, RATE_LIMITED),
	ROW(7, 29, AUTH_FAILURE, AUTH_FAILURE),
	ROW(7, 30, TLS_FAILURE, TLS_FAILURE),
};

typedef struct ReplyRow {
	unsigned code;
	Category category;
	const char *rule;
} ReplyRow;

#define REPLY(code, category) \
	{ \
		code, CATEGORY_##category, "code." #code \
	}

/* 550 and 554 are left out: they say that mail was refused, not why. */
static const ReplyRow replies[] = {
	REPLY(421, REMOTE_SYSTEM_ERROR),
	REPLY(422, MAILBOX_FULL),
	REPLY(431, REMOTE_SYSTEM_ERROR),
	REPLY(432, REMOTE_SYSTEM_ERROR),
	REPLY(441, CONNECTION_FAILED),
	REPLY(442, CONNECTION_FAILED),
	REPLY(446, ROUTING_ERROR),
	REPLY(447, DELIVERY_EXPIRED),
	REPLY(450, GREYLISTED),
	REPLY(451, REMOTE_SYSTEM_ERROR),
	REPLY(452, REMOTE_SYSTEM_ERROR),
	REPLY(454, TLS_FAILURE),
	REPLY(500, PROTOCOL_ERROR),
	REPLY(501, PROTOCOL_ERROR),
	REPLY(502, PROTOCOL_ERROR),
	REPLY(503, PROTOCOL_ERROR),
	REPLY(504, PROTOCOL_ERROR),
	REPLY(521, DOMAIN_NO_MAIL),
	REPLY(523, MESSAGE_TOO_LARGE),
	REPLY(530, POLICY_OTHER),
	REPLY(535, POLICY_OTHER),
	REPLY(541, POLICY_OTHER),
	REPLY(551, MAILBOX_MOVED),
	REPLY(552, MAILBOX_FULL),
	REPLY(553, BAD_ADDRESS_SYNTAX),
	REPLY(555, PROTOCOL_ERROR),
	REPLY(556, DOMAIN_NO_MAIL),
};

static const CodeVerdict nothing = { CATEGORY_UNDETERMINED, "code.none" };

CodeVerdict
codes_judge_status(Status status)
{
	for (size_t i = 0; i < G_N_ELEMENTS(statuses); i++) {
		const StatusRow *row = &statuses[i];

		if (row->subject != status.subject || row->detail != status.detail)
			continue;
		if (status.class == 5)
			return (CodeVerdict){ row->failed, row->failed_rule };
		if (status.class == 4)
			return (CodeVerdict){ row->delayed, row->delayed_rule };
	}
	if (status.class == 5 && status.subject == 7 && status.detail > 30)
		return (CodeVerdict){ CATEGORY_POLICY_OTHER, "code.5.7.x" };
	return nothing;
}

/* Where the dialogue stood says what a bare refusal was about. */
static CodeVerdict
judge_stage(unsigned reply_code, Stage stage)
{
	if (stage == STAGE_RCPT && reply_code == 550)
		return (CodeVerdict){ CATEGORY_USER_UNKNOWN, "code.550.rcpt" };
	if (stage == STAGE_MAIL && reply_code >= 550 && reply_code <= 554)
		return (CodeVerdict){ CATEGORY_SENDER_REJECTED, "code.55x.mail" };
	if ((stage == STAGE_DATA || stage == STAGE_END_OF_DATA) && (reply_code == 550 || reply_code == 554))
		return (CodeVerdict){ CATEGORY_CONTENT_REJECTED, "code.55x.data" };
	if ((stage == STAGE_CONNECT || stage == STAGE_HELO) && reply_code >= 550 && reply_code <= 554)
		return (CodeVerdict){ CATEGORY_REPUTATION_BLOCKED, "code.55x.connect" };
	return nothing;
}

CodeVerdict
codes_judge(Status status, unsigned reply_code, Stage stage)
{
	CodeVerdict verdict = codes_judge_status(status);

	if (verdict.category == CATEGORY_UNDETERMINED)
		verdict = judge_stage(reply_code, stage);
	for (size_t i = 0; verdict.category == CATEGORY_UNDETERMINED && i < G_N_ELEMENTS(replies); i++)
		if (replies[i].code == reply_code)
			verdict = (CodeVerdict){ replies[i].category, replies[i].rule };
	if (verdict.category == CATEGORY_UNDETERMINED && status.class == 5 && status.subject == 1 && status.detail == 0)
		return (CodeVerdict){ CATEGORY_USER_UNKNOWN, "code.5.1.0" };
	return verdict;
}
