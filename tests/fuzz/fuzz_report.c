#include "fuzz.h"
#include "invariants.h"
#include "message.h"
#include "readers.h"

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	message_init();
	return 0;
}

static void
check_event(const Event *event)
{
	check_address_or_empty(event->recipient);
	check_address_or_empty(event->original_recipient);
	check_line(event->remote_mta, limits_default.field_bytes);
	check_line(event->diagnostic, limits_default.text_bytes);
	g_assert_true(event->reply_code == 0 || (event->reply_code >= 200 && event->reply_code <= 599));
	g_assert_nonnull(action_name(event->action));
	g_assert_nonnull(stage_name(event->stage));
}

static void
check_report(const Report *report)
{
	const char *const texts[] = { report->reporting_mta, report->feedback_type, report->user_agent,
		report->source_ip, report->message_id, report->subject, report->original.message_id,
		report->original.envelope_id, report->original.to, report->original.subject, report->original.queue_id,
		report->original.arrival_date, report->original.feedback_id };

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
		check_text(texts[i], limits_default.header_bytes);
	check_address_or_empty(report->from);
	check_address_or_empty(report->original.from);
	check_address_or_empty(report->original.envelope_sender);
	g_assert_cmpuint(report->events->len, <=, limits_default.recipients);
	for (guint i = 0; i < report->events->len; i++)
		check_event(g_ptr_array_index(report->events, i));
	if (report->kind == REPORT_BOUNCE || report->kind == REPORT_COMPLAINT)
		g_assert_cmpuint(report->events->len, >=, 1);
	g_assert_true(report->kind != REPORT_COMPLAINT || report->incidents >= 1);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Inbound inbound = { .source = "fuzz", .id = "", .bytes = (const char *)data, .size = size };
	g_autoptr(Report) report = report_read(&inbound, &limits_default),
			  again = report_read(&inbound, &limits_default);

	check_report(report);
	report_name(report);
	report_name(again);
	check_digest(report->digest);
	g_assert_cmpstr(report->digest, ==, again->digest);
	g_assert_cmpint(report->kind, ==, again->kind);
	return 0;
}
