#include "address.h"
#include "complained.h"
#include "fields.h"
#include "original.h"
#include "reader.h"

#include <string.h>

/*
 * Feedback reports, RFC 5965, 6591 and 6692, with the drafts' types, and Microsoft's old form, which is the returned
 * message alone. Who complained is named by Original-Rcpt-To; where the programme hides it, nobody is.
 */

#define INCIDENTS_LIMIT 1000000

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
					complained_add(report, field->value, limit);
			}
		}
}

static void
read_masks(Report *report, const GPtrArray *groups)
{
	complained_mask(report, first_value(groups, "original-rcpt-to"));
	complained_mask(report, first_value(groups, "redacted-address"));
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
	complained_source(report, first_value(groups, "source-ip"));
	report->incidents = read_incidents(first_value(groups, "incidents"));
	mta = g_ascii_strdown(reporting, (gssize)strcspn(reporting, " ("));
	text_fill(&report->reporting_mta, mta);
	text_fill(&report->original.envelope_id, first_value(groups, "original-envelope-id"));
	text_fill(&report->original.arrival_date, *date == '\0' ? first_value(groups, "received-date") : date);
	sender = address_parse(first_value(groups, "original-mail-from"));
	text_fill(&report->original.envelope_sender, sender);
	text_fill(&report->original.feedback_id, first_value(groups, "cfbl-feedback-id"));
}

static Report *
read_arf(const Message *message, const Limits *limits, const char *block)
{
	Report *report = report_new(REPORT_COMPLAINT, "arf");
	g_autoptr(GPtrArray) groups = fields_parse(block, limits);

	read_feedback(report, groups);
	add_named_recipients(report, groups, limits->complaint_recipients);
	if (report->events->len == 0)
		complained_from_headers(report, message->original);
	read_masks(report, groups);
	complained_mask(report, headers_get(message->original, "To"));
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
	complained_source(report, subject + strlen(about));
	complained_from_headers(report, message->original);
	return report;
}

static bool
begins_line(const char *text, const char *name)
{
	for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (g_ascii_strncasecmp(line, name, strlen(name)) == 0)
			return true;
	}
	return false;
}

/* Some generators get the type of the block wrong; then the type of the whole must say what it is. */
static const Part *
find_block(const Message *message)
{
	const Part *part = message_part(message, "message/feedback-report");

	if (strcmp(message->report_type, "feedback-report") != 0)
		return part;
	for (guint i = 0; i < message->parts->len && part == NULL; i++) {
		const Part *other = g_ptr_array_index(message->parts, i);

		if (!other->original && begins_line(other->text, "Feedback-Type:")
			&& begins_line(other->text, "User-Agent:"))
			part = other;
	}
	return part;
}

static Report *
read_report(const Message *message, const Inbound *inbound, const Limits *limits)
{
	const Part *part = find_block(message);
	Report *report;

	(void)inbound;
	report = part != NULL ? read_arf(message, limits, part->text) : read_jmrp(message);
	if (report == NULL)
		return NULL;
	complained_source_from_headers(report, message->original);
	original_read_headers(&report->original, message->original);
	return report;
}

const Reader arf_reader = { "arf", read_report };
