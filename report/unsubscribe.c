#include "origin.h"
#include "reader.h"

#include <string.h>

/*
 * Answers to List-Unsubscribe: <mailto:..>, RFC 2369: mail to an address that is kept for them, or what Apple's mail
 * program marks. Who unsubscribes only a token in the envelope recipient can tell: From: is anybody's, and a forwarded copy
 * has another's. So the event names nobody here. Bounces and automatic answers that come to such an address ask for
 * nothing; the null sender alone makes no bounce, for some providers relay unsubscribe mail with it.
 */

static bool
is_automatic(const Message *message)
{
	const char *submitted = message_header(message, "Auto-Submitted"),
		   *precedence = message_header(message, "Precedence");
	const Part *root = g_ptr_array_index(message->parts, 0);

	return (*submitted != '\0' && g_ascii_strncasecmp(submitted, "no", 2) != 0)
	       || g_ascii_strcasecmp(precedence, "auto_reply") == 0 || strcmp(root->type, "multipart/report") == 0
	       || *message_header(message, "X-Failed-Recipients") != '\0'
	       || origin_is_daemon(message_header(message, "From")) || origin_is_list(message);
}

static Report *
read_report(const Message *message, const Inbound *inbound, const Limits *limits)
{
	bool apple = g_ascii_strcasecmp(message_header(message, "X-Apple-Unsubscribe"), "true") == 0;
	Report *report;
	Event *event;

	(void)limits;
	if ((!apple && !inbound->unsubscribe) || is_automatic(message))
		return NULL;
	report = report_new(REPORT_OPTOUT, "unsubscribe");
	event = report_add_event(report, ACTION_COMPLAINED);
	report_set(&event->diagnostic, message_header(message, "Subject"));
	return report;
}

const Reader unsubscribe_reader = { "unsubscribe", read_report };
