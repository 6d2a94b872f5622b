#include "address.h"
#include "complained.h"
#include "dialects.h"
#include "original.h"

#include <string.h>

/*
 * SpamCop writes prose to the abuse address: "[SpamCop (192.0.2.7) id:123]Subject", some links, and below "[ Offending
 * message ]" the mail, in which every recipient is masked. So it counts for the sender, and names nobody.
 */

static const char about[] = "[SpamCop (";
static const char mark[] = "[ Offending message ]";

static bool
is_spamcop(const Message *message)
{
	g_autofree char *from = address_parse(message_header(message, "From"));
	const char *domain = from == NULL ? "" : address_domain(from);

	return (g_ascii_strcasecmp(domain, "spamcop.net") == 0 || g_str_has_suffix(domain, ".spamcop.net"))
	       && g_str_has_prefix(message_header(message, "Subject"), about);
}

static void
read_offending(Report *report, const char *text, const Limits *limits)
{
	const char *found = strstr(text, mark);
	g_autoptr(GPtrArray) headers = NULL;

	if (found == NULL)
		return;
	headers = headers_parse(found + strlen(mark), limits);
	original_read_headers(&report->original, headers);
	report_set(&report->original.to, "");
}

static Report *
read_report(const Message *message, const Inbound *inbound, const Limits *limits)
{
	const Part *part = message_part(message, "text/plain");
	Report *report;

	(void)inbound;
	if (part == NULL || !is_spamcop(message))
		return NULL;
	report = report_new(REPORT_COMPLAINT, "spamcop");
	report_set(&report->feedback_type, "abuse");
	report->incidents = 1;
	complained_source(report, message_header(message, "Subject") + strlen(about));
	read_offending(report, part->text, limits);
	report_add_event(report, ACTION_COMPLAINED);
	return report;
}

const Reader spamcop_reader = { "spamcop", read_report };
