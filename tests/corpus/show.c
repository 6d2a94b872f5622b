/* Prints what report_read() makes of one mail: the text of the .expected files. */
#include "message.h"
#include "readers.h"

#include <glib.h>
#include <stdio.h>

static void
show(const char *name, const char *value)
{
	if (*value != '\0')
		printf("%s: %s\n", name, value);
}

static void
show_original(const Original *original)
{
	show("original.message_id", original->message_id);
	show("original.envelope_id", original->envelope_id);
	show("original.envelope_sender", original->envelope_sender);
	show("original.from", original->from);
	show("original.to", original->to);
	show("original.subject", original->subject);
	show("original.queue_id", original->queue_id);
	show("original.arrival_date", original->arrival_date);
}

static void
show_event(const Event *event)
{
	char status[STATUS_TEXT_SIZE];

	status_format(event->status, status);
	printf("event: %s <%s>", action_name(event->action), event->recipient);
	if (*event->original_recipient != '\0')
		printf(" original=<%s>", event->original_recipient);
	if (*status != '\0')
		printf(" status=%s", status);
	if (event->reply_code != 0)
		printf(" reply=%u", event->reply_code);
	if (event->stage != STAGE_UNKNOWN)
		printf(" stage=%s", stage_name(event->stage));
	if (*event->remote_mta != '\0')
		printf(" mta=%s", event->remote_mta);
	printf(" text=\"%s\"\n", event->diagnostic);
}

static void
show_report(const Report *report)
{
	show("kind", report_kind_name(report->kind));
	show("dialect", report->dialect);
	show("reporting_mta", report->reporting_mta);
	show("feedback_type", report->feedback_type);
	show("user_agent", report->user_agent);
	show("source_ip", report->source_ip);
	if (report->incidents > 0)
		printf("incidents: %u\n", report->incidents);
	show("message_id", report->message_id);
	show("subject", report->subject);
	show("from", report->from);
	show_original(&report->original);
	for (guint i = 0; i < report->events->len; i++)
		show_event(g_ptr_array_index(report->events, i));
}

int
main(int argc, char **argv)
{
	message_init();
	for (int i = 1; i < argc; i++) {
		g_autofree char *bytes = NULL;
		gsize size;
		g_autoptr(GError) error = NULL;
		g_autoptr(Report) report = NULL;
		Inbound inbound = { .source = "file", .id = argv[i] };

		if (!g_file_get_contents(argv[i], &bytes, &size, &error)) {
			fprintf(stderr, "show: %s\n", error->message);
			return 1;
		}
		inbound.bytes = bytes;
		inbound.size = size;
		report = report_read(&inbound, &limits_default);
		if (argc > 2)
			printf("file: %s\n", argv[i]);
		show_report(report);
	}
	return 0;
}
