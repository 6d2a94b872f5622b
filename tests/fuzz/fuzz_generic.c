#include "fuzz.h"
#include "generic.h"
#include "invariants.h"

/* The text of a bounce: the input stands behind a header that gets it past the question who sent it. */
static const char header[] = "From: MAILER-DAEMON@mx.example.net\nTo: news@lists.example.org\nSubject: failure notice\n"
			     "Content-Type: text/plain; charset=utf-8\n\nThe following addresses failed:\n";

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	message_init();
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(GByteArray) bytes = g_byte_array_new();
	g_autoptr(Message) message = NULL;
	g_autoptr(Report) report = NULL;
	Inbound inbound = { .source = "fuzz", .id = "" };

	g_byte_array_append(bytes, (const guint8 *)header, sizeof(header) - 1);
	if (size > 0)
		g_byte_array_append(bytes, data, (guint)size);
	inbound.bytes = (const char *)bytes->data;
	inbound.size = bytes->len;
	message = message_parse(&inbound, &limits_default);
	report = generic_read(message, &inbound, &limits_default);
	if (report == NULL)
		return 0;
	g_assert_cmpuint(report->events->len, >=, 1);
	g_assert_cmpuint(report->events->len, <=, limits_default.recipients);
	for (guint i = 0; i < report->events->len; i++) {
		const Event *event = g_ptr_array_index(report->events, i);

		check_address_or_empty(event->recipient);
		check_address_or_empty(event->original_recipient);
		check_line(event->remote_mta, limits_default.field_bytes);
		check_line(event->diagnostic, limits_default.text_bytes);
	}
	return 0;
}
