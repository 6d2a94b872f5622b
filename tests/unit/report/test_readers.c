#include "message.h"
#include "readers.h"

#include <glib.h>
#include <string.h>

/* What the corpus cannot say: limits, envelope facts, and many recipients. Formats are cases of tests/corpus. */

#define HEAD "From: MAILER-DAEMON@mx.example\nContent-Type: multipart/report; boundary=b\n\n--b\n\nno\n--b\n"
#define STATUS "Content-Type: message/delivery-status\n\n"

static Report *
read_bytes(const char *bytes, const char *envelope_sender)
{
	Inbound inbound = {
		.source = "test", .id = "", .envelope_sender = envelope_sender, .bytes = bytes, .size = strlen(bytes)
	};

	return report_read(&inbound, &limits_default);
}

/* The postmaster's copy of a bounce was read well; it only counts for nothing. */
static void
test_garbled(void)
{
	static const char head[] = "From: MAILER-DAEMON@mx.example\nSubject: %s\nContent-Type: multipart/report; "
				   "report-type=delivery-status; boundary=b\n\n--b\n" STATUS "%s";
	static const struct {
		const char *subject, *block;
		bool garbled;
	} rows[] = {
		{ "Undelivered", "", true },
		{ "Undelivered", "Final-Recipient: rfc822; a@b.example\nAction: failed\nStatus: 5.1.1\n", false },
		{ "Postmaster notify: see transcript",
			"Final-Recipient: rfc822; a@b.example\nAction: failed\nStatus: 5.1.1\n", false },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *bytes = g_strdup_printf(head, rows[i].subject, rows[i].block);
		g_autoptr(Report) report = read_bytes(bytes, "");

		g_assert_true(report->garbled == rows[i].garbled);
	}
}

static void
test_many_recipients(void)
{
	GString *bytes = g_string_new(HEAD STATUS "Reporting-MTA: dns; mx.example\n");
	g_autoptr(Report) report = NULL;

	for (unsigned i = 0; i < 5000; i++)
		g_string_append_printf(
			bytes, "\nFinal-Recipient: rfc822; user%u@example.com\nAction: failed\nStatus: 5.1.1\n", i);
	report = read_bytes(bytes->str, "");
	/* One group is the message's. */
	g_assert_cmpuint(report->events->len, ==, limits_default.recipients - 1);
	g_assert_cmpstr(((Event *)g_ptr_array_index(report->events, 998))->recipient, ==, "user998@example.com");
	g_string_free(bytes, TRUE);
}

static void
test_many_complaints(void)
{
	GString *bytes = g_string_new(HEAD "Content-Type: message/feedback-report\n\nFeedback-Type: abuse\n");
	g_autoptr(Report) report = NULL;

	for (unsigned i = 0; i < 500; i++)
		g_string_append_printf(bytes, "Original-Rcpt-To: user%u@example.com\n", i);
	report = read_bytes(bytes->str, NULL);
	g_assert_cmpint(report->kind, ==, REPORT_COMPLAINT);
	g_assert_cmpuint(report->events->len, ==, limits_default.complaint_recipients);
	g_string_free(bytes, TRUE);
}

/* A status part below multipart/mixed is believed when the envelope says that a mail system sent it. */
static void
test_envelope_decides(void)
{
	static const char bytes[] = "From: bert@shop.example\nContent-Type: multipart/mixed; boundary=b\n\n--b\n" STATUS
				    "Final-Recipient: rfc822; user@example.com\nAction: failed\nStatus: 5.1.1\n";
	g_autoptr(Report) mailer = read_bytes(bytes, "");
	g_autoptr(Report) person = read_bytes(bytes, "bert@shop.example");
	g_autoptr(Report) unknown = read_bytes(bytes, NULL);

	g_assert_cmpint(mailer->kind, ==, REPORT_BOUNCE);
	g_assert_cmpint(person->kind, ==, REPORT_OTHER);
	g_assert_cmpint(unknown->kind, ==, REPORT_OTHER);
}

static void
test_names(void)
{
	const char *const *names = report_reader_names();

	g_assert_true(g_strv_contains(names, "rfc3464"));
	g_assert_cmpstr(names[g_strv_length((char **)(uintptr_t)names) - 1], ==, "other");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	message_init();
	g_test_add_func("/readers/garbled", test_garbled);
	g_test_add_func("/readers/many-recipients", test_many_recipients);
	g_test_add_func("/readers/many-complaints", test_many_complaints);
	g_test_add_func("/readers/envelope-decides", test_envelope_decides);
	g_test_add_func("/readers/names", test_names);
	return g_test_run();
}
