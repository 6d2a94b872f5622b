#include "intake_fixture.h"
#include "mails.h"
#include "sent.h"

#include <glib/gstdio.h>
#include <pthread.h>
#include <stdatomic.h>

/* One bounce of our own MTA each: what it does to the list. */
static const struct {
	const char *name, *recipient, *status, *diagnostic, *action;
	bool listed;
	ReportKind kind;
} bounces[] = {
	{ "unknown user", "one@intake-a.example", "5.1.1", "550 5.1.1 No such user here", "failed", true,
		REPORT_BOUNCE },
	{ "full mailbox", "two@intake-a.example", "4.2.2", "452 4.2.2 The mailbox is over quota", "failed", false,
		REPORT_BOUNCE },
	{ "our address is on a blocklist", "three@intake-a.example", "5.7.1",
		"554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org", "failed",
		false, REPORT_BOUNCE },
	{ "still being tried", "four@intake-a.example", "4.4.1", "connect to mx.example.org: Connection timed out",
		"delayed", false, REPORT_DELAY },
	{ "delivered", "five@intake-a.example", "2.0.0", "250 2.0.0 Ok", "delivered", false, REPORT_SUCCESS },
};

static void
test_outcomes(void)
{
	g_autoptr(Fixture) fixture = fixture_new();

	for (size_t i = 0; i < G_N_ELEMENTS(bounces); i++) {
		Bounce bounce = { .recipient = bounces[i].recipient,
			.status = bounces[i].status,
			.diagnostic = bounces[i].diagnostic,
			.action = bounces[i].action,
			.message_id = bounces[i].recipient };
		IntakeResult result = fixture_deliver(fixture, mail_bounce(&bounce), true);

		g_test_message("%s", bounces[i].name);
		g_assert_cmpint(result.outcome, ==, OUTCOME_RECORDED);
		g_assert_cmpint(result.kind, ==, bounces[i].kind);
		g_assert_cmpint(result.recorded.evidence, ==, EVIDENCE_LOCAL);
		g_assert_cmpuint(result.recorded.new_events, ==, 1);
		g_assert_cmpuint(result.recorded.listed, ==, bounces[i].listed);
		g_assert_cmpuint(fixture_events(fixture, bounces[i].recipient), ==, 1);
		g_assert_cmpint(fixture_ask(fixture, bounces[i].recipient, "shop.example"), ==,
			bounces[i].listed ? GATE_CLOSED : GATE_OPEN);
	}
}

static void
test_no_bounce(void)
{
	g_autoptr(Fixture) fixture = fixture_new();
	IntakeResult result = fixture_deliver(fixture, mail_ordinary(), false);

	g_assert_cmpint(result.outcome, ==, OUTCOME_NOT_A_REPORT);
	g_assert_cmpuint(fixture_events(fixture, "ann@example.org"), ==, 0);
	result = fixture_deliver(fixture, mail_vacation("away@intake-b.example"), false);
	g_assert_cmpint(result.outcome, ==, OUTCOME_RECORDED);
	g_assert_cmpint(result.kind, ==, REPORT_AUTO_REPLY);
	g_assert_cmpuint(result.recorded.listed, ==, 0);
	g_assert_cmpint(fixture_ask(fixture, "away@intake-b.example", "shop.example"), ==, GATE_OPEN);
}

static void
test_told_again(void)
{
	static const char address[] = "again@intake-c.example";
	static const Bounce first = { .recipient = address, .queue_id = "4Xa1", .own_id = "b1@out", .date = "Mon" };
	static const Bounce retry = {
		.recipient = address, .queue_id = "4Xa1", .own_id = "b2@out", .date = "Tue, 6 Oct 2026 09:00:09 +0000"
	};
	g_autoptr(Fixture) fixture = fixture_new();
	IntakeResult result = fixture_deliver(fixture, mail_bounce(&first), true);

	g_assert_cmpuint(result.recorded.new_events, ==, 1);
	g_assert_cmpuint(result.recorded.listed, ==, 1);
	result = fixture_deliver(fixture, mail_bounce(&first), true);
	g_assert_cmpint(result.outcome, ==, OUTCOME_RECORDED);
	g_assert_cmpuint(result.recorded.new_events, ==, 0);
	g_assert_cmpuint(result.recorded.duplicate_events, ==, 1);
	result = fixture_deliver(fixture, mail_bounce(&retry), true);
	g_assert_cmpuint(result.recorded.new_events, ==, 0);
	g_assert_cmpuint(result.recorded.duplicate_events, ==, 1);
	g_assert_cmpuint(fixture_events(fixture, address), ==, 1);
	g_assert_cmpuint(fixture->published, ==, 1);
}

