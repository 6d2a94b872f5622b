#include "fuzz.h"
#include "invariants.h"
#include "message.h"

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	message_init();
	return 0;
}

static void
check_headers(const GPtrArray *headers)
{
	g_assert_cmpuint(headers->len, <=, limits_default.headers);
	for (guint i = 0; i < headers->len; i++) {
		const Header *header = g_ptr_array_index(headers, i);

		check_line(header->name, limits_default.header_bytes);
		check_line(header->value, limits_default.header_bytes);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Inbound inbound = { .source = "fuzz", .id = "", .bytes = (const char *)data, .size = size };
	g_autoptr(Message) message = message_parse(&inbound, &limits_default);

	g_assert_cmpuint(message->parts->len, >=, 1);
	g_assert_cmpuint(message->parts->len, <=, limits_default.parts);
	check_line(message->report_type, 100);
	check_headers(message->original);
	for (guint i = 0; i < message->parts->len; i++) {
		const Part *part = g_ptr_array_index(message->parts, i);

		g_assert_true((part->depth == 0) == (i == 0));
		g_assert_cmpuint(part->depth, <=, limits_default.depth);
		check_line(part->type, 100);
		check_line(part->description, limits_default.header_bytes);
		check_text(part->text, limits_default.message_bytes);
		check_headers(part->headers);
	}
	return 0;
}
