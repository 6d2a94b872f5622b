#include "imap_reader.h"

#include <string.h>

/* What the server says, and what becomes of it: kind, name, number, tokens; or the words of the refusal. */
typedef struct Case {
	const char *name, *said, *read;
} Case;

#define MANY_PARENS "(((((((((("

static const Case cases[] = {
	{ "exists", "* 12 EXISTS\r\n", "* EXISTS 12" },
	{ "bare-lf", "* 12 EXISTS\n", "* EXISTS 12" },
	{ "lower-case", "* 12 exists\r\n", "* EXISTS 12" },
	{ "status", "* OK [UIDVALIDITY 7] (unbalanced \"text {5}\r\n",
		"* OK 0 text=[UIDVALIDITY 7] (unbalanced \"text {5}" },
	{ "tagged", "r1 OK done\r\n", "r1 OK 0 text=done" },
	{ "tagged-without-text", "r1 OK\r\n", "r1 OK 0 text=" },
	{ "continuation", "+ idling\r\n", "+  0 text=idling" },
	{ "bare-continuation", "+\r\n", "+  0 text=" },
	{ "search", "* SEARCH 1 22 333\r\n", "* SEARCH 0 1 22 333" },
	{ "search-nothing", "* SEARCH\r\n", "* SEARCH 0" },
	{ "fetch", "* 3 FETCH (UID 9 FLAGS (\\Seen $x) BODY[]<0> {5}\r\na\r\n)b)\r\n",
		"* FETCH 3 ( UID 9 FLAGS ( \\Seen $x ) BODY[]<0> 'a\r\n)b' )" },
	{ "empty-literal", "* 3 FETCH (BODY[] {0}\r\n)\r\n", "* FETCH 3 ( BODY[] '' )" },
	{ "literal-plus", "* 3 FETCH (BODY[] {1+}\r\nx)\r\n", "* FETCH 3 ( BODY[] 'x' )" },
	{ "quoted", "* 3 FETCH (INTERNALDATE \"a \\\"b\\\\\" X NIL)\r\n",
		"* FETCH 3 ( INTERNALDATE 'a \"b\\' X NIL )" },
	{ "brackets", "* 1 FETCH (BODY[HEADER.FIELDS (TO CC)]<0> \"\")\r\n",
		"* FETCH 1 ( BODY[HEADER.FIELDS (TO CC)]<0> '' )" },
	{ "depth-allowed", "* X ((((a))))\r\n", "* X 0 ( ( ( ( a ) ) ) )" },

	{ "four-gigabytes", "* 1 FETCH (BODY[] {4294967295}\r\n", "! announces a literal of at least" },
	{ "just-too-much", "* 1 FETCH (BODY[] {101}\r\n", "! announces a literal of at least 101 octets where 100" },
	{ "two-literals", "* 1 FETCH (A {4}\r\nabcd B {97}\r\n", "! at least 97 octets where 96" },
	{ "huge-digits", "* 1 FETCH (BODY[] {00000000000000000001}\r\n", "! a literal of no possible length" },
	{ "negative", "* 1 FETCH (BODY[] {-1}\r\n", "! a literal of no possible length" },
	{ "no-digits", "* 1 FETCH (BODY[] {}\r\n", "! a literal without length" },
	{ "text-after-brace", "* 1 FETCH (BODY[] {1}x\r\n", "! no line end where one must be" },
	{ "end-in-literal", "* 1 FETCH (BODY[] {10}\r\nabc", "! end of bytes" },
	{ "end-in-line", "* 1 FETCH (BODY", "! end of bytes" },
	{ "nested", "* 1 FETCH " MANY_PARENS MANY_PARENS "\r\n", "! lists nested too deep" },
	{ "unopened", "* 1 FETCH )\r\n", "! a parenthesis that nobody opened" },
	{ "unclosed", "* 1 FETCH (UID 1\r\n", "! a list without end" },
	{ "open-quote", "* 1 FETCH (X \"abc\r\n", "! a quoted string without end" },
	{ "large-number", "* 4294967296 EXISTS\r\n", "! a number that is none" },
	{ "no-number", "* 12x EXISTS\r\n", "! a number that is none" },
	{ "empty-line", "\r\n", "! an empty line" },
	{ "binary", "\x16\x03\x01\x02\r\n", "! no response begins like this" },
	{ "star-glued", "*OK hello\r\n", "! no response begins like this" },
	{ "long-tag", "aaaaaaaaaaaaaaaaaaaaaaaa OK x\r\n", "! no response begins like this" },
	{ "http", "HTTP/1.1 200 OK\r\n", "! an answer that is neither OK, NO nor BAD" },
	{ "words",
		"* X 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 "
		"35\r\n",
		"! too many words" },
	{ "long-line",
		"* OK "
		"...................................................................................................."
		"...................................................................................................."
		"\r\n",
		"! a line without end" },
};

