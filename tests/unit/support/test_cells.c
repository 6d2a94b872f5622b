#include "cells.h"

#include <string.h>

static const struct {
	const char *text;
	unsigned width;
	bool keep_end;
	const char *shown;
	unsigned used;
} cases[] = {
	{ "mailbox full", 0, false, "mailbox full", 12 },
	{ "mailbox full", 12, false, "mailbox full", 12 },
	{ "mailbox full", 8, false, "mailbox…", 8 },
	{ "in/some/folder/a.eml", 10, true, "…der/a.eml", 10 },
	{ "postfach überfüllt", 12, false, "postfach üb…", 12 },
	{ "邮箱已满", 0, false, "邮箱已满", 8 },
	{ "邮箱已满", 6, false, "邮箱…", 5 },
	{ "邮箱已满", 5, true, "…已满", 5 },
	{ "cafe\xcc\x81 au lait", 5, false, "cafe\xcc\x81…", 5 },
	{ "", 5, false, "", 0 },
	/* nothing that a terminal obeys */
	{ "a\x1b[2Jb", 0, false, "a [2Jb", 6 },
	{ "two\nlines\tand\x7f", 0, false, "two lines and ", 14 },
	{ "a\xc2\x9b"
	  "2Jb",
		0, false, "a 2Jb", 5 },
	{ "abc\xe2\x80\xaegpj.exe", 0, false, "abcgpj.exe", 10 },
	{ "bad \xff byte", 0, false, "bad \xef\xbf\xbd byte", 10 },
};

static void
test_append(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GString) out = g_string_new(NULL);

		g_assert_cmpuint(
			cells_append(out, cases[i].text, cases[i].width, cases[i].keep_end), ==, cases[i].used);
		g_assert_cmpstr(out->str, ==, cases[i].shown);
	}
}

static const Column columns[] = {
	{ "FILE", 6, 10, true },
	{ "CATEGORY", 8, 12, false },
	{ "TEXT", 10, 40, false },
	{ 0 },
};

static void
check_rows(unsigned width, const char *expected)
{
	g_autoptr(Cells) cells = cells_new(columns, width);
	g_autoptr(GString) out = g_string_new(NULL);

	cells_titles(cells, out);
	cells_row(
		cells, out, (const char *const[]){ "box/one.eml", "mailbox_full", "552 quota exceeded for this user" });
	cells_row(cells, out, (const char *const[]){ "b", NULL, "" });
	g_assert_cmpstr(out->str, ==, expected);
}

static void
test_rows(void)
{
	check_rows(0, "FILE        CATEGORY      TEXT\n"
		      "box/one.eml  mailbox_full  552 quota exceeded for this user\n"
		      "b\n");
	check_rows(80, "FILE        CATEGORY      TEXT\n"
		       "…x/one.eml  mailbox_full  552 quota exceeded for this user\n"
		       "b\n");
	check_rows(28, "FILE    CATEGORY  TEXT\n"
		       "…e.eml  mailbox…  552 quota…\n"
		       "b\n");
	/* too narrow for anything: the least widths hold */
	check_rows(10, "FILE    CATEGORY  TEXT\n"
		       "…e.eml  mailbox…  552 quota…\n"
		       "b\n");
}

static void
test_full_width(void)
{
	g_autoptr(Cells) cells = cells_new(columns, 40);
	g_autoptr(GString) out = g_string_new(NULL);

	cells_row(cells, out,
		(const char *const[]){ "long-file-name.eml", "category_with_a_long_name",
			"a diagnostic that is longer than the terminal is wide, by far" });
	g_string_truncate(out, out->len - 1);
	g_assert_cmpint(g_utf8_strlen(out->str, -1), ==, 40);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/support/cells/append", test_append);
	g_test_add_func("/support/cells/rows", test_rows);
	g_test_add_func("/support/cells/full-width", test_full_width);
	return g_test_run();
}
