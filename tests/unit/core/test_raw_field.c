#include "raw_field.h"

#include <glib.h>
#include <string.h>

/* A mail, and the fields read in it: "name|value" each, joined by "&"; line breaks as "$". */
typedef struct Case {
	const char *name, *mail, *expected;
} Case;

static const Case cases[] = {
	{ "two", "A: 1\r\nB: 2\r\n\r\nC: 3\r\n", "A| 1$&B| 2$" },
	{ "bare-lf", "A: 1\nB: 2\n\nC: 3\n", "A| 1$&B| 2$" },
	{ "folded", "A: 1\r\n\t2\r\n 3\r\nB:\r\n\r\n", "A| 1$\t2$ 3$&B|$" },
	{ "no-colon", "From a@b.example now\nA: 1\n\n", "|&A| 1$" },
	{ "blank-before-colon", "A : 1\n\n", "A | 1$" },
	{ "colons", "A: b: c\n\n", "A| b: c$" },
	{ "cut", "A: 1\nB: 2", "A| 1$&B| 2" },
	{ "carriage-return", "A: 1\n\rB: 2\nC: 3\n\r\r\nD: 4\n", "A| 1$&\rB| 2$&C| 3$" },
	{ "body-alone", "\r\nA: 1\r\n", "" },
	{ "empty", "", "" },
};

static void
test_case(gconstpointer data)
{
	const Case *subject = data;
	g_autofree char *mail = g_memdup2(subject->mail, strlen(subject->mail)); /* nothing readable behind its end */
	g_autoptr(GString) found = g_string_new(NULL);
	RawField field;

	for (size_t at = 0; raw_field_next(mail, strlen(subject->mail), &at, &field);) {
		g_string_append(found, found->len == 0 ? "" : "&");
		g_string_append_len(found, field.name, (gssize)field.name_size);
		g_string_append_c(found, '|');
		g_string_append_len(found, field.value, (gssize)field.value_size);
	}
	g_string_replace(found, "\r\n", "$", 0);
	g_string_replace(found, "\n", "$", 0);
	g_assert_cmpstr(found->str, ==, subject->expected);
}

static void
test_is(void)
{
	const RawField field = { .name = "Received: x", .name_size = 8 };

	g_assert_true(raw_field_is(&field, "received"));
	g_assert_false(raw_field_is(&field, "Receive"));
	g_assert_false(raw_field_is(&field, "Received:"));
}

static void
test_may_be(void)
{
	const RawField field = { .name = "Received \t: x", .name_size = 10 };

	g_assert_false(raw_field_is(&field, "received"));
	g_assert_true(raw_field_may_be(&field, "received"));
	g_assert_false(raw_field_may_be(&field, "Receive"));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strconcat("/raw-field/", cases[i].name, NULL);

		g_test_add_data_func(path, &cases[i], test_case);
	}
	g_test_add_func("/raw-field/is", test_is);
	g_test_add_func("/raw-field/may-be", test_may_be);
	return g_test_run();
}
