#include "render.h"

static void
show(GString *out, const char *name, const char *value)
{
	if (*value != '\0')
		g_string_append_printf(out, "%s: %s\n", name, value);
}

static void
show_original(GString *out, const Original *original)
{
	show(out, "original.message_id", original->message_id);
	show(out, "original.envelope_id", original->envelope_id);
	show(out, "original.envelope_sender", original->envelope_sender);
	show(out, "original.from", original->from);
	show(out, "original.to", original->to);
	show(out, "original.subject", original->subject);
	show(out, "original.queue_id", original->queue_id);
	show(out, "original.arrival_date", original->arrival_date);
	show(out, "original.feedback_id", original->feedback_id);
}

static void
show_event(GString *out, const Event *event)
{
	char status[STATUS_TEXT_SIZE];

	status_format(event->status, status);
	g_string_append_printf(out, "event: %s <%s>", action_name(event->action), event->recipient);
	if (*event->mask != '\0')
		g_string_append_printf(out, " mask=<%s>", event->mask);
	if (*event->original_recipient != '\0')
		g_string_append_printf(out, " original=<%s>", event->original_recipient);
	if (*status != '\0')
		g_string_append_printf(out, " status=%s", status);
	if (event->reply_code != 0)
		g_string_append_printf(out, " reply=%u", event->reply_code);
	if (event->stage != STAGE_UNKNOWN)
		g_string_append_printf(out, " stage=%s", stage_name(event->stage));
	if (*event->remote_mta != '\0')
		g_string_append_printf(out, " mta=%s", event->remote_mta);
	g_string_append_printf(out, " text=\"%s\"\n", event->diagnostic);
}

void
render_report(GString *out, const Report *report)
{
	show(out, "kind", report_kind_name(report->kind));
	show(out, "dialect", report->dialect);
	show(out, "reporting_mta", report->reporting_mta);
	show(out, "feedback_type", report->feedback_type);
	show(out, "user_agent", report->user_agent);
	show(out, "source_ip", report->source_ip);
	if (report->incidents > 0)
		g_string_append_printf(out, "incidents: %u\n", report->incidents);
	show(out, "message_id", report->message_id);
	show(out, "subject", report->subject);
	show(out, "from", report->from);
	show_original(out, &report->original);
	for (guint i = 0; i < report->events->len; i++)
		show_event(out, g_ptr_array_index(report->events, i));
}
