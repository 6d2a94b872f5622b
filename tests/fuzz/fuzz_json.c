#include "fuzz.h"
#include "invariants.h"
#include "message.h"
#include "readers.h"

/* The JSON formats, without the mail around them: each input as XARF, alone and in a feedback report, and as Amazon's notice. */

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	message_init();
	return 0;
}

static void
check_report(const char *head, const uint8_t *data, size_t size)
{
	g_autoptr(GString) mail = g_string_new(head);
	Inbound inbound = { .source = "fuzz", .id = "" };
	g_autoptr(Report) report = NULL;

	g_string_append_len(mail, (const char *)data, (gssize)size);
	inbound.bytes = mail->str;
	inbound.size = mail->len;
	report = report_read(&inbound, &limits_default);
	check_text(report->feedback_type, limits_default.header_bytes);
	check_line(report->reporting_mta, limits_default.header_bytes);
	check_line(report->source_ip, limits_default.header_bytes);
	check_line(report->original.message_id, limits_default.header_bytes);
	check_line(report->original.feedback_id, limits_default.header_bytes);
	check_text(report->original.subject, limits_default.header_bytes);
	check_address_or_empty(report->original.envelope_sender);
	g_assert_cmpuint(report->events->len, <=, limits_default.recipients);
	for (guint i = 0; i < report->events->len; i++) {
		const Event *event = g_ptr_array_index(report->events, i);

		check_address_or_empty(event->recipient);
		check_line(event->diagnostic, limits_default.text_bytes);
		check_line(event->mask, limits_default.header_bytes);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_report("From: a@b.example\nContent-Type: application/json\n\n", data, size);
	check_report(
		"From: a@b.example\nContent-Type: multipart/report; report-type=feedback-report; boundary=x\n\n--x\n"
		"Content-Type: text/plain\n\n",
		data, size);
	check_report("From: n@sns.amazonaws.com\nContent-Type: text/plain\n\n", data, size);
	return 0;
}
