#include "cues.h"
#include "outcome.h"

typedef struct OutcomeCase {
	const char *text;
	const char *status;
	unsigned reply;
	Stage stage;
	const char *host, *diagnostic;
} OutcomeCase;

static const OutcomeCase cases[] = {
	{ "user unknown", "", 0, STAGE_UNKNOWN, "", "user unknown" },
	{ "host mx.shop.example [192.0.2.1] said: 550 5.1.1 no anna (in reply to RCPT TO command)", "5.1.1", 550,
		STAGE_RCPT, "mx.shop.example", "550 5.1.1 no anna (in reply to RCPT TO command)" },
	{ "SMTP error from remote mail server after MAIL FROM:<a@b.example>:\nhost mx.shop.example: 554 go away", "",
		554, STAGE_MAIL, "mx.shop.example", "554 go away" },
	{ "192.0.2.9 does not like recipient.\nRemote host said: 550 no anna\nGiving up on 192.0.2.9.", "", 550,
		STAGE_RCPT, "", "550 no anna" },
	{ "Connected to 192.0.2.9 but sender was rejected.\nRemote host said: 421 4.7.0 slow down\n"
	  "I'm not going to try again; this message has been in the queue too long.",
		"4.7.0", 421, STAGE_MAIL, "192.0.2.9", "421 4.7.0 slow down" },
	{ "mx.shop.example [192.0.2.1] did not like our final DATA:\n550-5.7.1 first\n550 5.7.1 second", "5.7.1", 550,
		STAGE_END_OF_DATA, "mx.shop.example", "550 5.7.1 first second" },
	{ "While talking to mx.shop.example:\n>>> DATA\n<<< 552 too big", "", 552, STAGE_DATA, "mx.shop.example",
		"552 too big" },
	{ "Remote Server returned '550 5.1.10 not found'", "5.1.10", 550, STAGE_UNKNOWN, "", "550 5.1.10 not found" },
	{ "(reason: 550 5.1.1 no anna)", "5.1.1", 550, STAGE_UNKNOWN, "", "550 5.1.1 no anna" },
	{ "server refused (DATA): [554 5.4.6 hops]", "5.4.6", 554, STAGE_UNKNOWN, "", "554 5.4.6 hops" },
	{ "Sorry, no such host. (#5.1.2)", "5.1.2", 0, STAGE_UNKNOWN, "", "Sorry, no such host. (#5.1.2)" },
	{ "ResponseCode 421, Host not reachable", "", 421, STAGE_UNKNOWN, "", "421, Host not reachable" },
	{ "rack 450 of hall 555 is full", "", 0, STAGE_UNKNOWN, "", "rack 450 of hall 555 is full" },
	{ "could not deliver for 432000 seconds", "", 0, STAGE_UNKNOWN, "", "could not deliver for 432000 seconds" },
	{ "host 10.4.50.550.example", "", 0, STAGE_UNKNOWN, "10.4.50.550.example", "host 10.4.50.550.example" },
	{ "", "", 0, STAGE_UNKNOWN, "", "" },
};

static void
test_fill(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Report) report = report_new(REPORT_BOUNCE, "test");
		Event *event = report_add_event(report, ACTION_FAILED);
		char status[STATUS_TEXT_SIZE];

		g_test_message("%s", cases[i].text);
		outcome_fill(event, cases[i].text);
		status_format(event->status, status);
		g_assert_cmpstr(status, ==, cases[i].status);
		g_assert_cmpuint(event->reply_code, ==, cases[i].reply);
		g_assert_cmpstr(stage_name(event->stage), ==, stage_name(cases[i].stage));
		g_assert_cmpstr(event->remote_mta, ==, cases[i].host);
		g_assert_cmpstr(event->diagnostic, ==, cases[i].diagnostic);
		g_assert_cmpint(outcome_has_reply(cases[i].text), ==, cases[i].reply > 0 || *cases[i].status != '\0');
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	cues_init();
	g_test_add_func("/outcome/fill", test_fill);
	return g_test_run();
}
