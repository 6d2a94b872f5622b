#include "cues.h"
#include "reply.h"

#include <glib.h>

static const char *const clean_cases[][2] = {
	{ "", "" },
	{ "no codes  at\nall", "no codes at all" },
	{ "550 5.1.1 gone", "550 5.1.1 gone" },
	{ "550-5.1.1 No such 550 5.1.1 user", "550 5.1.1 No such user" },
	{ "550-5.1.1 a\n550-5.1.1 b\n550 5.1.1 c", "550 5.1.1 a b c" },
	{ "550-a 550-b 550 c", "550 a b c" },
	{ "550 room 550 is full", "550 room 550 is full" },
	{ "host mx said: 552-5.2.2 over 552 5.2.2 quota", "host mx said: 552 5.2.2 over quota" },
	{ "550-no such\n550-mailbox\n550 5.1.1 gone", "550 no such mailbox 5.1.1 gone" },
	{ "550", "550" },
};

typedef struct StageCase {
	const char *text;
	Stage stage;
} StageCase;

static const StageCase stage_cases[] = {
	{ "550 gone (in reply to RCPT TO command)", STAGE_RCPT },
	{ "550 gone (in reply to MAIL FROM command)", STAGE_MAIL },
	{ "550 gone (in reply to DATA command)", STAGE_DATA },
	{ "550 gone (in reply to end of DATA command)", STAGE_END_OF_DATA },
	{ "lost connection with mx while receiving the initial server greeting", STAGE_CONNECT },
	{ "lost connection with mx while sending message body", STAGE_END_OF_DATA },
	{ "conversation timed out while performing the EHLO handshake", STAGE_HELO },
	{ "connect to mx[192.0.2.1]:25: Connection refused", STAGE_CONNECT },
	{ "SMTP error from remote mail server after RCPT TO:<a@example.com>: 550", STAGE_RCPT },
	{ "SMTP error from remote mail server after end of data: 550", STAGE_END_OF_DATA },
	{ "554 refused [RCPT_TO]", STAGE_RCPT },
	{ "host mx refused to talk to me: 554", STAGE_CONNECT },
	{ "look after yourself", STAGE_UNKNOWN },
	{ "", STAGE_UNKNOWN },
};

typedef struct ChoiceCase {
	const char *field, *diagnostic, *expected;
} ChoiceCase;

static const ChoiceCase choice_cases[] = {
	{ "5.0.0", "550 5.1.1 gone", "5.1.1" },
	{ "5.1.1", "552 5.2.2 quota", "5.2.2" },
	{ "5.1.1", "550 gone", "5.1.1" },
	{ "5.1.1", "550 5.0.0 gone", "5.1.1" },
	{ "5.0.0", "5.1.0 unknown 550-'5.7.1 refused'", "5.7.1" },
	{ "", "550 5.1.1 gone", "5.1.1" },
	{ "", "gone", "" },
};

static void
test_clean(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(clean_cases); i++) {
		g_autofree char *text = g_strdup(clean_cases[i][0]);

		g_assert_cmpstr(reply_clean(text), ==, clean_cases[i][1]);
	}
}

static void
test_stage(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(stage_cases); i++) {
		g_test_message("%s", stage_cases[i].text);
		g_assert_cmpint(reply_stage(stage_cases[i].text), ==, stage_cases[i].stage);
	}
}

static void
test_choice(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(choice_cases); i++) {
		Status field = { 0 };
		char got[STATUS_TEXT_SIZE];

		status_parse(choice_cases[i].field, &field);
		status_format(reply_choose_status(field, choice_cases[i].diagnostic), got);
		g_assert_cmpstr(got, ==, choice_cases[i].expected);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	cues_init();
	g_test_add_func("/reply/clean", test_clean);
	g_test_add_func("/reply/stage", test_stage);
	g_test_add_func("/reply/choice", test_choice);
	return g_test_run();
}