static const ImapLimits limits = { .line_bytes = 160, .literal_bytes = 100, .tokens = 32, .depth = 8 };

typedef struct Script {
	const char *at;
	size_t step; /* octets handed over at once */
} Script;

static bool
fill(void *context, char *buffer, size_t size, size_t *ret_size, GError **error)
{
	Script *script = context;
	size_t count = MIN(MIN(script->step, size), strlen(script->at));

	if (count == 0) {
		g_set_error_literal(error, RETOUR_ERROR, ERROR_RETRY, "end of bytes");
		return false;
	}
	memcpy(buffer, script->at, count);
	script->at += count;
	*ret_size = count;
	return true;
}

static char *
render(const ImapResponse *response)
{
	GString *line = g_string_new(NULL);

	g_string_printf(line, "%s %s %u",
		response->kind == IMAP_TAGGED     ? response->tag
		: response->kind == IMAP_UNTAGGED ? "*"
						  : "+",
		response->name, response->number);
	for (size_t i = 0; i < imap_token_count(response); i++) {
		ImapTokenKind kind = imap_token(response, i)->kind;
		const char *text = imap_token_text(response, i);

		if (kind == IMAP_STRING)
			g_string_append_printf(line, " '%s'", text);
		else
			g_string_append_printf(line, " %s", kind == IMAP_OPEN ? "(" : kind == IMAP_CLOSE ? ")" : text);
	}
	if (imap_token_count(response) == 0 && (response->kind != IMAP_UNTAGGED || strcmp(response->name, "OK") == 0))
		g_string_append_printf(line, " text=%s", response->text->str);
	return g_string_free(line, FALSE);
}

static void
test_case(gconstpointer data)
{
	const Case *subject = data;

	for (size_t step = 1; step < 300; step += 7) {
		Script script = { subject->said, step };
		g_autoptr(ImapReader) reader = imap_reader_new(&limits, fill, &script);
		g_autoptr(ImapResponse) response = imap_response_new();
		g_autoptr(GError) error = NULL;
		g_autofree char *read = NULL;

		if (imap_reader_next(reader, response, &error)) {
			read = render(response);
			g_assert_cmpstr(read, ==, subject->read);
			g_assert_false(imap_reader_has_bytes(reader));
		} else {
			g_assert_cmpint(error->code, ==, ERROR_RETRY);
			g_test_message("%s", error->message);
			g_assert_true(g_str_has_prefix(subject->read, "! "));
			g_assert_nonnull(strstr(error->message, subject->read + 2));
		}
	}
}

static void
test_after(void)
{
	Script script = { "* 1 FETCH (A (B (C)) D 5)\r\n* 2 EXISTS\r\n", 1000 };
	g_autoptr(ImapReader) reader = imap_reader_new(&limits, fill, &script);
	g_autoptr(ImapResponse) response = imap_response_new();
	uint32_t number = 0;

	g_assert_true(imap_reader_next(reader, response, NULL));
	g_assert_cmpint(response->kind, ==, IMAP_UNTAGGED);
	g_assert_cmpstr(response->name, ==, "FETCH");
	g_assert_cmpuint(imap_token_after(response, 2), ==, 8);
	g_assert_cmpstr(imap_token_text(response, 8), ==, "D");
	g_assert_true(imap_token_number(response, 9, &number));
	g_assert_cmpuint(number, ==, 5);
	g_assert_cmpuint(imap_token_after(response, 0), ==, imap_token_count(response));
	g_assert_null(imap_token(response, 1000));
	g_assert_cmpstr(imap_token_text(response, 1000), ==, "");
	g_assert_true(imap_reader_has_bytes(reader));
	g_assert_true(imap_reader_next(reader, response, NULL));
	g_assert_cmpuint(response->number, ==, 2);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strdup_printf("/imap_reader/%s", cases[i].name);

		g_test_add_data_func(path, &cases[i], test_case);
	}
	g_test_add_func("/imap_reader/after", test_after);
	return g_test_run();
}
