#include "settings.h"

#include <glib/gstdio.h>
#include <string.h>

typedef struct Sample {
	char *name;
	bool on;
	int64_t count, wait;
	int mode;
	char **hosts;
} Sample;

static const char *const modes[] = { "refuse", "mark", "log", NULL };

static const Setting table[] = {
	{ .key = "name", .type = SETTING_TEXT, .offset = offsetof(Sample, name), .fallback = "nobody" },
	{ .key = "on", .type = SETTING_BOOL, .offset = offsetof(Sample, on), .fallback = "yes" },
	{ .key = "count",
		.type = SETTING_NUMBER,
		.offset = offsetof(Sample, count),
		.fallback = "3",
		.low = 1,
		.high = 10 },
	{ .key = "wait",
		.type = SETTING_DURATION,
		.offset = offsetof(Sample, wait),
		.fallback = "5s",
		.low = 100,
		.high = 60000 },
	{ .key = "mode",
		.type = SETTING_CHOICE,
		.offset = offsetof(Sample, mode),
		.fallback = "mark",
		.choices = modes },
	{ .key = "hosts", .type = SETTING_TEXTS, .offset = offsetof(Sample, hosts), .fallback = "[a, b]" },
	{ 0 },
};

typedef struct Holder {
	const YamlNode *items;
} Holder;

static const Setting node_table[] = {
	{ .key = "items", .type = SETTING_NODE, .offset = offsetof(Holder, items) },
	{ 0 },
};

static const Setting strict_table[] = {
	{ .key = "name", .type = SETTING_TEXT, .offset = offsetof(Sample, name), .required = true },
	{ 0 },
};

static const struct Refusal {
	const char *name, *text, *message;
} refusals[] = {
	{ "unknown", "name: x\nnmae: y\n", "file:2: unknown key 'nmae'" },
	{ "bool", "on: yes please\n", "file:1: 'on' must be true or false, not 'yes please'" },
	{ "number", "count: 3x\n", "file:1: 'count' must be a whole number, not '3x'" },
	{ "number-empty", "count:\n", "file:1: 'count' must be a whole number, not ''" },
	{ "number-low", "count: 0\n", "file:1: 'count' must lie between 1 and 10" },
	{ "number-high", "\n\ncount: 11\n", "file:3: 'count' must lie between 1 and 10" },
	{ "number-huge", "count: 99999999999999999999\n",
		"file:1: 'count' must be a whole number, not '99999999999999999999'" },
	{ "duration", "wait: 5\n", "file:1: 'wait' must be a time such as 250ms, 5s, 10m, 2h or 30d, not '5'" },
	{ "duration-sign", "wait: -5s\n",
		"file:1: 'wait' must be a time such as 250ms, 5s, 10m, 2h or 30d, not '-5s'" },
	{ "duration-high", "wait: 2m\n", "file:1: 'wait' must lie between 100ms and 60000ms" },
	{ "choice", "mode: maybe\n", "file:1: 'mode' must be one of: refuse, mark, log; not 'maybe'" },
	{ "list-for-text", "name: [a]\n", "file:1: 'name' must be a single value" },
	{ "map-for-texts", "hosts: {a: b}\n", "file:1: 'hosts' must be a list of texts" },
	{ "list-in-texts", "hosts:\n  - a\n  - [b]\n", "file:3: 'hosts' must be a list of texts" },
	{ "list-for-map", "- a\n", "file:1: settings 'key: value' are expected here" },
};

static YamlFile *
parse(const char *text)
{
	g_autoptr(GError) error = NULL;
	YamlFile *file = yaml_file_parse("file", text, strlen(text), &error);

	g_assert_no_error(error);
	return file;
}

static void
check_refusal(const void *data)
{
	const struct Refusal *refusal = data;
	g_autoptr(GError) error = NULL;
	g_autoptr(YamlFile) file = parse(refusal->text);
	Sample sample = { 0 };

	g_assert_false(settings_read(table, yaml_file_root(file), &sample, &error));
	g_assert_error(error, RETOUR_ERROR, ERROR_CONFIG);
	g_assert_cmpstr(error->message, ==, refusal->message);
	settings_clear(table, &sample);
}

static void
check_node(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(YamlFile) file = parse("items:\n  - {a: 1}\n  - {a: 2}\n");
	Holder holder = { 0 };

	g_assert_true(settings_read(node_table, yaml_file_root(file), &holder, &error));
	g_assert_no_error(error);
	g_assert_cmpuint(yaml_count(holder.items), ==, 2);
	settings_clear(node_table, &holder);
	g_assert_true(settings_read(node_table, NULL, &holder, &error));
	g_assert_null(holder.items);
}

static void
check_fallbacks(void)
{
	g_autoptr(GError) error = NULL;
	Sample sample = { 0 };

	g_assert_true(settings_read(table, NULL, &sample, &error));
	g_assert_no_error(error);
	g_assert_cmpstr(sample.name, ==, "nobody");
	g_assert_true(sample.on);
	g_assert_cmpint(sample.count, ==, 3);
	g_assert_cmpint(sample.wait, ==, 5000);
	g_assert_cmpint(sample.mode, ==, 1);
	g_assert_cmpuint(g_strv_length(sample.hosts), ==, 2);
	g_assert_cmpstr(sample.hosts[1], ==, "b");
	settings_clear(table, &sample);
	g_assert_null(sample.name);
	g_assert_null(sample.hosts);
}

