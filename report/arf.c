#include "address.h"
#include "fields.h"
#include "original.h"
#include "reader.h"

#include <string.h>

/*
 * Feedback reports, RFC 5965, 6591 and 6692, with the drafts' types, and Microsoft's old form, which is the returned
 * message alone. Who complained is named by Original-Rcpt-To; where the programme hides it, nobody is.
 */

#define INCIDENTS_LIMIT 1000000
#define MASK_LIMIT 254

static const char *
first_value(const GPtrArray *groups, const char *name)
{
	for (guint i = 0; i < groups->len; i++) {
		const char *value = field_value(g_ptr_array_index(groups, i), name);

		if (*value != '\0')
			return value;
	}
	return "";
}

/* Appends an event for each address in value that is none yet. Redaction words are no addresses. */
static void
add_recipients(Report *report, const char *value, size_t limit)
{
	g_autoptr(GPtrArray) addresses = address_list_parse(value, limit);

	for (guint i = 0; i < addresses->len && report->events->len < limit; i++) {
		const char *address = g_ptr_array_index(addresses, i);
		bool known = false;

		for (guint k = 0; k < report->events->len && !known; k++) {
			const Event *event = g_ptr_array_index(report->events, k);

			known = g_ascii_strcasecmp(event->recipient, address) == 0;
		}
		if (!known) {
			Event *event = report_add_event(report, ACTION_COMPLAINED);

			report_set(&event->recipient, address);
			report_set(&event->original_recipient, address);
		}
	}
}

static void
add_named_recipients(Report *report, const GPtrArray *groups, size_t limit)
{
	static const char *const names[] = { "original-rcpt-to", "removal-recipient" };

	for (size_t n = 0; n < G_N_ELEMENTS(names); n++)
		for (guint i = 0; i < groups->len; i++) {
			const FieldGroup *group = g_ptr_array_index(groups, i);

			for (guint k = 0; k < group->fields->len; k++) {
				const Field *field = g_ptr_array_index(group->fields, k);

				if (strcmp(field->name, names[n]) == 0)
					add_recipients(report, field->value, limit);
			}
		}
}

/*
 * The returned message tells who got it: where its To and Cc name several, anybody of them may have complained, and the
 * wrong one must not suffer for it.
 */
static void
add_returned_recipients(Report *report, const GPtrArray *original)
{
	static const char *const delivered[] = { "Delivered-To", "X-Original-To" };
	g_autoptr(GPtrArray) to = address_list_parse(headers_get(original, "To"), 2);
	g_autoptr(GPtrArray) cc = address_list_parse(headers_get(original, "Cc"), 2);

	add_recipients(report, headers_get(original, "X-HmXmrOriginalRecipient"), 1);
	if (report->events->len == 0 && to->len + cc->len == 1)
		add_recipients(report, g_ptr_array_index(to->len == 1 ? to : cc, 0), 1);
	for (size_t i = 0; i < G_N_ELEMENTS(delivered) && report->events->len == 0; i++)
		add_recipients(report, headers_get(original, delivered[i]), 1);
	if (report->events->len == 0)
		report_add_event(report, ACTION_COMPLAINED);
}

/* "redacted@example.com", where the report names a recipient or the returned message does. */
static void
read_mask(Event *event, const char *value)
{
	const char *start = value + strspn(value, " \t<");
	g_autofree char *mask = g_strndup(start, strcspn(start, " \t>,;"));

	if (strchr(mask, '@') != NULL && strlen(mask) <= MASK_LIMIT && address_is_redacted(mask))
		text_fill(&event->mask, mask);
}

static void
read_masks(Report *report, const GPtrArray *groups, const GPtrArray *original)
{
	Event *event = g_ptr_array_index(report->events, 0);

	if (report->events->len > 1 || *event->recipient != '\0')
		return;
	read_mask(event, first_value(groups, "original-rcpt-to"));
	read_mask(event, headers_get(original, "To"));
}

static void
read_source_ip(Report *report, const char *value)
{
	const char *start = value + strspn(value, " [");
	g_autofree char *ip = g_strndup(start, strcspn(start, "] ;,()"));

	if (g_hostname_is_ip_address(ip))
		text_fill(&report->source_ip, ip);
}

static unsigned
read_incidents(const char *value)
{
	guint64 incidents = g_ascii_strtoull(value, NULL, 10);

	return incidents >= 1 && incidents <= INCIDENTS_LIMIT ? (unsigned)incidents : 1;
}

static void
read_feedback(Report *report, const GPtrArray *groups)
{
	const char *type = first_value(groups, "feedback-type"), *date = first_value(groups, "arrival-date");
	g_autofree char *lower = g_ascii_strdown(type, (gssize)strcspn(type, " ;(")), *sender = NULL, *mta = NULL;
	const char *reporting = first_value(groups, "reporting-mta");

	text_fill(&report->feedback_type, *lower == '\0' ? "other" : lower);
	text_fill(&report->user_agent, first_value(groups, "user-agent"));
	read_source_ip(report, first_value(groups, "source-ip"));
	report->incidents = read_incidents(first_value(groups, "incidents"));
	mta = g_ascii_strdown(reporting, (gssize)strcspn(reporting, " ("));
	text_fill(&report->reporting_mta, mta);
	text_fill(&report->original.envelope_id, first_value(groups, "original-envelope-id"));
	text_fill(&report->original.arrival_date, *date == '\0' ? first_value(groups, "received-date") : date);
	sender = address_parse(first_value(groups, "original-mail-from"));
	text_fill(&report->original.envelope_sender, sender);
}

/* Received-SPF of the returned message: "... client-ip=192.0.2.1; ...". */
static void
read_client_ip(Report *report, const GPtrArray *original)
{
	const char *client = strstr(headers_get(original, "Received-SPF"), "client-ip=");

	if (client != NULL)
		read_source_ip(report, client + strlen("client-ip="));
}

static Report *
read_arf(const Message *message, const Limits *limits, const char *block)
{
	Report *report = report_new(REPORT_COMPLAINT, "arf");
	g_autoptr(GPtrArray) groups = fields_parse(block, limits);

	read_feedback(report, groups);
	add_named_recipients(report, groups, limits->complaint_recipients);
	if (report->events->len == 0)
		add_returned_recipients(report, message->original);
	read_masks(report, groups, message->original);
	return report;
}

/* No feedback block at all: the subject names our host, the returned message the recipient. */
static Report *
read_jmrp(const Message *message)
{
	static const char about[] = "complaint about message from ";
	const char *subject = message_header(message, "Subject");
	Report *report;

	if (*headers_get(message->original, "X-HmXmrOriginalRecipient") == '\0'
		|| g_ascii_strncasecmp(subject, about, strlen(about)) != 0)
		return NULL;
	report = report_new(REPORT_COMPLAINT, "arf");
	report_set(&report->feedback_type, "abuse");
	report->incidents = 1;
	read_source_ip(report, subject + strlen(about));
	add_returned_recipients(report, message->original);
	return report;
}

static Report *
read_report(const Message *message, const Inbound *inbound, const Limits *limits)
{
	const Part *part = message_part(message, "message/feedback-report");
	Report *report;

	(void)inbound;
	report = part != NULL ? read_arf(message, limits, part->text) : read_jmrp(message);
	if (report == NULL)
		return NULL;
	read_client_ip(report, message->original);
	original_read_headers(&report->original, message->original);
	return report;
}

const Reader arf_reader = { "arf", read_report };
