#include "fuzz.h"
#include "trace.h"

#include <glib.h>
#include <string.h>

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return 0;
}

/* What is read has one text alone, but for its case. */
static void
check_token(const char *text, size_t length)
{
	char again[TOKEN_TEXT_SIZE];
	Token token;

	if (!token_parse(text, length, &token))
		return;
	token_format(&token, again);
	g_assert_cmpuint(strlen(again), ==, length);
	g_assert_cmpint(g_ascii_strncasecmp(again, text, length), ==, 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, MIN(size, 20000));
	char found[TOKEN_TEXT_SIZE];
	Token token;
	Trace trace;

	check_token(text, strlen(text));
	if (token_find(text, &token)) {
		size_t length = strlen(token_format(&token, found));

		g_assert_cmpint(g_ascii_strncasecmp(text + strcspn(text, "@") - length, found, length), ==, 0);
	}
	if (trace_parse(text, &trace)) {
		g_assert_false(trace.token.has_tag);
		g_assert_cmpuint(trace.tag_count, <=, TRACE_TAGS);
		g_assert_cmpuint(strlen(trace.sender_domain), <, sizeof trace.sender_domain);
	}
	return 0;
}