/* Anybody can send this. The same told by our own MTA afterwards counts, and is not counted twice. */
static void
test_forged(void)
{
	static const char address[] = "victim@intake-d.example";
	static const Bounce bounce = { .recipient = address, .message_id = "d-1@shop.example" };
	g_autoptr(Fixture) fixture = fixture_new();
	IntakeResult result = fixture_deliver(fixture, mail_bounce(&bounce), false);

	g_assert_cmpint(result.outcome, ==, OUTCOME_RECORDED);
	g_assert_cmpint(result.recorded.evidence, ==, EVIDENCE_UNVERIFIED);
	g_assert_cmpuint(result.recorded.new_events, ==, 1);
	g_assert_cmpuint(result.recorded.listed, ==, 0);
	g_assert_cmpint(fixture_ask(fixture, address, "shop.example"), ==, GATE_OPEN);
	result = fixture_deliver(fixture, mail_bounce(&bounce), true);
	g_assert_cmpuint(result.recorded.new_events, ==, 0);
	g_assert_cmpuint(result.recorded.improved_events, ==, 1);
	g_assert_cmpuint(result.recorded.listed, ==, 1);
	g_assert_cmpint(fixture_ask(fixture, address, "shop.example"), ==, GATE_CLOSED);
	g_assert_cmpuint(fixture_events(fixture, address), ==, 1);
}

static void
record_sent(Fixture *fixture, const char *address, const char *message_id)
{
	SentRecipient recipient = { .address = address, .provider = "example.org" };
	SentMail mail = { .message_id = message_id,
		.queue_id = "4Xs1",
		.envelope_sender = "news@shop.example",
		.sender_domain = "shop.example",
		.sent_at = g_get_real_time() / G_USEC_PER_SEC - 60,
		.recipients = &recipient,
		.recipient_count = 1 };
	g_autoptr(GError) error = NULL;
	SentRecorder *recorder = sent_open(&fixture->store_settings, 100, &error);

	g_assert_no_error(error);
	g_assert_true(sent_add(recorder, &mail));
	sent_close(recorder);
}

static void
test_known_message(void)
{
	static const char address[] = "known@intake-e.example";
	static const Bounce bounce = { .recipient = address, .message_id = "e-1@shop.example" };
	g_autoptr(Fixture) fixture = fixture_new();

	record_sent(fixture, address, "e-1@shop.example");
	IntakeResult result = fixture_deliver(fixture, mail_bounce(&bounce), false);

	g_assert_cmpint(result.recorded.evidence, ==, EVIDENCE_KNOWN_MESSAGE);
	g_assert_cmpuint(result.recorded.listed, ==, 1);
	g_assert_cmpint(fixture_ask(fixture, address, "other.example"), ==, GATE_CLOSED);
}

static void
test_complaint(void)
{
	static const char address[] = "annoyed@intake-f.example";
	g_autoptr(Fixture) fixture = fixture_new();

	record_sent(fixture, address, "f-1@shop.example");
	IntakeResult result =
		fixture_deliver(fixture, mail_complaint(address, "f-1@shop.example", "news@shop.example"), false);

	g_assert_cmpint(result.outcome, ==, OUTCOME_RECORDED);
	g_assert_cmpint(result.kind, ==, REPORT_COMPLAINT);
	g_assert_cmpuint(result.recorded.listed, ==, 1);
	g_assert_cmpint(fixture_ask(fixture, address, "shop.example"), ==, GATE_CLOSED);
	g_assert_cmpint(fixture_ask(fixture, address, "other.example"), ==, GATE_OPEN);
}

static void
test_postgres_away(void)
{
	static const char address[] = "later@intake-g.example";
	static const Bounce bounce = { .recipient = address, .message_id = "g-1@shop.example" };
	g_autoptr(Fixture) fixture = fixture_new();

	fixture_postgres("stop");
	g_assert_cmpint(fixture_deliver(fixture, mail_bounce(&bounce), true).outcome, ==, OUTCOME_RETRY);
	g_assert_cmpint(fixture_ask(fixture, address, "shop.example"), ==, GATE_UNKNOWN);
	g_assert_cmpint(fixture_deliver(fixture, mail_ordinary(), true).outcome, ==, OUTCOME_NOT_A_REPORT);
	fixture_postgres("start");
	while (fixture_deliver(fixture, mail_bounce(&bounce), true).outcome != OUTCOME_RECORDED)
		g_usleep(50000);
	while (fixture_ask(fixture, address, "shop.example") == GATE_UNKNOWN)
		g_usleep(50000);
	g_assert_cmpuint(fixture_events(fixture, address), ==, 1);
	g_assert_cmpint(fixture_ask(fixture, address, "shop.example"), ==, GATE_CLOSED);
}

