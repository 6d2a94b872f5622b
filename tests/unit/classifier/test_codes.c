#include "codes.h"

#include <glib.h>

static const struct Case {
	Status status;
	unsigned reply_code;
	Stage stage;
	Category category;
	const char *rule;
} cases[] = {
	{ { 5, 1, 1 }, 550, STAGE_UNKNOWN, CATEGORY_USER_UNKNOWN, "code.5.1.1" },
	{ { 4, 2, 2 }, 0, STAGE_UNKNOWN, CATEGORY_MAILBOX_FULL, "code.4.2.2" },
	{ { 5, 2, 2 }, 550, STAGE_RCPT, CATEGORY_MAILBOX_FULL, "code.5.2.2" },
	{ { 5, 1, 10 }, 556, STAGE_UNKNOWN, CATEGORY_DOMAIN_NO_MAIL, "code.5.1.10" },
	{ { 5, 7, 27 }, 550, STAGE_UNKNOWN, CATEGORY_SENDER_REJECTED, "code.5.7.27" },
	{ { 5, 7, 25 }, 550, STAGE_UNKNOWN, CATEGORY_SENDER_DNS_INVALID, "code.5.7.25" },
	{ { 5, 7, 606 }, 550, STAGE_UNKNOWN, CATEGORY_POLICY_OTHER, "code.5.7.x" },
	{ { 5, 0, 0 }, 550, STAGE_RCPT, CATEGORY_USER_UNKNOWN, "code.550.rcpt" },
	{ { 0, 0, 0 }, 550, STAGE_UNKNOWN, CATEGORY_UNDETERMINED, "code.none" },
	{ { 5, 0, 0 }, 554, STAGE_END_OF_DATA, CATEGORY_CONTENT_REJECTED, "code.55x.data" },
	{ { 5, 0, 0 }, 554, STAGE_CONNECT, CATEGORY_REPUTATION_BLOCKED, "code.55x.connect" },
	{ { 0, 0, 0 }, 553, STAGE_MAIL, CATEGORY_SENDER_REJECTED, "code.55x.mail" },
	{ { 0, 0, 0 }, 521, STAGE_UNKNOWN, CATEGORY_DOMAIN_NO_MAIL, "code.521" },
	{ { 0, 0, 0 }, 551, STAGE_UNKNOWN, CATEGORY_MAILBOX_MOVED, "code.551" },
	{ { 5, 1, 0 }, 0, STAGE_UNKNOWN, CATEGORY_USER_UNKNOWN, "code.5.1.0" },
	{ { 2, 1, 5 }, 0, STAGE_UNKNOWN, CATEGORY_UNDETERMINED, "code.none" },
	{ { 5, 9, 99 }, 0, STAGE_UNKNOWN, CATEGORY_UNDETERMINED, "code.none" },
	{ { 0, 0, 0 }, 0, STAGE_UNKNOWN, CATEGORY_UNDETERMINED, "code.none" },
};

static void
check_cases(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		CodeVerdict verdict = codes_judge(cases[i].status, cases[i].reply_code, cases[i].stage);

		g_assert_cmpstr(verdict.rule, ==, cases[i].rule);
		g_assert_cmpint(verdict.category, ==, cases[i].category);
	}
}

/* A refusal for now is never the recipient's fault. */
static void
check_temporary(void)
{
	for (unsigned subject = 0; subject < 10; subject++)
		for (unsigned detail = 0; detail < 40; detail++) {
			CodeVerdict verdict = codes_judge_status((Status){ 4, subject, detail });

			g_assert_cmpint(category_disposition(verdict.category), !=, DISPOSITION_PERMANENT);
		}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/codes/cases", check_cases);
	g_test_add_func("/codes/temporary", check_temporary);
	return g_test_run();
}
