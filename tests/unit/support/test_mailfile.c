#include "mailfile.h"

#include "errors.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define MAIL "Subject: one\n\nhello\n"
#define LINE "From a@example.org Mon Nov 23 18:26:40 2026\n"
#define LIMIT 200000

typedef struct Case {
	const char *name;
	const char *file;
	const char *content;
	const char *mails[4]; /* NULL-terminated */
	bool numbered;
} Case;

static const Case cases[] = {
	{ "single", "m", MAIL, { MAIL }, false },
	{ "single-without-end", "m", "Subject: x\n\nno line end", { "Subject: x\n\nno line end" }, false },
	{ "empty", "m", "", { NULL }, false },
	{ "mbox", "m", LINE MAIL "\n" LINE "Subject: two\n\n", { MAIL, "Subject: two\n" }, true },
	{ "mbox-of-one", "m", LINE MAIL, { MAIL }, true },
	{ "mbox-crlf", "m",
		"From a Mon Nov 23 18:26:40 2026\r\nA: b\r\n\r\nx\r\n\r\nFrom b Tue Nov 24 00:00:00 2026\r\nC: d\r\n",
		{ "A: b\r\n\r\nx\r\n", "C: d\r\n" }, true },
	{ "mboxrd", "m", LINE "A: b\n\n>From me\n>>From you\n> From\n>Fromage\n",
		{ "A: b\n\nFrom me\n>From you\n> From\n>Fromage\n" }, true },
	/* a paragraph of prose, a line inside a paragraph, and a date without the blank line before it */
	{ "mbox-unquoted", "m", LINE "A: b\n\nFrom now on we meet on Mondays\n\nFrom Mon on: closed\nx\n" LINE "y\n",
		{ "A: b\n\nFrom now on we meet on Mondays\n\nFrom Mon on: closed\nx\n" LINE "y\n" }, true },
	{ "mbox-zone", "m", LINE "A: b\n\n\nFrom 18@xxx Mon Nov 23 18:26:40 +0000 2026\nC: d\n",
		{ "A: b\n\n", "C: d\n" }, true },
	{ "mbox-thunderbird", "m",
		"From - Mon Nov 23 18:26:40 2026\nA: b\n\nFrom - Tue, 24 Nov 2026 01:02:03 +0100\nC: d\n",
		{ "A: b\n", "C: d\n" }, true },
	/* some delivery agents put the line before a mail; what looks like another one is part of what came back */
	{ "eml-with-from", "m.eml", LINE "A: b\n\nreturned:\n\n" LINE "C: d\n",
		{ "A: b\n\nreturned:\n\n" LINE "C: d\n" }, false },
	{ "from-only", "m", "From ", { "" }, true },
};

static void
put(const char *folder, const char *name, const char *content)
{
	g_autofree char *path = g_build_filename(folder, name, NULL);
	g_autofree char *above = g_path_get_dirname(path);

	g_assert_cmpint(g_mkdir_with_parents(above, 0700), ==, 0);
	g_assert_true(g_file_set_contents(path, content, -1, NULL));
}

static void
remove_tree(const char *path)
{
	g_autoptr(GDir) directory = g_dir_open(path, 0, NULL);
	const char *name;

	while (directory != NULL && (name = g_dir_read_name(directory)) != NULL) {
		g_autofree char *below = g_build_filename(path, name, NULL);

		if (g_file_test(below, G_FILE_TEST_IS_DIR) && !g_file_test(below, G_FILE_TEST_IS_SYMLINK))
			remove_tree(below);
		else
			g_unlink(below);
	}
	g_rmdir(path);
}

static void
check_mails(MailFile *source, const Case *expected, const char *path)
{
	unsigned count = 0;
	Mail mail;

	mail_init(&mail);
	while (mailfile_next(source, &mail, NULL) == MAIL_READ) {
		g_assert_nonnull(expected->mails[count]);
		g_assert_cmpmem(
			mail.bytes->data, mail.bytes->len, expected->mails[count], (int)strlen(expected->mails[count]));
		g_assert_cmpstr(mail.file, ==, path);
		g_assert_false(mail.truncated);
		g_assert_cmpuint(mail.number, ==, expected->numbered ? count + 1 : 0);
		count++;
	}
	g_assert_null(expected->mails[count]);
	mail_clear(&mail);
}