/* What is no rule set leaves nothing behind, and the old one judges on. */
static void
test_bad_rules(void)
{
	static const char address[] = "rules@intake-h.example";
	static const Bounce bounce = { .recipient = address, .message_id = "h-1@shop.example" };
	g_autoptr(Fixture) fixture = fixture_new();
	g_autofree char *dir = g_dir_make_tmp("retour-rules-XXXXXX", NULL);
	g_autofree char *file = g_build_filename(dir, "bad.yaml", NULL);
	char *dirs[] = { fixture->rulebook_settings.classifier.rule_dirs[0], dir, NULL };
	RulebookSettings settings = fixture->rulebook_settings;
	g_autoptr(GError) error = NULL;

	settings.classifier.rule_dirs = dirs;
	g_assert_true(g_file_set_contents(file, "- id: x\n  categorie: user_unknown\n", -1, NULL));
	g_assert_null(rulebook_load(&settings, &error));
	g_assert_error(error, RETOUR_ERROR, ERROR_CONFIG);
	g_assert_nonnull(strstr(error->message, "bad.yaml:"));
	g_assert_cmpint(fixture_deliver(fixture, mail_bounce(&bounce), true).recorded.listed, ==, 1);
	g_unlink(file);
	g_rmdir(dir);
}

typedef struct Sender {
	Fixture *fixture;
	unsigned number;
	atomic_uint *new_events, *listed;
} Sender;

#define SENDERS 6
#define MAILS_EACH 40

/* Half of the mails are everybody's, half are one's own. */
static void *
send_on(void *data)
{
	const Sender *sender = data;

	for (unsigned i = 0; i < MAILS_EACH; i++) {
		g_autofree char *address =
			g_strdup_printf("u%u-%u@intake-i.example", i % 2 == 0 ? SENDERS : sender->number, i);
		Bounce bounce = { .recipient = address, .message_id = address };
		IntakeResult result = fixture_deliver(sender->fixture, mail_bounce(&bounce), true);

		g_assert_cmpint(result.outcome, ==, OUTCOME_RECORDED);
		atomic_fetch_add(sender->new_events, result.recorded.new_events);
		atomic_fetch_add(sender->listed, result.recorded.listed);
	}
	return NULL;
}

/* With rule sets swapped under the running messages. */
static void
test_at_once(void)
{
	g_autoptr(Fixture) fixture = fixture_new();
	atomic_uint new_events = 0, listed = 0;
	Sender senders[SENDERS];
	pthread_t threads[SENDERS];
	g_autoptr(GError) error = NULL;

	for (unsigned i = 0; i < SENDERS; i++) {
		senders[i] = (Sender){ fixture, i, &new_events, &listed };
		pthread_create(&threads[i], NULL, send_on, &senders[i]);
	}
	for (unsigned i = 0; i < 3; i++) {
		g_autoptr(Rulebook) book = rulebook_load(&fixture->rulebook_settings, &error);

		g_assert_no_error(error);
		intake_set_rulebook(fixture->intake, book);
	}
	for (unsigned i = 0; i < SENDERS; i++)
		pthread_join(threads[i], NULL);
	g_assert_cmpuint(new_events, ==, MAILS_EACH / 2 + SENDERS * MAILS_EACH / 2);
	g_assert_cmpuint(listed, ==, new_events);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	int status = fixture_prepare();

	if (status != 0)
		return status;
	g_test_add_func("/intake/outcomes", test_outcomes);
	g_test_add_func("/intake/no-bounce", test_no_bounce);
	g_test_add_func("/intake/told-again", test_told_again);
	g_test_add_func("/intake/forged", test_forged);
	g_test_add_func("/intake/known-message", test_known_message);
	g_test_add_func("/intake/complaint", test_complaint);
	g_test_add_func("/intake/postgres-away", test_postgres_away);
	g_test_add_func("/intake/bad-rules", test_bad_rules);
	g_test_add_func("/intake/at-once", test_at_once);
	return g_test_run();
}
