#include "yaml_file.h"

#include <string.h>

/* What is refused, and how the complaint ends. */
static const struct Refusal {
	const char *name, *text, *message;
} refusals[] = {
	{ "anchor", "a: &x 1\n", "file:1: anchors and tags are not allowed" },
	{ "alias", "a: 1\nb: *x\n", "file:2: aliases are not allowed" },
	{ "tag", "a: !!str 1\n", "file:1: tags are not allowed" },
	{ "tagged list", "a: 1\nb: !x [1]\n", "file:2: anchors and tags are not allowed" },
	{ "anchored map", "a: &x\n  b: 1\n", "file:1: anchors and tags are not allowed" },
	{ "documents", "a: 1\n---\nb: 1\n", "file:2: several documents in one file are not allowed" },
	{ "repeated key", "a: 1\nb: 2\na: 3\n", "file:3: 'a' is given twice" },
	{ "repeated key in a large map",
		"a: 1\nb: 1\nc: 1\nd: 1\ne: 1\nf: 1\ng: 1\nh: 1\ni: 1\nj: 1\nk: 1\nl: 1\nm: 1\nn: 1\no: 1\np: 1\nq: "
		"1\nr: 1\nc: 2\n",
		"file:19: 'c' is given twice" },
	{ "list as key", "? [a]\n: 1\n", "file:1: a key must be plain text" },
	{ "tab", "a:\n\t- b\n", "file:2: found character that cannot start any token" },
	{ "unclosed", "a: [1, 2\nb: 3\n", "file:2: did not find expected ',' or ']'" },
	{ "NUL", "a: \"x\\0y\"\n", "file:1: a NUL character is not allowed" },
	{ "control character", "a: 1\nb: \x01\n", "file:2: control characters are not allowed" },
};

static void
check_refusal(const void *data)
{
	const struct Refusal *refusal = data;
	g_autoptr(GError) error = NULL;
	g_autoptr(YamlFile) file = yaml_file_parse("file", refusal->text, strlen(refusal->text), &error);

	g_assert_error(error, RETOUR_ERROR, ERROR_CONFIG);
	g_assert_cmpstr(error->message, ==, refusal->message);
	g_assert_null(file);
}

static void
check_tree(void)
{
	static const char text[] =
		"# comment\nname: plain text\nquoted: '5'\nlist:\n  - one\n  - k: v\n    w: x\nempty:\n";
	g_autoptr(GError) error = NULL;
	g_autoptr(YamlFile) file = yaml_file_parse("file", text, strlen(text), &error);
	const YamlNode *root, *list, *item;

	g_assert_no_error(error);
	root = yaml_file_root(file);
	g_assert_cmpint(yaml_kind(root), ==, YAML_MAP);
	g_assert_cmpuint(yaml_count(root), ==, 4);
	g_assert_cmpstr(yaml_key(root, 2), ==, "list");
	g_assert_cmpstr(yaml_scalar(yaml_get(root, "name")), ==, "plain text");
	list = yaml_get(root, "list");
	g_assert_cmpuint(yaml_count(list), ==, 2);
	g_assert_cmpuint(yaml_line(list), ==, 4);
	item = yaml_item(list, 1);
	g_assert_cmpstr(yaml_scalar(yaml_get(item, "w")), ==, "x");
	g_assert_cmpuint(yaml_line(yaml_get(item, "w")), ==, 7);
	g_assert_cmpstr(yaml_file_name(item), ==, "file");
	g_assert_true(yaml_is_empty(yaml_get(root, "empty")));
	g_assert_null(yaml_get(root, "absent"));
	g_assert_null(yaml_get(list, "name"));
	g_assert_null(yaml_scalar(list));
}

static void
check_empty(void)
{
	static const char *const texts[] = { "", "\n", "# only a comment\n", "---\n" };

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(YamlFile) file = yaml_file_parse("file", texts[i], strlen(texts[i]), &error);

		g_assert_no_error(error);
		g_assert_cmpint(yaml_kind(yaml_file_root(file)), ==, YAML_MAP);
		g_assert_cmpuint(yaml_count(yaml_file_root(file)), ==, 0);
	}
}

static void
check_large_map(void)
{
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(GError) error = NULL;
	g_autoptr(YamlFile) file = NULL;

	for (unsigned i = 0; i < 5000; i++)
		g_string_append_printf(text, "key%u: %u\n", i, i);
	file = yaml_file_parse("file", text->str, text->len, &error);
	g_assert_no_error(error);
	for (unsigned i = 0; i < 5000; i += 7) {
		g_autofree char *key = g_strdup_printf("key%u", i);

		g_assert_cmpstr(yaml_scalar(yaml_get(yaml_file_root(file), key)), ==, key + 3);
	}
}

static void
check_depth(void)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *open = g_strnfill(33, '['), *close = g_strnfill(33, ']');
	g_autofree char *deep = g_strconcat("a: ", open, close, NULL);
	g_autoptr(YamlFile) file = yaml_file_parse("file", deep, strlen(deep), &error);

	g_assert_null(file);
	g_assert_cmpstr(error->message, ==, "file:1: nested deeper than 32 levels");
}

static void
check_missing_file(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(YamlFile) file = yaml_file_load("/nonexistent/retour.yaml", &error);

	g_assert_null(file);
	g_assert_error(error, RETOUR_ERROR, ERROR_CONFIG);
	g_assert_nonnull(strstr(error->message, "/nonexistent/retour.yaml"));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(refusals); i++) {
		g_autofree char *path = g_strconcat("/yaml/refused/", refusals[i].name, NULL);

		g_test_add_data_func(path, &refusals[i], check_refusal);
	}
	g_test_add_func("/yaml/tree", check_tree);
	g_test_add_func("/yaml/empty", check_empty);
	g_test_add_func("/yaml/large-map", check_large_map);
	g_test_add_func("/yaml/depth", check_depth);
	g_test_add_func("/yaml/missing-file", check_missing_file);
	return g_test_run();
}
