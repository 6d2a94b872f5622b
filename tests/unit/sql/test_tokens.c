#include "sent.h"
#include "sql_fixture.h"

#include <string.h>

/* What recorded mail adds to a token that came back. */

#define SINGLE INT64_C(-81985529216486896)
#define SEVERAL INT64_C(42)
#define HIDDEN INT64_C(43)
#define ANN "ann@example.org"
#define BOB "bob@example.org"

typedef struct Told {
	const char *name;
	const char *address;    /* in the report; "" hidden */
	int64_t token;          /* 0: none */
	const char *message_id; /* as the report claims */
	Evidence evidence;      /* without the record */
	/* expected of the event, and of the report */
	const char *event; /* recipient|sender_domain|provider|evidence|proof */
	unsigned fresh, listed;
} Told;

static const Told steps[] = {
	{ "named, the record says whose mail it was", ANN, SINGLE, "one@true.example", EVIDENCE_SIGNED,
		"ann@example.org|true.example|example.org|signed|a test", 1, 1 },
	{ "told again with another Message-ID", ANN, SINGLE, "made-up@x.example", EVIDENCE_SIGNED, NULL, 0, 0 },
	{ "and hidden: the record knows who it was", "", SINGLE, "made-up-2@x.example", EVIDENCE_UNVERIFIED, NULL, 0,
		0 },
	{ "about another, whom that message did not go to", BOB, SINGLE, "one@true.example", EVIDENCE_UNVERIFIED,
		"bob@example.org|sender.example|other|unverified|a test", 1, 0 },
	{ "hidden, and the record knows who it was", "", HIDDEN, "x@x.example", EVIDENCE_UNVERIFIED,
		"carol@example.org|true.example|bigmail|signed|the envelope", 1, 1 },
	{ "that one again, with the name", "carol@example.org", HIDDEN, "y@x.example", EVIDENCE_SIGNED, NULL, 0, 0 },
	{ "to several, one of them named", BOB, SEVERAL, "x@x.example", EVIDENCE_UNVERIFIED,
		"bob@example.org|other.example|example.org|signed|the envelope", 1, 1 },
	{ "to several, nobody named: only whose mail it was", "", SEVERAL, "x@x.example", EVIDENCE_UNVERIFIED,
		"|other.example|other|signed|the envelope", 1, 0 },
	{ "that one again", "", SEVERAL, "y@x.example", EVIDENCE_UNVERIFIED, NULL, 0, 0 },
	{ "recorded, but of a mail with a token nothing less proves anything", ANN, 0, "two@other.example",
		EVIDENCE_UNVERIFIED, "ann@example.org|sender.example|other|unverified|a test", 1, 0 },
	{ "to several, whom it did not go to", "eve@example.org", SEVERAL, "x@x.example", EVIDENCE_UNVERIFIED,
		"eve@example.org|sender.example|other|unverified|a test", 1, 0 },
	{ "not recorded, the token names the recipient: whose mail it was is not proven", ANN, 77, "z@x.example",
		EVIDENCE_SIGNED, "ann@example.org|sealed.example|example.org|signed|a test", 1, 1 },
	{ "that one again with another Message-ID", ANN, 77, "zz@x.example", EVIDENCE_SIGNED, NULL, 0, 0 },
	{ "not recorded and nobody named", "", 78, "z@x.example", EVIDENCE_UNVERIFIED,
		"|sender.example|other|unverified|a test", 1, 0 },
};

static void
record_mail(const char *url, int64_t at)
{
	g_autofree char *copy = g_strdup(url);
	StoreSettings settings = { .url = copy, .connections = 1, .commit_timeout_ms = 20000, .queue_events = 1000 };
	SentRecorder *recorder = sent_open(&settings, 1000, NULL);
	SentRecipient to[] = { { ANN, "bigmail" }, { BOB, "bigmail" } };
	SentMail single = { .message_id = "one@true.example",
		.queue_id = "",
		.envelope_sender = "",
		.sender_domain = "true.example",
		.sent_at = at,
		.recipients = to,
		.recipient_count = 1,
		.token = SINGLE };
	SentMail several = single, hidden = single;
	SentRecipient carol = { "carol@example.org", "bigmail" };

	several.message_id = "two@other.example";
	several.sender_domain = "other.example";
	several.recipient_count = 2;
	several.token = SEVERAL;
	hidden.message_id = "three@true.example";
	hidden.recipients = &carol;
	hidden.token = HIDDEN;
	g_assert_true(sent_add(recorder, &single) && sent_add(recorder, &hidden) && sent_add(recorder, &several));
	sent_close(recorder);
}

static void
test_steps(void)
{
	g_autofree char *url = fixture_database();
	g_autofree char *milter = fixture_url_as(url, "retour_milter");
	int64_t at = g_get_real_time() / G_USEC_PER_SEC - 60;
	Store *store = fixture_store(milter);
	unsigned events = 0;

	record_mail(milter, at);
	for (size_t i = 0; i < G_N_ELEMENTS(steps); i++) {
		const Told *told = &steps[i];
		g_autofree char *key = g_strdup_printf("%zu", i);
		g_autoptr(Sample) sample = sample_new(CATEGORY_COMPLAINT_SPAM, told->address, key);
		Recorded recorded;

		g_test_message("%s", told->name);
		report_set(&sample->report->original.message_id, told->message_id);
		report_set(&sample->finding.sender_domain, "sealed.example");
		sample->finding.evidence = told->evidence;
		sample->finding.token = (TokenClue){ told->token, at, g_strdup("the envelope") };
		recorded = fixture_record(store, sample);
		g_assert_cmpuint(recorded.new_events, ==, told->fresh);
		g_assert_cmpuint(recorded.listed, ==, told->listed);
		g_assert_cmpint(fixture_number(url, "select count(*) from events"), ==, events += told->fresh);
		if (told->event != NULL) {
			g_autofree char *event = fixture_text(url,
				"select concat_ws('|', recipient, sender_domain, provider, evidence, proof) from events"
				" order by ctid desc limit 1");

			g_assert_cmpstr(event, ==, told->event);
		}
	}
	g_assert_cmpint(fixture_number(url, "select sum(n) from counters where category <> 'sent'"), ==, events);
	store_close(store);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	if (!fixture_present())
		return 0;
	g_test_add_func("/tokens/steps", test_steps);
	return g_test_run();
}
