#include "html_text.h"

#include <glib.h>
#include <string.h>

static const char *const cases[][2] = {
	{ "plain", "plain" },
	{ "<p>one</p><p>two</p>", "\none\n\ntwo\n" },
	{ "a<br>b<BR/>c", "a\nb\nc" },
	{ "<a href=\"mailto:x@y.example\">x@y.example</a>", "x@y.example" },
	{ "&lt;x&#64;y.example&gt; &amp; &#x263a;", "<x@y.example> & ☺" },
	{ "<x@y.example>: unknown", "<x@y.example>: unknown" },
	{ "<style>p { a@b.example }</style>text", "text" },
	{ "<script>var a = '<p>';</script>text", "text" },
	{ "a<!-- c@d.example -->b", "ab" },
	{ "line\nend", "line end" },
	{ "&unknown; &; & &toolongtobeanentity;", " &; & &toolongtobeanentity;" },
	{ "open <b", "open " },
	{ "<style>never closed", "" },
	{ "<!-- never closed", "" },
	{ "&#0;&#1114112;", "" },
	{ "", "" },
};

static void
test_cases(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text = html_text(cases[i][0]);

		g_test_message("%s", cases[i][0]);
		g_assert_cmpstr(text, ==, cases[i][1]);
	}
}

static void
test_hostile(void)
{
	g_autofree char *open = g_strnfill(1 << 20, '<');
	g_autofree char *entities = g_strnfill(1 << 20, '&');
	g_autofree char *text = html_text(open), *other = html_text(entities);

	g_assert_cmpuint(strlen(text), ==, 0);
	g_assert_cmpuint(strlen(other), ==, 1 << 20);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/html-text/cases", test_cases);
	g_test_add_func("/html-text/hostile", test_hostile);
	return g_test_run();
}
