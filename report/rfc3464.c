#include "address.h"
#include "explanation.h"
#include "fields.h"
#include "origin.h"
#include "original.h"
#include "reader.h"
#include "reply.h"
#include "text.h"

#include <string.h>

/*
 * Delivery status notifications, RFC 3464 and 6533, and everything that tries to look like one.
 * Recipients are judged one by one; a group of fields is a recipient's when it names one or says what became of it.
 */

static bool
is_recipient_group(const FieldGroup *group)
{
	static const char *const names[] = { "final-recipient", "original-recipient", "action", "status" };

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		if (field_find(group, names[i]) != NULL)
			return true;
	return false;
}

/* "Action: failed (bad address)", "Delayed", "deliverable", "expired"; a name that lost its first letter. */
static bool
read_action(const FieldGroup *group, EventAction *ret_action)
{
	static const struct {
		const char *stem;
		EventAction action;
	} words[] = { { "fail", ACTION_FAILED }, { "undeliver", ACTION_FAILED }, { "expired", ACTION_FAILED },
		{ "delay", ACTION_DELAYED }, { "deliver", ACTION_DELIVERED }, { "relay", ACTION_RELAYED },
		{ "expand", ACTION_EXPANDED } };
	const char *value = field_value(group, "action");

	if (*value == '\0')
		value = field_value(group, "ction");
	for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
		if (text_begins(value, words[i].stem)) {
			*ret_action = words[i].action;
			return true;
		}
	return false;
}

static EventAction
choose_action(const FieldGroup *group, Status status)
{
	EventAction action;

	if (read_action(group, &action))
		return action;
	if (status.class == 2)
		return ACTION_DELIVERED;
	return field_find(group, "will-retry-until") != NULL ? ACTION_DELAYED : ACTION_FAILED;
}

static Status
read_status(const FieldGroup *group)
{
	const char *value = field_value(group, "status");
	Status status = { 0 };

	if (!status_parse(value, &status))
		status_find(value, &status);
	return status;
}

/* Without comment, address in brackets and final dot: "mx.example.com (192.0.2.1)", "mx.example.com[192.0.2.1]". */
static char *
read_host(const FieldGroup *group, const char *name)
{
	const char *value = field_value(group, name);
	size_t size = strcspn(value, " \t(;,");
	const char *bracket = memchr(value, '[', size);

	if (bracket != NULL && bracket > value)
		size = (size_t)(bracket - value);
	while (size > 0 && value[size - 1] == '.')
		size--;
	return g_ascii_strdown(value, (gssize)size);
}

static void
fill_host(char **text, const FieldGroup *group, const char *name)
{
	g_autofree char *host = read_host(group, name);

	text_fill(text, host);
}

/* "user@mailhub0": a name of the reporting site's own making, which nobody else can mail. */
static bool
is_internal(const char *address)
{
	return strchr(address_domain(address), '.') == NULL;
}

static void
add_recipient(Report *report, const FieldGroup *group)
{
	Status status = read_status(group);
	Event *event = report_add_event(report, choose_action(group, status));
	g_autofree char *final = address_parse(field_value(group, "final-recipient"));
	g_autofree char *original = address_parse(field_value(group, "original-recipient"));

	report_set(&event->recipient, final == NULL || (original != NULL && is_internal(final)) ? original : final);
	report_set(&event->original_recipient, original);
	fill_host(&event->remote_mta, group, "remote-mta");
	reply_fill(event, field_value(group, "diagnostic-code"), status);
}

/* X-Postfix-Queue-ID, X-Postfix-Sender; a renamed Postfix puts its own name in the middle. */
static void
read_postfix_fields(Original *original, const FieldGroup *group)
{
	for (guint i = 0; i < group->fields->len; i++) {
		const Field *field = g_ptr_array_index(group->fields, i);

		if (!g_str_has_prefix(field->name, "x-"))
			continue;
		if (g_str_has_suffix(field->name, "-queue-id")) {
			text_fill(&original->queue_id, field->value);
		} else if (g_str_has_suffix(field->name, "-sender")) {
			g_autofree char *sender = address_parse(field->value);

			text_fill(&original->envelope_sender, sender);
		}
	}
}

