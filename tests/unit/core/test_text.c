#include "text.h"

#include <glib.h>
#include <string.h>

typedef struct CleanCase {
	const char *bytes;
	size_t size, limit;
	const char *expected;
} CleanCase;

#define BYTES(text) text, sizeof(text) - 1
#define ROOMY 1000

static const CleanCase clean_cases[] = {
	{ BYTES(""), ROOMY, "" },
	{ BYTES("plain\ttext\n"), ROOMY, "plain\ttext\n" },
	{ BYTES("a\r\nb\r\r\nc\rd\n"), ROOMY, "a\nb\nc\nd\n" },
	{ BYTES("a\r\n\r\nb"), ROOMY, "a\n\nb" },
	{ BYTES("a\r\rb"), ROOMY, "a\n\nb" },
	{ BYTES("a\r"), ROOMY, "a\n" },
	{ BYTES("n\0u\0l"), ROOMY, "nul" },
	{ BYTES("bell\x07 esc\x1b[1m del\x7f"), ROOMY, "bell  esc [1m del " },
	{ BYTES("caf\xc3\xa9"), ROOMY, "caf\xc3\xa9" },
	{ BYTES("caf\xe9 au lait"), ROOMY, "caf\xef\xbf\xbd au lait" },
	{ BYTES("cut\xe2\x82"), ROOMY, "cut\xef\xbf\xbd\xef\xbf\xbd" },
	{ BYTES("c1\xc2\x85x"), ROOMY, "c1 x" },
	{ BYTES("surrogate \xed\xa0\x80"), ROOMY, "surrogate \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
	{ BYTES("overlong \xc0\x80"), ROOMY, "overlong \xef\xbf\xbd\xef\xbf\xbd" },
	{ BYTES("abcdef"), 3, "abc" },
	{ BYTES("ab\xc3\xa9"), 3, "ab" },
	{ BYTES("ab\xc3\xa9"), 4, "ab\xc3\xa9" },
	{ BYTES("a\xe9"), 2, "a" },
	{ BYTES("abc"), 0, "" },
};

static const char *const collapse_cases[][2] = {
	{ "", "" },
	{ "  \n ", "" },
	{ "one", "one" },
	{ " a \t\n b  c ", "a b c" },
	{ "a\xc2\xa0\xc2\xa0 b", "a b" },
	{ "\xc2\xa0\xc2\xa9\xc2\xa0", "\xc2\xa9" },
	{ "\xc3\xa9 \xc3\xa9", "\xc3\xa9 \xc3\xa9" },
};

static char
cleaned(unsigned byte)
{
	if (byte == '\r')
		return '\n';
	return (char)((byte < ' ' && byte != '\n' && byte != '\t') || byte == 0x7f ? ' ' : byte);
}

static void
clean_place(unsigned place, unsigned byte)
{
	char text[] = "abcdefghijklmnopq", expected[] = "abcdefghijklmnopq";
	g_autofree char *clean = NULL;

	text[place] = (char)byte;
	g_assert_cmpint(text_is_ascii(text, strlen(text)), ==, byte < 0x80);
	if (byte >= 0x80)
		return;
	expected[place] = cleaned(byte);
	clean = text_clean(text, strlen(text), ROOMY);
	g_assert_cmpstr(clean, ==, expected);
}

/* Every byte, at every place of a word that is looked at as a whole. */
static void
test_clean_places(void)
{
	for (unsigned place = 0; place < 17; place++)
		for (unsigned byte = 1; byte < 256; byte++)
			clean_place(place, byte);
}

static void
test_clean(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(clean_cases); i++) {
		const CleanCase *c = &clean_cases[i];
		g_autofree char *got = text_clean(c->bytes, c->size, c->limit);

		g_assert_cmpstr(got, ==, c->expected);
	}
}

static void
test_clean_any_bytes(void)
{
	for (unsigned first = 0; first < 256; first++)
		for (unsigned second = 0; second < 256; second++) {
			const char bytes[] = { (char)first, (char)second, 'x' };
			g_autofree char *got = text_clean(bytes, sizeof(bytes), ROOMY);

			g_assert_true(g_utf8_validate(got, -1, NULL));
			g_assert_nonnull(strchr(got, 'x'));
		}
}

static void
test_collapse(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(collapse_cases); i++) {
		g_autofree char *text = g_strdup(collapse_cases[i][0]);

		g_assert_true(text_collapse(text) == text);
		g_assert_cmpstr(text, ==, collapse_cases[i][1]);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/text/clean-places", test_clean_places);
	g_test_add_func("/text/clean", test_clean);
	g_test_add_func("/text/clean-any-bytes", test_clean_any_bytes);
	g_test_add_func("/text/collapse", test_collapse);
	return g_test_run();
}
