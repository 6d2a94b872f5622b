#include "address.h"
#include "dialects.h"
#include "mention.h"
#include "outcome.h"

#include <string.h>

/*
 * fml, a list server: mail that it recognised as a loop is returned to the list's owner, not as a bounce but as an alert.
 * The failed recipient is the list.
 */
static Report *
read_report(const Message *message, const Inbound *inbound, const Limits *limits)
{
	const Part *part = message_part(message, "text/plain");
	g_auto(Mention) list = { 0 };
	g_autofree char *line = NULL;
	Report *report;
	Event *event;

	(void)inbound, (void)limits;
	if (part == NULL || !g_str_has_prefix(message_header(message, "X-MLServer"), "fml")
		|| strstr(message_header(message, "Subject"), "Loop") == NULL)
		return NULL;
	line = g_strndup(part->text, strcspn(part->text, "\n"));
	if (!mention_find(line, 0, &list))
		return NULL;
	report = report_new(REPORT_BOUNCE, "fml");
	event = report_add_event(report, ACTION_FAILED);
	report_set(&event->recipient, list.address);
	outcome_fill(event, line);
	return report;
}

const Reader fml_reader = { "fml", read_report };
