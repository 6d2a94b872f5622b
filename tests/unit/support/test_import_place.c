#include "errors.h"
#include "import_place.h"

#include <glib/gstdio.h>
#include <string.h>

typedef struct Case {
	const char *name;
	const char *order;  /* numbers of the crew as they become done; upper case letters could not be read: A is 0 */
	const char *stands; /* what the file says then; NULL: there is none */
} Case;

/* Mail n of the crew is number n + 1 of the mbox. */
static const Case cases[] = {
	{ "none", "", NULL },
	{ "first", "0", "1 box" },
	{ "in-order", "012", "3 box" },
	{ "one-missing", "0134", "2 box" },
	{ "missing-comes", "01342", "5 box" },
	{ "first-missing", "1234", NULL },
	{ "backwards", "3210", "4 box" },
	{ "unreadable", "0B2", "3 box" },
	{ "unreadable-last", "01C", "2 box" },
	{ "unreadable-first", "A", NULL },
	{ "unreadable-ahead", "C10", "2 box" },
};

static void
finish_all(ImportPlace *place, const char *order)
{
	for (; *order != '\0'; order++) {
		bool readable = g_ascii_isdigit(*order);
		unsigned number = (unsigned)(readable ? *order - '0' : *order - 'A');
		char file[] = "box";
		const Mail mail = { .file = file, .number = number + 1 };

		import_place_done(place, number, readable ? &mail : NULL);
	}
}

static void
test_order(const void *data)
{
	const Case *given = data;
	g_autofree char *folder = g_dir_make_tmp("retour-XXXXXX", NULL), *stands = NULL;
	g_autofree char *path = g_build_filename(folder, "place", NULL);
	g_autoptr(GError) error = NULL;
	g_autoptr(ImportPlace) place = import_place_open(path, &error);

	g_assert_no_error(error);
	finish_all(place, given->order);
	g_assert_true(import_place_save(place, true, &error));
	g_file_get_contents(path, &stands, NULL, NULL);
	g_assert_cmpstr(stands, ==, given->stands);
	import_place_remove(place);
	g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
	g_rmdir(folder);
}

/* What was saved is where the next one goes on, whatever its path is called. */
static void
test_skip(void)
{
	static const char mbox[] = "From a Mon Nov 23 18:26:40 2026\nA: 1\n\nFrom a Mon Nov 23 18:26:40 2026\nA: 2\n\n"
				   "From a Mon Nov 23 18:26:40 2026\nA: 3\n";
	g_autofree char *folder = g_dir_make_tmp("retour-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(folder, "place", NULL);
	g_autofree char *box = g_build_filename(folder, "1 a\nb \xff", NULL);
	const char *const paths[] = { box, NULL };
	g_autoptr(MailFile) source = mailfile_new(paths, 1000), again = mailfile_new(paths, 1000);
	g_autoptr(ImportPlace) first = import_place_open(path, NULL);
	Mail mail;
	uint64_t skipped = 9;

	g_assert_true(g_file_set_contents(box, mbox, -1, NULL));
	g_assert_true(import_place_skip(first, source, &skipped, NULL));
	g_assert_cmpuint(skipped, ==, 0);
	mail_init(&mail);
	for (unsigned i = 0; i < 2; i++) {
		g_assert_cmpint(mailfile_next(source, &mail, NULL), ==, MAIL_READ);
		import_place_done(first, i, &mail);
	}
	g_assert_true(import_place_save(first, true, NULL));

	g_autoptr(ImportPlace) second = import_place_open(path, NULL);

	g_assert_true(import_place_skip(second, again, &skipped, NULL));
	g_assert_cmpuint(skipped, ==, 2);
	g_assert_cmpint(mailfile_next(again, &mail, NULL), ==, MAIL_READ);
	g_assert_cmpmem(mail.bytes->data, mail.bytes->len, "A: 3\n", 5);
	g_assert_cmpuint(mail.end, ==, mailfile_measure(paths));
	g_assert_cmpuint(mail.end, ==, strlen(mbox));
	mail_clear(&mail);
	import_place_remove(second);
	g_unlink(box);
	g_rmdir(folder);
}

static void
test_refused(void)
{
	static const char *const texts[] = { "", "12", "12 ", "x /a", "99999999999999 /a" };
	g_autofree char *folder = g_dir_make_tmp("retour-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(folder, "place", NULL);

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_true(g_file_set_contents(path, texts[i], -1, NULL));
		g_assert_null(import_place_open(path, &error));
		g_assert_error(error, RETOUR_ERROR, ERROR_CONFIG);
	}
	g_unlink(path);
	g_rmdir(folder);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strconcat("/support/import_place/order/", cases[i].name, NULL);

		g_test_add_data_func(path, &cases[i], test_order);
	}
	g_test_add_func("/support/import_place/skip", test_skip);
	g_test_add_func("/support/import_place/refused", test_refused);
	return g_test_run();
}