static void
check_inherit(void)
{
	g_autoptr(YamlFile) general =
		parse("name: general\non: off\ncount: 10\nwait: 250ms\nmode: log\nhosts: [x, y]\n");
	g_autoptr(YamlFile) partly = parse("name: own\ncount: 4\nhosts: []\n"), nothing = parse("");
	Sample from = { 0 }, own = { 0 }, copy = { 0 };

	g_assert_true(settings_read(table, yaml_file_root(general), &from, NULL));
	g_assert_true(settings_read(table, yaml_file_root(partly), &own, NULL));
	g_assert_true(settings_read(table, yaml_file_root(nothing), &copy, NULL));
	settings_inherit(table, yaml_file_root(partly), &own, &from);
	settings_inherit(table, yaml_file_root(nothing), &copy, &from);
	settings_clear(table, &from);
	g_assert_cmpstr(own.name, ==, "own");
	g_assert_cmpint(own.count, ==, 4);
	g_assert_cmpuint(g_strv_length(own.hosts), ==, 0);
	g_assert_false(own.on);
	g_assert_cmpint(own.wait, ==, 250);
	g_assert_cmpint(own.mode, ==, 2);
	g_assert_cmpstr(copy.name, ==, "general");
	g_assert_cmpint(copy.count, ==, 10);
	g_assert_cmpstr(copy.hosts[1], ==, "y");
	settings_clear(table, &own);
	settings_clear(table, &copy);
}

static void
check_values(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(YamlFile) file = parse("name: ''\non: off\ncount: 10\nwait: 250ms\nmode: log\nhosts: one\n");
	Sample sample = { 0 };

	g_assert_true(settings_read(table, yaml_file_root(file), &sample, &error));
	g_assert_true(settings_read(table, yaml_file_root(file), &sample, &error)); /* again into the same struct */
	g_assert_no_error(error);
	g_assert_cmpstr(sample.name, ==, "");
	g_assert_false(sample.on);
	g_assert_cmpint(sample.count, ==, 10);
	g_assert_cmpint(sample.wait, ==, 250);
	g_assert_cmpint(sample.mode, ==, 2);
	g_assert_cmpuint(g_strv_length(sample.hosts), ==, 1);
	settings_clear(table, &sample);
}

static void
check_required(void)
{
	static const char *const texts[] = { "", "name:\n  x: y\n" };
	g_autoptr(YamlFile) file = parse("milter:\n");
	Sample sample = { 0 };

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(YamlFile) other = parse(texts[i]);

		g_assert_false(settings_read(strict_table, yaml_file_root(other), &sample, &error));
		g_assert_error(error, RETOUR_ERROR, ERROR_CONFIG);
	}
	g_autoptr(GError) error = NULL;
	g_assert_false(settings_read(strict_table, yaml_get(yaml_file_root(file), "milter"), &sample, &error));
	g_assert_cmpstr(error->message, ==, "file:1: 'name' is missing");
	settings_clear(strict_table, &sample);
}

static void
check_durations(void)
{
	static const struct {
		const char *text;
		int64_t milliseconds; /* -1: refused */
	} cases[] = { { "250ms", 250 }, { "5s", 5000 }, { "10m", 600000 }, { "2h", 7200000 }, { "30d", 2592000000 },
		{ "0s", 0 }, { "", -1 }, { "s", -1 }, { "5", -1 }, { "5 s", -1 }, { " 5s", -1 }, { "5S", -1 },
		{ "1.5h", -1 }, { "+5s", -1 }, { "99999999999d", -1 }, { "5s ", -1 } };

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		int64_t value = -1;

		g_assert_cmpint(duration_parse(cases[i].text, &value), ==, cases[i].milliseconds >= 0);
		g_assert_cmpint(value, ==, cases[i].milliseconds);
	}
}

static void
check_open(void)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *folder = g_dir_make_tmp("retour-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(folder, "retour.yaml", NULL);
	static const char good[] = "database: {}\nredis:\nrules: {}\nmilter: {}\nmailboxes: []\ndns: {}\n";
	static const char bad[] = "database: {}\n\ndatabse: {}\n";
	g_autofree char *message = g_strdup_printf("%s:3: unknown section 'databse'", path);
	g_autofree char *relative = NULL, *expected = g_build_filename(folder, "rules", NULL);

	g_assert_true(g_file_set_contents(path, good, -1, NULL));
	g_autoptr(YamlFile) file = settings_open(path, &error);
	g_assert_no_error(error);
	relative = settings_path(yaml_get(yaml_file_root(file), "rules"), "rules");
	g_assert_cmpstr(relative, ==, expected);
	g_autofree char *absolute = settings_path(yaml_file_root(file), "/etc/rules");
	g_assert_cmpstr(absolute, ==, "/etc/rules");

	g_assert_true(g_file_set_contents(path, bad, -1, NULL));
	g_assert_null(settings_open(path, &error));
	g_assert_error(error, RETOUR_ERROR, ERROR_CONFIG);
	g_assert_cmpstr(error->message, ==, message);
	g_unlink(path);
	g_rmdir(folder);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(refusals); i++) {
		g_autofree char *path = g_strconcat("/settings/refused/", refusals[i].name, NULL);

		g_test_add_data_func(path, &refusals[i], check_refusal);
	}
	g_test_add_func("/settings/fallbacks", check_fallbacks);
	g_test_add_func("/settings/node", check_node);
	g_test_add_func("/settings/values", check_values);
	g_test_add_func("/settings/inherit", check_inherit);
	g_test_add_func("/settings/required", check_required);
	g_test_add_func("/settings/durations", check_durations);
	g_test_add_func("/settings/open", check_open);
	return g_test_run();
}
