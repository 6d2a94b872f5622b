#include "question.h"

#include <glib.h>
#include <string.h>

#define REQUEST(text) text, sizeof(text) - 1

static const struct {
	const char *text;
	size_t length;
	QuestionRead read;
	const char *key, *sender_domain;
} cases[] = {
	{ REQUEST("recipient Person@Example.ORG"), QUESTION_ADDRESS, "person@example.org", "" },
	{ REQUEST("recipient <person@example.org>"), QUESTION_ADDRESS, "person@example.org", "" },
	{ REQUEST("recipient \"a b\"@example.org"), QUESTION_ADDRESS, "\"a b\"@example.org", "" },
	{ REQUEST("recipient p@b\xc3\xbc"
		  "cher.example"),
		QUESTION_ADDRESS, "p@xn--bcher-kva.example", "" },
	{ REQUEST("recipient example.org"), QUESTION_NO_ADDRESS, NULL, NULL },
	{ REQUEST("recipient "), QUESTION_NO_ADDRESS, NULL, NULL },
	{ REQUEST("recipient"), QUESTION_UNKNOWN_NAME, NULL, NULL },
	{ REQUEST(""), QUESTION_UNKNOWN_NAME, NULL, NULL },
	{ REQUEST(" p@example.org"), QUESTION_UNKNOWN_NAME, NULL, NULL },
	{ REQUEST("virtual p@example.org"), QUESTION_UNKNOWN_NAME, NULL, NULL },
	{ REQUEST("recipient p\0@example.org"), QUESTION_NO_ADDRESS, NULL, NULL },
	{ REQUEST("recipient p\xff@example.org"), QUESTION_NO_ADDRESS, NULL, NULL },
	{ REQUEST("recipient@Shop.Example p@example.org"), QUESTION_ADDRESS, "p@example.org", "shop.example" },
	{ REQUEST("recipient@ p@example.org"), QUESTION_ADDRESS, "p@example.org", "" },
	{ REQUEST("recipient_sender p@example.org news@Shop.Example"), QUESTION_ADDRESS, "p@example.org",
		"shop.example" },
	{ REQUEST("recipient_sender p@example.org <news@shop.example>"), QUESTION_ADDRESS, "p@example.org",
		"shop.example" },
	{ REQUEST("recipient_sender p@example.org shop.example"), QUESTION_ADDRESS, "p@example.org", "shop.example" },
	{ REQUEST("recipient_sender p@example.org <>"), QUESTION_ADDRESS, "p@example.org", "" },
	{ REQUEST("recipient_sender p@example.org "), QUESTION_ADDRESS, "p@example.org", "" },
	{ REQUEST("recipient_sender p@example.org"), QUESTION_ADDRESS, "p@example.org", "" },
	{ REQUEST("recipient_sender \"a b\"@example.org shop.example"), QUESTION_ADDRESS, "\"a b\"@example.org",
		"shop.example" },
	{ REQUEST("access To:p@example.org"), QUESTION_ADDRESS, "p@example.org", "" },
	{ REQUEST("access to:<p@example.org>"), QUESTION_ADDRESS, "p@example.org", "" },
	{ REQUEST("access To:example.org"), QUESTION_NO_ADDRESS, NULL, NULL },
	{ REQUEST("access From:p@example.org"), QUESTION_NO_ADDRESS, NULL, NULL },
	{ REQUEST("access Connect:127.0.0.1"), QUESTION_NO_ADDRESS, NULL, NULL },
	{ REQUEST("access p@example.org"), QUESTION_NO_ADDRESS, NULL, NULL },
};

static void
test_read(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		MapQuestion question = { 0 };

		g_autofree char *shown = g_strescape(cases[i].text, NULL);

		g_test_message("%s", shown);
		g_assert_cmpint(question_read(cases[i].text, cases[i].length, &question), ==, cases[i].read);
		g_assert_cmpstr(question.key, ==, cases[i].key);
		g_assert_cmpstr(question.sender_domain, ==, cases[i].sender_domain);
		question_clear(&question);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/question/read", test_read);
	return g_test_run();
}
