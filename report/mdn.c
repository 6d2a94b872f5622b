#include "address.h"
#include "fields.h"
#include "original.h"
#include "reader.h"

/*
 * Message disposition notifications, RFC 8098: what a person's mail program did. "deleted" and Failure: fields are no
 * bounce, the message had been delivered.
 */

static const Part *
find_block(const Message *message)
{
	const Part *part = message_part(message, "message/disposition-notification");

	return part != NULL ? part : message_part(message, "message/global-disposition-notification");
}

static Report *
read_report(const Message *message, const Inbound *inbound, const Limits *limits)
{
	const Part *part = find_block(message);
	g_autoptr(GPtrArray) groups = NULL;
	Report *report;
	Event *event;

	(void)inbound;
	if (part == NULL)
		return NULL;
	report = report_new(REPORT_AUTO_REPLY, "mdn");
	event = report_add_event(report, ACTION_REPLIED);
	groups = fields_parse(part->text, limits);
	for (guint i = 0; i < groups->len; i++) {
		const FieldGroup *group = g_ptr_array_index(groups, i);
		g_autofree char *final = address_parse(field_value(group, "final-recipient"));
		g_autofree char *original = address_parse(field_value(group, "original-recipient"));
		g_autofree char *id = message_id_parse(field_value(group, "original-message-id"));

		text_fill(&event->recipient, final == NULL ? original : final);
		text_fill(&event->original_recipient, original);
		text_fill(&event->diagnostic, field_value(group, "disposition"));
		text_fill(&report->original.message_id, id);
	}
	original_read_headers(&report->original, message->original);
	return report;
}

const Reader mdn_reader = { "mdn", read_report };
