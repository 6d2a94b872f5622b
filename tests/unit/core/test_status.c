#include "status.h"

#include <glib.h>

typedef struct StatusCase {
	const char *text, *expected; /* "" when there is none */
} StatusCase;

static const StatusCase parse_cases[] = {
	{ "5.1.1", "5.1.1" },
	{ " 4.4.7 ", "4.4.7" },
	{ "5.0.0 (permanent failure)", "5.0.0" },
	{ "2.1.5(ok)", "2.1.5" },
	{ "5.7.509", "5.7.509" },
	{ "5.999.999", "5.999.999" },
	{ "5.1.1000", "" },
	{ "3.1.1", "" },
	{ "5.1", "" },
	{ "5.1.", "" },
	{ "5.1.1 user unknown", "" },
	{ "x5.1.1", "" },
	{ "", "" },
};

static const StatusCase find_cases[] = {
	{ "550 5.1.1 no such user", "5.1.1" },
	{ "550-5.1.1 no such user", "5.1.1" },
	{ "Sorry, no mailbox here by that name. (#5.1.1)", "5.1.1" },
	{ "550 #5.7.1 refused", "5.7.1" },
	{ "dsn=4.2.2, stat=Deferred", "4.2.2" },
	{ "refused with 5.7.1.", "5.7.1" },
	{ "host mx[5.1.1.7] said: 550 4.2.1 busy", "4.2.1" },
	{ "from 192.5.1.1 to 15.1.1", "" },
	{ "smtp version 5.1.1 said: 4.7.0 later", "4.7.0" },
	{ "Version: 5.1.1", "" },
	{ "v5.1.1", "" },
	{ "mailer-4.2.1 at host", "" },
	{ "on 4.12.23 at noon", "" },
	{ "5.1.1rc2", "" },
	{ "5.1.1.2", "" },
	{ "5.1.1000", "" },
	{ "5.1.1Recipient unknown", "5.1.1" },
	{ "550-'5.7.1 <a@example.com>", "5.7.1" },
	{ "1.5.1.1", "" },
	{ "mx5.1.1@host", "" },
	{ "<5.1.1@host> then 5.2.2", "5.2.2" },
	{ "", "" },
};

typedef struct ReplyCase {
	const char *text;
	unsigned expected;
} ReplyCase;

static const ReplyCase reply_cases[] = {
	{ "550 5.1.1 no such user", 550 },
	{ "550-5.1.1 no such user", 550 },
	{ "  452 too busy", 452 },
	{ "550", 550 },
	{ "host mx.example.com[192.0.2.1] said: 554 refused", 554 },
	{ "host mx.example.com[192.0.2.1] said:554 refused", 554 },
	{ "RCPT TO:<a@example.com>: host mx [192.0.2.1]: 550 unknown", 550 },
	{ "while talking to mx\n<<< 552 full", 552 },
	{ "it was refused with 451 4.7.1 greylisted", 451 },
	{ "(550 #5.7.1 blocked)", 550 },
	{ "unknown address error 550-'5.7.1 refused'", 550 },
	{ "connect to mx[192.0.2.1]:587: refused", 0 },
	{ "connect to port: 587 refused", 0 },
	{ "room 404 of 500 rooms", 0 },
	{ "in 250 seconds", 0 },
	{ "1550 5.1.1", 0 },
	{ "5501 error", 0 },
	{ "600 5.1.1 x", 0 },
	{ "", 0 },
};

static void
test_parse(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(parse_cases); i++) {
		Status status = { 0 };
		char text[STATUS_TEXT_SIZE];

		g_assert_cmpint(status_parse(parse_cases[i].text, &status), ==, parse_cases[i].expected[0] != '\0');
		status_format(status, text);
		g_assert_cmpstr(text, ==, parse_cases[i].expected);
	}
}

static void
test_find(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(find_cases); i++) {
		Status status = { 0 };
		char text[STATUS_TEXT_SIZE];

		status_find(find_cases[i].text, &status);
		status_format(status, text);
		g_test_message("%s", find_cases[i].text);
		g_assert_cmpstr(text, ==, find_cases[i].expected);
	}
}

static void
test_reply(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(reply_cases); i++) {
		g_test_message("%s", reply_cases[i].text);
		g_assert_cmpuint(reply_code_find(reply_cases[i].text), ==, reply_cases[i].expected);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/status/parse", test_parse);
	g_test_add_func("/status/find", test_find);
	g_test_add_func("/status/reply", test_reply);
	return g_test_run();
}
