/*
 * complaints DIRECTORY: what becomes of every complaint and unsubscribe request in the corpus: whose programme it is, what it
 * means, what the shipped policy would do about it on the best evidence, under which provider it counts and whom it names. One line
 * each, compared with complaints.tsv in that directory. REGENERATE=1 writes the file.
 */
#include "data_dir.h"
#include "judge.h"
#include "message.h"

#include <stdio.h>
#include <string.h>

typedef struct Run {
	Rulebook *book;
	const char *root;
	GPtrArray *lines;
} Run;

static const char *
or_none(const char *text)
{
	return *text == '\0' ? "-" : text;
}

static const char *
action_of(const Run *run, const Judged *judged, const Finding *finding)
{
	Case subject = { .action = finding->event->action,
		.verdict = finding->verdict,
		.evidence = EVIDENCE_IN_SESSION,
		.has_recipient = *finding->address != '\0',
		.has_sender_domain = *judged->sender_domain != '\0' };

	return *finding->address != '\0' && policy_plan(run->book->policy, &subject).kind == PLAN_LIST ? "lists" : "-";
}

static void
add_line(Run *run, const char *path, const Judged *judged)
{
	const Finding *first = &judged->findings[0];
	g_autoptr(GString) whom = g_string_new(NULL);

	for (size_t i = 0; i < judged->finding_count; i++)
		g_string_append_printf(whom, "%s%s", i == 0 ? "" : ",", judged->findings[i].address);
	g_ptr_array_add(run->lines, g_strdup_printf("%s\t%s\t%s\t%s\t%s\t%s", path + strlen(run->root) + 1,
					    judged->programme == NULL ? "-" : judged->programme->name,
					    category_name(first->verdict.category), action_of(run, judged, first),
					    or_none(first->provider), *whom->str == '\0' ? "unattributed" : whom->str));
}

static void
read_file(Run *run, const char *path)
{
	g_autofree char *bytes = NULL;
	Inbound inbound = { .source = "file", .id = path, .client_address = "" };

	if (!g_file_get_contents(path, &bytes, &inbound.size, NULL))
		return;
	inbound.bytes = bytes;
	inbound.unsubscribe = strstr(path, "/unsubscribe/") != NULL;
	g_autoptr(Judged) judged = judge(run->book, &inbound, &limits_default);

	if (judged->report->kind == REPORT_COMPLAINT || judged->report->kind == REPORT_OPTOUT)
		add_line(run, path, judged);
}

static void
read_directory(Run *run, const char *path)
{
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
	const char *name;

	while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
		g_autofree char *below = g_build_filename(path, name, NULL);

		if (g_str_has_suffix(below, ".eml"))
			read_file(run, below);
		else if (g_file_test(below, G_FILE_TEST_IS_DIR))
			read_directory(run, below);
	}
}

static Rulebook *
shipped(void)
{
	g_autofree char *folder = data_dir();
	RulebookSettings settings = { 0 };
	g_autoptr(GError) error = NULL;
	Rulebook *book;

	rulebook_settings_read(NULL, NULL, folder, &settings, &error);
	g_assert_no_error(error);
	book = rulebook_load(&settings, &error);
	g_assert_no_error(error);
	rulebook_settings_clear(&settings);
	return book;
}

static int
compare_lines(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static unsigned
missing(const char *mark, char **lines, char **others)
{
	unsigned count = 0;

	for (; *lines != NULL; lines++)
		if (**lines != '\0' && !g_strv_contains((const char *const *)others, *lines)) {
			printf("# %s %s\n", mark, *lines);
			count++;
		}
	return count;
}

int
main(int argc, char **argv)
{
	Run run = { .root = argc > 1 ? argv[1] : "." };
	g_autofree char *path = g_build_filename(run.root, "complaints.tsv", NULL), *expected = NULL, *got = NULL;
	g_auto(GStrv) want = NULL;
	unsigned failed;

	message_init();
	run.book = shipped();
	run.lines = g_ptr_array_new_with_free_func(g_free);
	read_directory(&run, run.root);
	g_ptr_array_sort(run.lines, compare_lines);
	g_ptr_array_insert(run.lines, 0, g_strdup("# file\tprogramme\tcategory\tpolicy\tprovider\twhom"));
	g_ptr_array_add(run.lines, g_strdup(""));
	g_ptr_array_add(run.lines, NULL);
	got = g_strjoinv("\n", (char **)run.lines->pdata);
	if (g_getenv("REGENERATE") != NULL)
		g_file_set_contents(path, got, -1, NULL);
	if (!g_file_get_contents(path, &expected, NULL, NULL))
		expected = g_strdup("");
	want = g_strsplit(expected, "\n", -1);
	failed = missing("-", want, (char **)run.lines->pdata) + missing("+", (char **)run.lines->pdata, want);
	printf("%sok 1 complaints\n1..1\n", failed == 0 && run.lines->len > 3 ? "" : "not ");
	g_ptr_array_unref(run.lines);
	rulebook_unref(run.book);
	return failed == 0 ? 0 : 1;
}
