#include "charset.h"

#include <glib.h>
#include <string.h>

typedef struct CharsetCase {
	const char *bytes, *claimed, *expected;
} CharsetCase;

static const CharsetCase cases[] = {
	{ "plain", NULL, "plain" },
	{ "plain", "no-such-set", "plain" },
	{ "caf\xc3\xa9", NULL, "caf\xc3\xa9" },
	{ "caf\xe9", NULL, "caf\xc3\xa9" },
	{ "caf\xe9", "ISO-8859-1", "caf\xc3\xa9" },
	{ "caf\xc3\xa9", "iso-8859-1", "caf\xc3\xa9" },
	{ "caf\xc3\xa9", "UFT-8", "caf\xc3\xa9" },
	{ "caf\xc3\xa9", "../../etc/x", "caf\xc3\xa9" },
	{ "\xcf\xf0\xe8", "windows-1251", "\xd0\x9f\xd1\x80\xd0\xb8" },
	{ "Hi Mom +Jjo-!", "unicode-1-1-utf-7", "Hi Mom \xe2\x98\xba!" },
	{ "\x1b$B%\"\x1b(B", "iso-2022-jp", "\xe3\x82\xa2" },
	{ "\x83\x41\x83\x42", "iso-2022-jp", "\xe3\x82\xa2\xe3\x82\xa3" }, /* Shift_JIS in truth */
	{ "\xa5\xa2\xa5\xa3", "iso-2022-jp", "\xe3\x82\xa2\xe3\x82\xa3" }, /* EUC-JP in truth */
	{ "\x82\xa0\xff", "shift_jis", "\xe3\x81\x82?" },
	{ "a\r\nb", "windows-1252", "a\nb" },
};

static void
test_to_utf8(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *got = charset_to_utf8(cases[i].bytes, strlen(cases[i].bytes), cases[i].claimed, 100);

		g_test_message("case %zu", i);
		g_assert_cmpstr(got, ==, cases[i].expected);
	}
}

static void
test_limit(void)
{
	g_autofree char *ascii = charset_to_utf8("abcdef", 6, NULL, 3);
	g_autofree char *latin = charset_to_utf8("\xe9\xe9\xe9", 3, "iso-8859-1", 3);

	g_assert_cmpstr(ascii, ==, "abc");
	g_assert_cmpstr(latin, ==, "\xc3\xa9");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	charset_init();
	g_test_add_func("/charset/to-utf8", test_to_utf8);
	g_test_add_func("/charset/limit", test_limit);
	return g_test_run();
}
