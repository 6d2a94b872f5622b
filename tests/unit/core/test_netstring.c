#include "netstring.h"

#include <string.h>

#define LIMIT 12

static const struct {
	const char *bytes;
	NetstringRead read;
	const char *text;
	size_t used;
} cases[] = {
	{ "3:abc,", NETSTRING_WHOLE, "abc", 6 },
	{ "0:,", NETSTRING_WHOLE, "", 3 },
	{ "3:a,c,rest", NETSTRING_WHOLE, "a,c", 6 },
	{ "12:abcdefghijkl,", NETSTRING_WHOLE, "abcdefghijkl", 16 },
	{ "", NETSTRING_PART, NULL, 0 },
	{ "1", NETSTRING_PART, NULL, 0 },
	{ "12:", NETSTRING_PART, NULL, 0 },
	{ "3:ab", NETSTRING_PART, NULL, 0 },
	{ "3:abc", NETSTRING_PART, NULL, 0 },
	{ "13:", NETSTRING_BAD, NULL, 0 },
	{ "13", NETSTRING_BAD, NULL, 0 },
	{ "99999999999999999999999999999999", NETSTRING_BAD, NULL, 0 },
	{ "00:,", NETSTRING_BAD, NULL, 0 },
	{ "03:abc,", NETSTRING_BAD, NULL, 0 },
	{ "3:abcd", NETSTRING_BAD, NULL, 0 },
	{ ":abc,", NETSTRING_BAD, NULL, 0 },
	{ "-1:,", NETSTRING_BAD, NULL, 0 },
	{ " 3:abc,", NETSTRING_BAD, NULL, 0 },
	{ "3;abc,", NETSTRING_BAD, NULL, 0 },
};

static void
assert_bytes(const char *bytes, size_t size, const char *expected, size_t expected_size)
{
	g_assert_cmpuint(size, ==, expected_size);
	g_assert_cmpint(memcmp(bytes, expected, size), ==, 0);
}

static void
test_read(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		const char *text = NULL;
		size_t length = 0, used = 0;

		g_test_message("%s", cases[i].bytes);
		g_assert_cmpint(netstring_read(cases[i].bytes, strlen(cases[i].bytes), LIMIT, &text, &length, &used),
			==, cases[i].read);
		g_assert_cmpuint(used, ==, cases[i].used);
		if (cases[i].text != NULL)
			assert_bytes(text, length, cases[i].text, strlen(cases[i].text));
	}
}

/* What arrives byte by byte is a part until it is whole. */
static void
test_pieces(void)
{
	static const char bytes[] = "10:a\0b\xff\r\n45:,,";
	g_autoptr(GString) whole = g_string_new(NULL);
	const char *text;
	size_t length, used;

	netstring_append(whole, bytes + 3, 10);
	assert_bytes(whole->str, whole->len, bytes, sizeof bytes - 1);
	for (size_t size = 0; size < whole->len; size++)
		g_assert_cmpint(netstring_read(bytes, size, LIMIT, &text, &length, &used), ==, NETSTRING_PART);
	g_assert_cmpint(netstring_read(bytes, whole->len, LIMIT, &text, &length, &used), ==, NETSTRING_WHOLE);
	assert_bytes(text, length, bytes + 3, 10);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/netstring/read", test_read);
	g_test_add_func("/netstring/pieces", test_pieces);
	return g_test_run();
}
