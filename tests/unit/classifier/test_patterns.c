#include "patterns.h"

#include "patterns_cache.h"

#include <glib/gstdio.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

static void
check_hits(void)
{
	g_autoptr(PatternList) list = pattern_list_new();
	unsigned unknown = pattern_list_add_literal(list, "user unknown", "f:1");
	unsigned full = pattern_list_add_literal(list, "mailbox full", "f:2");
	unsigned code = pattern_list_add_regex(list, "^55[0-9] ", "f:3");
	unsigned same = pattern_list_add_literal(list, "user unknown", "f:4");
	unsigned dots = pattern_list_add_literal(list, "a.b*c", "f:5");
	g_autoptr(GError) error = NULL;
	g_autoptr(Patterns) patterns = patterns_compile(list, NULL, &error);

	g_assert_no_error(error);
	g_assert_cmpuint(same, ==, unknown);
	g_assert_cmpuint(pattern_list_count(list), ==, 4);
	for (unsigned round = 0; round < 3; round++) { /* scratch comes back clean */
		Hits *hits = patterns_scan(patterns, "550 user unknown, user unknown");

		g_assert_true(hits_has(hits, unknown) && hits_has(hits, code));
		g_assert_false(hits_has(hits, full) || hits_has(hits, dots));
		g_assert_cmpuint(hits->numbers->len, ==, 2);
		patterns_release(patterns, hits);
		hits = patterns_scan(patterns, "mailbox full, axb*c");
		g_assert_cmpuint(hits->numbers->len, ==, 1);
		patterns_release(patterns, hits);
	}
}

static void
check_refused(void)
{
	static const char *const bad[] = { "(", "a{3,1}", "(a)\\1", "(?<=a)b", "x*" };

	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(PatternList) list = pattern_list_new();
		g_autoptr(GError) error = NULL;

		pattern_list_add_regex(list, "good", "rules.yaml:1");
		pattern_list_add_regex(list, bad[i], "rules.yaml:7");
		g_assert_null(patterns_compile(list, NULL, &error));
		g_assert_error(error, RETOUR_ERROR, ERROR_CONFIG);
		g_assert_true(g_str_has_prefix(error->message, "rules.yaml:7: bad pattern"));
	}
}

static PatternList *
sample(void)
{
	PatternList *list = pattern_list_new();

	pattern_list_add_literal(list, "some words", "f:1");
	pattern_list_add_regex(list, "so.e", "f:2");
	return list;
}

static unsigned
scan_sample(const char *folder)
{
	g_autoptr(PatternList) list = sample();
	g_autoptr(GError) error = NULL;
	g_autoptr(Patterns) patterns = patterns_compile(list, folder, &error);
	Hits *hits;
	unsigned count;

	g_assert_no_error(error);
	hits = patterns_scan(patterns, "some words");
	count = hits->numbers->len;
	patterns_release(patterns, hits);
	return count;
}

/* Spoils every file of the folder, or removes it when how is NULL. Returns how many there were. */
static unsigned
each_file(const char *folder, void (*how)(const char *path))
{
	g_autoptr(GDir) entries = g_dir_open(folder, 0, NULL);
	const char *name;
	unsigned count = 0;

	while ((name = g_dir_read_name(entries)) != NULL) {
		g_autofree char *path = g_build_filename(folder, name, NULL);

		if (how != NULL)
			how(path);
		else
			g_unlink(path);
		count++;
	}
	return count;
}

static void
cut(const char *path)
{
	g_autofree char *text = NULL;
	size_t size;

	g_assert_true(g_file_get_contents(path, &text, &size, NULL));
	g_assert_true(g_file_set_contents(path, text, (gssize)size / 2, NULL));
}

static void
flip(const char *path)
{
	g_autofree char *text = NULL;
	size_t size;

	g_assert_true(g_file_get_contents(path, &text, &size, NULL));
	text[size - 9] ^= 1;
	g_assert_true(g_file_set_contents(path, text, (gssize)size, NULL));
}