static void
test_file(const void *data)
{
	const Case *expected = data;
	g_autofree char *folder = g_dir_make_tmp("retour-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(folder, expected->file, NULL);

	put(folder, expected->file, expected->content);
	g_autoptr(MailFile) source = mailfile_new((const char *const[]){ path, NULL }, LIMIT);
	check_mails(source, expected, path);
	remove_tree(folder);
}

/* Through a pipe, a few bytes at a time, as "-". */
static void
test_standard_input(const void *data)
{
	const Case *expected = data;
	int ends[2], kept = dup(STDIN_FILENO);
	ssize_t size = (ssize_t)strlen(expected->content);

	g_assert_cmpint(pipe(ends), ==, 0);
	g_assert_cmpint(write(ends[1], expected->content, (size_t)size), ==, size);
	close(ends[1]);
	dup2(ends[0], STDIN_FILENO);
	close(ends[0]);
	g_autoptr(MailFile) source = mailfile_new((const char *const[]){ NULL }, LIMIT);
	if (!g_str_has_suffix(expected->file, ".eml"))
		check_mails(source, expected, "-");
	dup2(kept, STDIN_FILENO);
	close(kept);
}

/* What the walk finds, as "name name ...", relative to the folder; "!" for an error. */
static char *
walk(const char *folder, const char *const *paths)
{
	g_autoptr(MailFile) source = mailfile_new(paths, LIMIT);
	GString *found = g_string_new(NULL);
	MailStep step;
	Mail mail;

	mail_init(&mail);
	for (;;) {
		g_autoptr(GError) error = NULL;

		step = mailfile_next(source, &mail, &error);
		if (step == MAIL_END)
			break;
		g_string_append_printf(found, "%s%s", found->len == 0 ? "" : " ",
			step == MAIL_READ ? mail.file + strlen(folder) + 1 : "!");
		if (mail.number > 0 && step == MAIL_READ)
			g_string_append_printf(found, ":%u", mail.number);
		g_assert_true((error != NULL) == (step == MAIL_UNREADABLE));
	}
	mail_clear(&mail);
	return g_string_free(found, FALSE);
}

static void
test_directory(void)
{
	g_autofree char *folder = g_dir_make_tmp("retour-XXXXXX", NULL);
	g_autofree char *link = g_build_filename(folder, "loop", NULL);
	const char *const paths[] = { folder, NULL };

	put(folder, "b", MAIL);
	put(folder, "a/2", MAIL);
	put(folder, "a/10", MAIL);
	put(folder, ".hidden", MAIL);
	put(folder, "c", LINE MAIL "\n" LINE MAIL);
	put(folder, "empty", "");
	g_assert_cmpint(symlink(folder, link), ==, 0);
	g_autofree char *found = walk(folder, paths);
	g_assert_cmpstr(found, ==, "a/10 a/2 b c:1 c:2");
	remove_tree(folder);
}

static void
test_maildir(void)
{
	g_autofree char *folder = g_dir_make_tmp("retour-XXXXXX", NULL);
	const char *const paths[] = { folder, NULL };

	put(folder, "box/new/2", MAIL);
	put(folder, "box/cur/1:2,S", LINE MAIL "\n" LINE MAIL);
	put(folder, "box/tmp/3", MAIL);
	put(folder, "box/dovecot-uidlist", "3 V1");
	g_autofree char *found = walk(folder, paths);
	g_assert_cmpstr(found, ==, "box/cur/1:2,S box/new/2");
	remove_tree(folder);
}

static void
test_unreadable(void)
{
	g_autofree char *folder = g_dir_make_tmp("retour-XXXXXX", NULL);
	g_autofree char *missing = g_build_filename(folder, "missing", NULL);
	g_autofree char *there = g_build_filename(folder, "there", NULL);
	const char *const paths[] = { missing, there, "/proc/self/mem", there, NULL };

	put(folder, "there", MAIL);
	g_autofree char *found = walk(folder, paths);
	g_assert_cmpstr(found, ==, "! there ! there");
	remove_tree(folder);
}

/* Long lines and long mails: cut at the limit, and the next mail is found all the same. */
static void
test_limit(void)
{
	g_autofree char *folder = g_dir_make_tmp("retour-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(folder, "m", NULL);
	g_autofree char *line = g_strnfill(300000, 'x');
	g_autofree char *content = g_strconcat(LINE "A: b\n\n", line, "\nend\n\n" LINE "C: d\n", NULL);
	const char *const paths[] = { path, NULL };
	Mail mail;

	put(folder, "m", content);
	mail_init(&mail);
	for (size_t limit = 1000; limit < 1000000; limit *= 400) {
		g_autoptr(MailFile) source = mailfile_new(paths, limit);

		g_assert_cmpint(mailfile_next(source, &mail, NULL), ==, MAIL_READ);
		g_assert_cmpint(mail.truncated, ==, limit < 300000);
		g_assert_cmpuint(mail.bytes->len, ==, MIN(limit, strlen("A: b\n\n") + 300000 + strlen("\nend\n")));
		g_assert_cmpint(mailfile_next(source, &mail, NULL), ==, MAIL_READ);
		g_assert_cmpmem(mail.bytes->data, mail.bytes->len, "C: d\n", 5);
		g_assert_false(mail.truncated);
		g_assert_cmpint(mailfile_next(source, &mail, NULL), ==, MAIL_END);
	}
	mail_clear(&mail);
	remove_tree(folder);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strconcat("/support/mailfile/file/", cases[i].name, NULL);
		g_autofree char *input = g_strconcat("/support/mailfile/stdin/", cases[i].name, NULL);

		g_test_add_data_func(path, &cases[i], test_file);
		g_test_add_data_func(input, &cases[i], test_standard_input);
	}
	g_test_add_func("/support/mailfile/directory", test_directory);
	g_test_add_func("/support/mailfile/maildir", test_maildir);
	g_test_add_func("/support/mailfile/unreadable", test_unreadable);
	g_test_add_func("/support/mailfile/limit", test_limit);
	return g_test_run();
}
