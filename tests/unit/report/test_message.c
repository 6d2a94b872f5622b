#include "message.h"

#include <glib.h>
#include <string.h>

/* parts: "type depth text" each, '|' between; an original part is marked with '*'. */
typedef struct MessageCase {
	const char *bytes, *parts, *original, *report_type;
} MessageCase;

#define REPORT "Content-Type: multipart/report; report-type=Delivery-Status; boundary=b\n\n"

static const MessageCase cases[] = {
	{ "", "text/plain 0 ", "", "" },
	{ "A: 1\n\nhello\n", "text/plain 0 hello\n", "", "" },
	{ "Content-Type: text/html; charset=iso-8859-1\n\ncaf\xe9\n", "text/html 0 caf\xc3\xa9\n", "", "" },
	{ "Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\naGVsbG8=\n", "text/plain 0 hello", "", "" },
	{ "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\nh=C3=A9 =\nl\n",
		"text/plain 0 h\xc3\xa9 l\n", "", "" },
	{ "Content-Type: image/png\n\nxx\n", "image/png 0 ", "", "" },
	{ "Content-Type: nonsense\n\nxx\n", NULL, "", "" },
	{ REPORT "--b\n\nwords\n--b\nContent-Type: message/delivery-status\n\nStatus: 5.1.1\n--b\nContent-Type: "
		 "message/rfc822\n\n"
		 "Subject: =?utf-8?q?caf=C3=A9?=\n\nbody\n--b--\n",
		"multipart/report 0 |text/plain 1 words|message/delivery-status 1 Status: 5.1.1|text/rfc822-headers* "
		"1 ",
		"Subject=caf\xc3\xa9", "delivery-status" },
	{ REPORT "--b\nContent-Type: message/rfc822\nContent-Transfer-Encoding: "
		 "base64\n\nU3ViamVjdDogeAoKYm9keQo=\n--b--\n",
		"multipart/report 0 |message/rfc822* 1 ", "Subject=x", "delivery-status" },
	{ REPORT "--b\nContent-Type: message/partial; id=x; number=1\n\nSubject: x\n\nbody\n--b--\n",
		"multipart/report 0 |text/rfc822-headers* 1 ", "Subject=x", "delivery-status" },
	{ "Content-Type: multipart/mixed\n\nno boundary\n", "multipart/mixed 0 |text/plain 1 no boundary\n", "", "" },
	{ "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/alternative; "
	  "boundary=c\n\n--c\n\nx\n--c--\n--b--\n",
		"multipart/mixed 0 |multipart/alternative 1 |text/plain 2 x", "", "" },
};

static Message *
parse(const char *bytes, size_t size)
{
	Inbound inbound = { .source = "test", .id = "", .bytes = bytes, .size = size };

	return message_parse(&inbound, &limits_default);
}

static char *
render_parts(const Message *message)
{
	GString *out = g_string_new(NULL);

	for (guint i = 0; i < message->parts->len; i++) {
		const Part *part = g_ptr_array_index(message->parts, i);

		g_string_append_printf(out, "%s%s%s %u %s", i == 0 ? "" : "|", part->type, part->original ? "*" : "",
			part->depth, part->text);
	}
	return g_string_free(out, FALSE);
}

static char *
render_headers(const GPtrArray *headers)
{
	GString *out = g_string_new(NULL);

	for (guint i = 0; i < headers->len; i++) {
		const Header *header = g_ptr_array_index(headers, i);

		g_string_append_printf(out, "%s%s=%s", i == 0 ? "" : "|", header->name, header->value);
	}
	return g_string_free(out, FALSE);
}

static void
test_parts(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Message) message = parse(cases[i].bytes, strlen(cases[i].bytes));
		g_autofree char *parts = render_parts(message), *original = render_headers(message->original);

		g_test_message("case %zu", i);
		if (cases[i].parts != NULL)
			g_assert_cmpstr(parts, ==, cases[i].parts);
		g_assert_cmpstr(original, ==, cases[i].original);
		g_assert_cmpstr(message->report_type, ==, cases[i].report_type);
	}
}

static const char *const header_cases[][2] = {
	{ "A: 1\n", "A=1" },
	{ "A:1\nB : 2\n", "A=1|B=2" },
	{ "A: one\n\ttwo\n three\n", "A=one two three" },
	{ "A: \n", "A=" },
	{ "A:\n \n", "A=" },
	{ "not a field\nA: 1\n", "A=1" },
	{ "A: =?iso-8859-1?Q?caf=E9?= =?utf-8?B?w6k=?=\n", "A=caf\xc3\xa9\xc3\xa9" },
	{ "A: caf\xe9\n", "A=caf\xc3\xa9" },
	{ "A: =?utf-8?q?a=0Ab?=\n", "A=a b" },
	{ "A: x\x01y\n", "A=x y" },
	{ "A: 1\n\nB: 2\n", "A=1" },
};

static void
test_headers(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(header_cases); i++) {
		g_autoptr(Message) message = parse(header_cases[i][0], strlen(header_cases[i][0]));
		g_autoptr(GPtrArray) block = headers_parse(header_cases[i][0], &limits_default);
		g_autofree char *got = render_headers(((Part *)g_ptr_array_index(message->parts, 0))->headers);
		g_autofree char *in_text = render_headers(block);

		g_test_message("case %zu", i);
		g_assert_cmpstr(got, ==, header_cases[i][1]);
		g_assert_cmpstr(in_text, ==, header_cases[i][1]);
	}
}

static void
test_lookup(void)
{
	static const char bytes[] = "SUBJECT: x\nSubject: y\n" REPORT "--b\nContent-Type: text/plain\n\nz\n--b--\n";
	g_autoptr(Message) message = parse(bytes, strlen(bytes));

	g_assert_cmpstr(message_header(message, "subject"), ==, "x");
	g_assert_cmpstr(message_header(message, "absent"), ==, "");
	g_assert_cmpstr(message_part(message, "text/plain")->text, ==, "z");
	g_assert_null(message_part(message, "message/rfc822"));
}

/* Deep nesting, many parts, nested address groups in every place that has addresses: bounded and alive. */
static void
test_hostile(void)
{
	GString *bytes = g_string_new("To: ");
	g_autoptr(Message) message = NULL;

	for (unsigned i = 0; i < 100000; i++)
		g_string_append(bytes, "g:");
	g_string_append(bytes, "\nContent-Type: multipart/mixed; boundary=b0\n\n");
	for (unsigned i = 0; i < 500; i++)
		g_string_append_printf(
			bytes, "--b%u\nCc: a:b:c\nContent-Type: multipart/mixed; boundary=b%u\n\n", i, i + 1);
	for (unsigned i = 0; i < 5000; i++)
		g_string_append(bytes, "--b1\n\n");
	message = parse(bytes->str, bytes->len);
	g_assert_true(message->cut);
	g_assert_cmpuint(message->parts->len, <=, limits_default.parts);
	g_string_free(bytes, TRUE);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	message_init();
	g_test_add_func("/message/parts", test_parts);
	g_test_add_func("/message/headers", test_headers);
	g_test_add_func("/message/lookup", test_lookup);
	g_test_add_func("/message/hostile", test_hostile);
	return g_test_run();
}