/* As another processor's libhs would have written it: the platform stands behind magic, version and length. */
static void
change_platform(const char *path)
{
	g_autofree char *text = NULL, *name = g_path_get_basename(path), *sum = NULL;
	g_autoptr(GString) content = g_string_new("retour-patterns 1 ");
	char *body;
	size_t size;

	g_assert_true(g_file_get_contents(path, &text, &size, NULL));
	body = strchr(text, '\n') + 1;
	size -= (size_t)(body - text);
	body[12] ^= 0x7f;
	sum = g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)body, size);
	*strchr(name, '.') = '\0';
	g_string_append_printf(content, "%s %s\n", name, sum);
	g_string_append_len(content, body, (gssize)size);
	g_assert_true(g_file_set_contents(path, content->str, (gssize)content->len, NULL));
}

static void
let_all_write(const char *path)
{
	g_assert_cmpint(g_chmod(path, 0666), ==, 0);
}

static void
give_away(const char *path)
{
	if (geteuid() == 0)
		g_assert_cmpint(chown(path, 65534, 65534), ==, 0);
	else
		g_unlink(path);
}

static void
assert_not_read(const char *path)
{
	g_autofree char *folder = g_path_get_dirname(path), *name = g_path_get_basename(path);

	*strchr(name, '.') = '\0';
	g_assert_null(patterns_cache_read(folder, name));
}

/* Nothing that may be in the folder changes what is found, or keeps us from starting. */
static void
check_spoiled(void)
{
	static void (*const spoilers[])(const char *path) = { cut, flip, change_platform, let_all_write, give_away };
	g_autofree char *folder = g_dir_make_tmp("retour-XXXXXX", NULL);

	for (size_t i = 0; i < G_N_ELEMENTS(spoilers); i++) {
		g_assert_cmpuint(scan_sample(folder), ==, 2);
		g_assert_cmpuint(each_file(folder, spoilers[i]), ==, 2);
		if (spoilers[i] != change_platform)
			each_file(folder, assert_not_read);
		g_assert_cmpuint(scan_sample(folder), ==, 2);
	}
	each_file(folder, NULL);
	g_rmdir(folder);
}

static void
check_cache(void)
{
	g_autofree char *folder = g_dir_make_tmp("retour-XXXXXX", NULL);

	g_assert_cmpuint(scan_sample(folder), ==, 2);
	g_assert_cmpuint(scan_sample(folder), ==, 2);
	g_assert_cmpuint(scan_sample("/nonexistent/folder"), ==, 2);
	each_file(folder, NULL);
	g_rmdir(folder);
}

static void *
scan_often(void *data)
{
	const Patterns *patterns = data;

	for (unsigned i = 0; i < 2000; i++) {
		Hits *hits = patterns_scan(patterns, i % 2 == 0 ? "some words" : "none");

		g_assert_cmpuint(hits->numbers->len, ==, i % 2 == 0 ? 2 : 0);
		patterns_release(patterns, hits);
	}
	return NULL;
}

static void
check_threads(void)
{
	g_autoptr(PatternList) list = sample();
	g_autoptr(Patterns) patterns = patterns_compile(list, NULL, NULL);
	pthread_t threads[4];

	for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
		g_assert_cmpint(pthread_create(&threads[i], NULL, scan_often, patterns), ==, 0);
	for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
		pthread_join(threads[i], NULL);
}

static void
check_empty(void)
{
	g_autoptr(PatternList) list = pattern_list_new();
	g_autoptr(Patterns) patterns = patterns_compile(list, NULL, NULL);
	Hits *hits = patterns_scan(patterns, "anything");

	g_assert_cmpuint(hits->numbers->len, ==, 0);
	patterns_release(patterns, hits);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/patterns/hits", check_hits);
	g_test_add_func("/patterns/refused", check_refused);
	g_test_add_func("/patterns/cache", check_cache);
	g_test_add_func("/patterns/spoiled", check_spoiled);
	g_test_add_func("/patterns/threads", check_threads);
	g_test_add_func("/patterns/empty", check_empty);
	return g_test_run();
}
