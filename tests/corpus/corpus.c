/*
 * corpus DIRECTORY...: reads every *.eml below, renders what report_read() makes of it and compares that with the
 * .expected beside it. REGENERATE=1 writes the .expected files instead; the difference is for a person to review.
 * corpus FILE...: prints.
 */
#include "message.h"
#include "readers.h"
#include "render.h"

#include <glib.h>
#include <stdio.h>
#include <string.h>

typedef struct Run {
	unsigned count, failed;
	bool regenerate;
} Run;

static char *
render_file(const char *path)
{
	g_autofree char *bytes = NULL;
	g_autoptr(GError) error = NULL;
	g_autoptr(Report) report = NULL;
	GString *out = g_string_new(NULL);
	Inbound inbound = { .source = "file", .id = path };

	if (!g_file_get_contents(path, &bytes, &inbound.size, &error)) {
		g_string_printf(out, "unreadable: %s\n", error->message);
		return g_string_free(out, FALSE);
	}
	inbound.bytes = bytes;
	inbound.unsubscribe = strstr(path, "/unsubscribe/") != NULL;
	report = report_read(&inbound, &limits_default);
	render_report(out, report);
	return g_string_free(out, FALSE);
}

static void
print_difference(const char *expected, const char *got)
{
	g_auto(GStrv) want = g_strsplit(expected, "\n", -1), have = g_strsplit(got, "\n", -1);

	for (unsigned i = 0; want[i] != NULL; i++)
		if (*want[i] != '\0' && !g_strv_contains((const char *const *)have, want[i]))
			printf("# - %s\n", want[i]);
	for (unsigned i = 0; have[i] != NULL; i++)
		if (*have[i] != '\0' && !g_strv_contains((const char *const *)want, have[i]))
			printf("# + %s\n", have[i]);
}

static void
run_case(Run *run, const char *path)
{
	g_autofree char *stem = g_strndup(path, strlen(path) - strlen(".eml"));
	g_autofree char *beside = g_strconcat(stem, ".expected", NULL), *expected = NULL, *got = render_file(path);
	bool same;

	run->count++;
	if (run->regenerate) {
		g_file_set_contents(beside, got, -1, NULL);
		printf("ok %u %s # written\n", run->count, stem);
		return;
	}
	if (!g_file_get_contents(beside, &expected, NULL, NULL))
		expected = g_strdup("");
	same = strcmp(expected, got) == 0;
	printf("%sok %u %s\n", same ? "" : "not ", run->count, stem);
	if (same)
		return;
	run->failed++;
	print_difference(expected, got);
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool
run_directory(Run *run, const char *path)
{
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	const char *name;

	if (dir == NULL)
		return false;
	while ((name = g_dir_read_name(dir)) != NULL)
		g_ptr_array_add(names, g_build_filename(path, name, NULL));
	g_ptr_array_sort(names, compare_names);
	for (guint i = 0; i < names->len; i++) {
		const char *below = g_ptr_array_index(names, i);

		if (!run_directory(run, below) && g_str_has_suffix(below, ".eml"))
			run_case(run, below);
	}
	return true;
}

int
main(int argc, char **argv)
{
	Run run = { .regenerate = g_getenv("REGENERATE") != NULL };

	message_init();
	for (int i = 1; i < argc; i++) {
		g_autofree char *text = NULL;

		if (run_directory(&run, argv[i]))
			continue;
		text = render_file(argv[i]);
		printf("file: %s\n%s", argv[i], text);
	}
	if (run.count > 0)
		printf("1..%u\n", run.count);
	return run.failed > 0 ? 1 : 0;
}
