#include "json_line.h"

typedef struct TextCase {
	const char *value, *line;
} TextCase;

static const TextCase cases[] = {
	{ "", "{\"a\":\"\"}\n" },
	{ "plain", "{\"a\":\"plain\"}\n" },
	{ "\"q\" \\", "{\"a\":\"\\\"q\\\" \\\\\"}\n" },
	{ "\b\f\n\r\t", "{\"a\":\"\\b\\f\\n\\r\\t\"}\n" },
	{ "\x01\x1f\x7f", "{\"a\":\"\\u0001\\u001f\\u007f\"}\n" },
	{ "é不", "{\"a\":\"é不\"}\n" },
};

static void
test_text(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GString) line = g_string_new(NULL);
		JsonObject *object;

		json_line_text(line, "a", cases[i].value);
		json_line_end(line);
		g_assert_cmpstr(line->str, ==, cases[i].line);
		object = json_line_object(line);
		g_assert_cmpstr(json_object_get_string_member(object, "a"), ==, cases[i].value);
		json_object_unref(object);
	}
}

/* A second line behind the first one begins an object of its own. */
static void
test_lines(void)
{
	g_autoptr(GString) lines = g_string_new(NULL);

	json_line_number(lines, "n", 0);
	json_line_truth(lines, "t", true);
	json_line_end(lines);
	json_line_truth(lines, "f", false);
	json_line_text(lines, "s", "x");
	json_line_end(lines);
	g_assert_cmpstr(lines->str, ==, "{\"n\":0,\"t\":true}\n{\"f\":false,\"s\":\"x\"}\n");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/json-line/text", test_text);
	g_test_add_func("/json-line/lines", test_lines);
	return g_test_run();
}