static void
read_message_fields(Report *report, const FieldGroup *group)
{
	fill_host(&report->reporting_mta, group, "reporting-mta");
	text_fill(&report->original.envelope_id, field_value(group, "original-envelope-id"));
	text_fill(&report->original.arrival_date, field_value(group, "arrival-date"));
	read_postfix_fields(&report->original, group);
}

/* Text that holds the block itself: some services send no part of its own. */
static const char *
block_in_text(const char *text)
{
	static const char *const names[] = { "Reporting-MTA:", "Final-Recipient:", "Original-Recipient:" };

	for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
		line += strspn(line, " \t\n");
		for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
			if (text_begins(line, names[i]))
				return line;
		if (*line == '\0')
			break;
	}
	return NULL;
}

/* NULL: there is none. Borrowed from message. */
static const char *
find_block(const Message *message, bool *ret_own_part)
{
	for (guint i = 0; i < message->parts->len; i++) {
		const Part *part = g_ptr_array_index(message->parts, i);

		if (strcmp(part->type, "message/delivery-status") == 0
			|| strcmp(part->type, "message/global-delivery-status") == 0) {
			*ret_own_part = true;
			return part->text;
		}
	}
	for (guint i = 0; i < message->parts->len; i++) {
		const Part *part = g_ptr_array_index(message->parts, i);
		bool text = !part->original && g_str_has_prefix(part->type, "text/");
		const char *block = text ? block_in_text(part->text) : NULL;

		if (block != NULL)
			return block;
	}
	return NULL;
}

/*
 * A person who passes a bounce on, or a list that distributes one, is no mail system that reports. A block within text
 * is anybody's quotation unless a daemon signs for it: responders have the null sender, too.
 */
static bool
may_report(const Message *message, const Inbound *inbound, bool own_part)
{
	const Part *root = g_ptr_array_index(message->parts, 0);

	if (!own_part)
		return origin_is_daemon(message_header(message, "From"));
	if (origin_is_mailer(message, inbound))
		return true;
	if (origin_is_list(message))
		return false;
	return strcmp(root->type, "multipart/report") == 0 || origin_is_automatic(message, inbound);
}

/* One recipient without an address: the header that Exim and Google add names just one. */
static void
fill_failed_recipient(Report *report, const Message *message)
{
	g_autofree char *address = NULL;
	Event *event;

	if (report->events->len != 1)
		return;
	event = g_ptr_array_index(report->events, 0);
	if (*event->recipient != '\0')
		return;
	address = address_parse(message_header(message, "X-Failed-Recipients"));
	text_fill(&event->recipient, address);
}

static ReportKind
kind_of(const Report *report)
{
	ReportKind kind = REPORT_SUCCESS;

	for (guint i = 0; i < report->events->len; i++) {
		const Event *event = g_ptr_array_index(report->events, i);

		if (event->action == ACTION_FAILED)
			return REPORT_BOUNCE;
		if (event->action == ACTION_DELAYED)
			kind = REPORT_DELAY;
	}
	return kind;
}

static Report *
read_report(const Message *message, const Inbound *inbound, const Limits *limits)
{
	g_autoptr(Report) report = NULL;
	g_autoptr(GPtrArray) groups = NULL;
	bool own_part = false;
	const char *block = find_block(message, &own_part);

	if (block == NULL || !may_report(message, inbound, own_part))
		return NULL;
	report = report_new(REPORT_BOUNCE, "rfc3464");
	groups = fields_parse(block, limits);
	for (guint i = 0; i < groups->len; i++) {
		const FieldGroup *group = g_ptr_array_index(groups, i);

		read_message_fields(report, group);
		if (is_recipient_group(group) && report->events->len < limits->recipients)
			add_recipient(report, group);
	}
	if (report->events->len == 0)
		return NULL;
	fill_failed_recipient(report, message);
	explanation_apply(report, message, inbound, limits);
	original_read_headers(&report->original, message->original);
	report->kind = origin_is_postmaster_copy(message) ? REPORT_OTHER : kind_of(report);
	return g_steal_pointer(&report);
}

const Reader rfc3464_reader = { "rfc3464", read_report };
