#include "data_dir.h"
#include "judge.h"
#include "message.h"
#include "trace.h"

#include <glib/gstdio.h>
#include <string.h>

#define NOW INT64_C(1795000000)
#define DAY (24 * 3600)
#define A "ann@example.org"
#define B "bob@example.org"
#define YAHOO "Feedback <feedback@arf.mail.yahoo.com>"
#define OUR_RESULTS(signer) "Authentication-Results: mx.ours.example; dkim=pass header.d=" signer "\n"

typedef enum Place {
	NOWHERE,
	ENVELOPE,
	ADDRESSED, /* the second address in To: of the report */
	RETURN_PATH,
	TRACE, /* to all of A and whom the token is for, from shop.example */
	FEEDBACK_ID,
	UNSUBSCRIBE,
	UNSUBSCRIBE_ENVELOPE,
} Place;

/* A report about claimed, with a token for whom it was made ("" several), and what it proves. */
static const struct {
	const char *name;
	Place place;
	const char *made_for, *claimed;
	int64_t age;
	bool flipped, upper, local, complaint;
	const char *from, *results;
	Evidence evidence;
	const char *proof;
	bool asked; /* recorded mail is asked about the token */
	const char *sender_domain;
} cases[] = {
	{ "nothing", .claimed = A, .evidence = EVIDENCE_UNVERIFIED, .proof = "" },
	{ "our own mail server's", .claimed = A, .local = true, .evidence = EVIDENCE_LOCAL,
		.proof = "bounce of our own mail server" },
	{ "token in the envelope", ENVELOPE, A, A, .evidence = EVIDENCE_SIGNED,
		.proof = "token in the envelope recipient", .asked = true },
	{ "in upper case", ENVELOPE, A, A, .upper = true, .evidence = EVIDENCE_SIGNED,
		.proof = "token in the envelope recipient", .asked = true },
	{ "one of A names B", ENVELOPE, A, B, .evidence = EVIDENCE_UNVERIFIED,
		.proof = "of another recipient: token in the envelope recipient" },
	{ "one of A names nobody", FEEDBACK_ID, A, "", .complaint = true, .evidence = EVIDENCE_UNVERIFIED, .proof = "",
		.asked = true },
	{ "flipped", ENVELOPE, A, A, .flipped = true, .evidence = EVIDENCE_UNVERIFIED,
		.proof = "not of our making: token in the envelope recipient" },
	{ "too old", ENVELOPE, A, A, .age = 31 * DAY, .evidence = EVIDENCE_UNVERIFIED,
		.proof = "too old: token in the envelope recipient" },
	{ "of a time to come", ENVELOPE, A, A, .age = -3 * DAY, .evidence = EVIDENCE_UNVERIFIED,
		.proof = "too old: token in the envelope recipient" },
	{ "token in To:, the envelope is not known", ADDRESSED, A, A, .evidence = EVIDENCE_SIGNED,
		.proof = "token in the address that it was sent to", .asked = true },
	{ "token of A in To: names B", ADDRESSED, A, B, .evidence = EVIDENCE_UNVERIFIED,
		.proof = "of another recipient: token in the address that it was sent to" },
	{ "of several", ENVELOPE, "", A, .evidence = EVIDENCE_UNVERIFIED, .proof = "", .asked = true },
	{ "returned path", RETURN_PATH, A, A, .evidence = EVIDENCE_SIGNED, .proof = "token in the returned Return-Path",
		.asked = true },
	{ "trace", TRACE, B, A, .evidence = EVIDENCE_SIGNED, .proof = "token in the returned X-Retour-Trace",
		.asked = true, .sender_domain = "shop.example" },
	{ "trace that has not got C", TRACE, B, "c@example.org", .evidence = EVIDENCE_UNVERIFIED,
		.proof = "of another recipient: token in the returned X-Retour-Trace" },
	{ "feedback id", FEEDBACK_ID, A, A, .complaint = true, .evidence = EVIDENCE_SIGNED,
		.proof = "token in CFBL-Feedback-ID", .asked = true },
	{ "feedback id of another", FEEDBACK_ID, A, B, .complaint = true, .evidence = EVIDENCE_UNVERIFIED,
		.proof = "of another recipient: token in CFBL-Feedback-ID" },
	{ "unsubscribe address that came back", UNSUBSCRIBE, A, A, .complaint = true, .evidence = EVIDENCE_SIGNED,
		.proof = "token in the returned List-Unsubscribe", .asked = true },
	{ "unsubscribe address as envelope recipient", UNSUBSCRIBE_ENVELOPE, A, A, .complaint = true,
		.evidence = EVIDENCE_SIGNED, .proof = "unsubscribe token in the envelope recipient", .asked = true },
	{ "our own mail server's, with a token", ENVELOPE, A, A, .local = true, .evidence = EVIDENCE_LOCAL,
		.proof = "bounce of our own mail server", .asked = true },

	{ "signed by a programme", .claimed = A, .complaint = true, .from = YAHOO,
		.results = OUR_RESULTS("arf.mail.yahoo.com"), .evidence = EVIDENCE_REPORTER,
		.proof = "yahoo-cfl, signed by arf.mail.yahoo.com, says mx.ours.example" },
	{ "not signed", .claimed = A, .complaint = true, .from = YAHOO,
		.results = "Authentication-Results: mx.ours.example; dkim=none\n", .evidence = EVIDENCE_UNVERIFIED,
		.proof = "" },
	{ "signed by another", .claimed = A, .complaint = true, .from = YAHOO, .results = OUR_RESULTS("evil.example"),
		.evidence = EVIDENCE_UNVERIFIED, .proof = "" },
	{ "says another server", .claimed = A, .complaint = true, .from = YAHOO,
		.results = "Authentication-Results: mx.evil.example; dkim=pass header.d=arf.mail.yahoo.com\n",
		.evidence = EVIDENCE_UNVERIFIED, .proof = "" },
	{ "signed, and written by another", .claimed = A, .complaint = true, .from = "Evil <evil@yahoo.com>",
		.results = OUR_RESULTS("arf.mail.yahoo.com"), .evidence = EVIDENCE_UNVERIFIED, .proof = "" },
	{ "a second sender above the one that was signed", .claimed = A, .complaint = true,
		.from = YAHOO "\nFrom: Evil <evil@yahoo.com>", .results = OUR_RESULTS("arf.mail.yahoo.com"),
		.evidence = EVIDENCE_UNVERIFIED, .proof = "" },
	{ "the same, spelled so that only a lenient reader sees it", .claimed = A, .complaint = true,
		.from = "Evil <evil@yahoo.com>", .results = OUR_RESULTS("arf.mail.yahoo.com") "From : " YAHOO "\n",
		.evidence = EVIDENCE_UNVERIFIED, .proof = "" },
	{ "the same, above what looks like the end of the headers", .claimed = A, .complaint = true,
		.from = "Evil <evil@yahoo.com>",
		.results = OUR_RESULTS("arf.mail.yahoo.com") "From: " YAHOO "\n\rX: y\n",
		.evidence = EVIDENCE_UNVERIFIED, .proof = "" },
	{ "a programme in which nobody enrolled us", .claimed = A, .complaint = true,
		.from = "JMRP <staff@hotmail.com>", .results = OUR_RESULTS("hotmail.com"),
		.evidence = EVIDENCE_UNVERIFIED, .proof = "" },
	{ "a bounce is no complaint", .claimed = A, .from = YAHOO, .results = OUR_RESULTS("arf.mail.yahoo.com"),
		.evidence = EVIDENCE_UNVERIFIED, .proof = "" },
	{ "signed, with a token", FEEDBACK_ID, A, A, .complaint = true, .from = YAHOO,
		.results = OUR_RESULTS("arf.mail.yahoo.com"), .evidence = EVIDENCE_SIGNED,
		.proof = "token in CFBL-Feedback-ID", .asked = true },
	{ "signed, with a token of another", FEEDBACK_ID, A, B, .complaint = true, .from = YAHOO,
		.results = OUR_RESULTS("arf.mail.yahoo.com"), .evidence = EVIDENCE_REPORTER,
		.proof = "yahoo-cfl, signed by arf.mail.yahoo.com, says mx.ours.example" },
};

static const unsigned char message[TOKEN_MESSAGE_SIZE] = { 1, 2, 3, 4, 5, 6, 7, 8 };

static char *
make_token(const Rulebook *book, size_t i)
{
	static const TokenPurpose purposes[] = { [ENVELOPE] = TOKEN_RETURN_PATH,
		[ADDRESSED] = TOKEN_RETURN_PATH,
		[RETURN_PATH] = TOKEN_RETURN_PATH,
		[FEEDBACK_ID] = TOKEN_FEEDBACK,
		[UNSUBSCRIBE] = TOKEN_UNSUBSCRIBE,
		[UNSUBSCRIBE_ENVELOPE] = TOKEN_UNSUBSCRIBE };
	const TokenKey *key = keyring_signer(book->trust->ring, NOW);
	const char *several[] = { A, cases[i].made_for };
	char text[TOKEN_TEXT_SIZE];
	Token token;

	if (cases[i].place == NOWHERE)
		return g_strdup("");
	if (cases[i].place == TRACE)
		return trace_make(key, NOW, message, "shop.example", several, G_N_ELEMENTS(several));
	token_make(key, purposes[cases[i].place], NOW - cases[i].age, message,
		*cases[i].made_for == '\0' ? NULL : cases[i].made_for, "", &token);
	token_format(&token, text);
	if (cases[i].flipped)
		text[30] = text[30] == 'a' ? 'b' : 'a';
	return cases[i].upper ? g_ascii_strup(text, -1) : g_strdup(text);
}

static char *
returned_headers(size_t i, const char *token)
{
	switch (cases[i].place) {
	case TRACE:
		return g_strconcat("X-Retour-Trace: ", token, "\n", NULL);
	case RETURN_PATH:
		return g_strconcat("Return-Path: <b-", token, "@bounces.example>\n", NULL);
	case FEEDBACK_ID:
		return g_strconcat("CFBL-Feedback-ID: ", token, "\n", NULL);
	case UNSUBSCRIBE:
		return g_strconcat(
			"List-Unsubscribe: <https://x.example/u>,\n <mailto:u-", token, "@x.example>\n", NULL);
	case NOWHERE:
	case ENVELOPE:
	case ADDRESSED:
	case UNSUBSCRIBE_ENVELOPE:
		break;
	}
	return g_strdup("");
}

static char *
make_mail(size_t i, const char *token)
{
	g_autofree char *returned = returned_headers(i, token);
	g_autofree char *to =
		cases[i].place != ADDRESSED
			? g_strdup("")
			: g_strdup_printf("To: postmaster@bounces.example,\n \"b\" <b-%s@bounces.example>\n", token);
	g_autofree char *about =
		*cases[i].claimed == '\0' ? g_strdup("")
		: cases[i].complaint      ? g_strdup_printf("Original-Rcpt-To: %s\n", cases[i].claimed)
				     : g_strdup_printf("\nFinal-Recipient: rfc822; %s\nAction: failed\nStatus: 5.1.1\n",
					     cases[i].claimed);

	return g_strdup_printf("%s%sFrom: %s\nMIME-Version: 1.0\n"
			       "Content-Type: multipart/report; report-type=%s; boundary=edge\n\n"
			       "--edge\n\nHear, hear.\n--edge\nContent-Type: message/%s\n\n%s%s"
			       "--edge\nContent-Type: message/rfc822\n\n%s"
			       "From: news@claimed.example\nMessage-ID: <m@claimed.example>\n\n--edge--\n",
		cases[i].results == NULL ? "" : cases[i].results, to,
		cases[i].from == NULL ? "MAILER-DAEMON@mx.example.org" : cases[i].from,
		cases[i].complaint ? "feedback-report" : "delivery-status",
		cases[i].complaint ? "feedback-report" : "delivery-status",
		cases[i].complaint ? "Feedback-Type: abuse\nUser-Agent: x/1\nVersion: 1\n"
				   : "Reporting-MTA: dns; mx.example.org\n",
		about, returned);
}

static Rulebook *
load(const char *keys, const char *enrolled, GError **error)
{
	g_autofree char *shipped = data_dir();
	g_autofree char *text = g_strdup_printf("keys: %s\nenrolled: %s\n", keys, enrolled);
	g_autoptr(YamlFile) file = yaml_file_parse("/etc/x", text, strlen(text), NULL);
	RulebookSettings settings = { 0 };
	Rulebook *book;

	g_assert_true(rulebook_settings_read(NULL, yaml_file_root(file), shipped, &settings, error));
	book = rulebook_load(&settings, error);
	rulebook_settings_clear(&settings);
	return book;
}

typedef struct Site {
	char *folder, *keys;
	Rulebook *book;
} Site;

static void
site_init(Site *site)
{
	g_autoptr(GError) error = NULL;
	int64_t signs_from;
	uint8_t id;

	site->folder = g_dir_make_tmp("proof-XXXXXX", NULL);
	site->keys = g_build_filename(site->folder, "keys.yaml", NULL);
	keyring_add(site->keys, NOW - 90 * DAY, 0, &id, &signs_from, &error);
	g_assert_no_error(error);
	site->book = load(site->keys, "yahoo-cfl", &error);
	g_assert_no_error(error);
}

static void
site_clear(Site *site)
{
	g_autofree char *lock = g_strconcat(site->keys, ".lock", NULL);

	rulebook_unref(site->book);
	g_unlink(site->keys);
	g_unlink(lock);
	g_rmdir(site->folder);
	g_free(site->keys);
	g_free(site->folder);
}

static Judged *
judge_case(const Site *site, size_t i)
{
	static const char *const ids[] = { "mx.ours.example", NULL };
	const Border border = { ids, NULL };
	bool envelope = cases[i].place == ENVELOPE || cases[i].place == UNSUBSCRIBE_ENVELOPE;
	g_autofree char *token = make_token(site->book, i);
	g_autofree char *mail = make_mail(i, token);
	g_autofree char *recipient = g_strconcat("b-", envelope ? token : "x", "@bounces.example", NULL);
	const char *recipients[] = { recipient };
	Inbound inbound = { .source = "file",
		.id = "test",
		.envelope_sender = "",
		.recipients = recipients,
		.recipient_count = 1,
		.bytes = mail,
		.size = strlen(mail),
		.local = cases[i].local,
		.client_address = "",
		.border = &border,
		.received_at = NOW };

	return judge(site->book, &inbound, &limits_default);
}

static void
test_cases(void)
{
	Site site;

	site_init(&site);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Judged) judged = judge_case(&site, i);
		const Finding *finding = &judged->findings[0];
		const char *domain = cases[i].sender_domain == NULL ? "" : cases[i].sender_domain;

		g_test_message("%s", cases[i].name);
		g_assert_cmpuint(judged->finding_count, ==, 1);
		g_assert_cmpstr(finding->address, ==, cases[i].claimed);
		g_assert_cmpstr(finding->proof, ==, cases[i].proof);
		g_assert_cmpint(finding->evidence, ==, cases[i].evidence);
		g_assert_cmpstr(finding->sender_domain, ==, domain);
		g_assert_cmpint(finding->token.message != 0, ==, cases[i].asked);
		if (cases[i].asked) {
			g_assert_cmpint(finding->token.message, ==, token_message_number(message));
			g_assert_cmpint(finding->token.made_at, ==, NOW - cases[i].age);
		}
	}
	site_clear(&site);
}

/* Any bit of a token turned over, and nothing is proven; most are no token any more. */
static void
test_flipped_bits(void)
{
	Site site;
	unsigned refused = 0;

	site_init(&site);
	const TokenKey *key = keyring_signer(site.book->trust->ring, NOW);
	g_autoptr(GRand) random = g_rand_new_with_seed(7);

	for (unsigned i = 0; i < 10000; i++) {
		TokenPurpose purpose = (TokenPurpose)g_rand_int_range(random, TOKEN_RETURN_PATH, TOKEN_UNSUBSCRIBE + 1);
		bool several = g_rand_boolean(random);
		unsigned flips = (unsigned)g_rand_int_range(random, 1, 4);
		char text[TOKEN_TEXT_SIZE], good[TOKEN_TEXT_SIZE];
		TokenClaim claim = { .purpose = purpose, .context = "", .recipient = A };
		Token token;

		token_make(key, purpose, NOW, message, several ? NULL : A, "", &token);
		token_format(&token, text);
		memcpy(good, text, sizeof good);
		while (flips-- > 0)
			text[g_rand_int_range(random, 0, (gint32)strlen(good))] ^=
				(char)(1 << g_rand_int_range(random, 0, 7));
		if (g_ascii_strcasecmp(text, good) == 0)
			continue; /* only its case, or turned back */
		claim.token = &token;
		if (!token_parse(text, strlen(good), &token)
			|| token_verify(site.book->trust->ring, &claim, 30 * DAY, NOW) == TOKEN_INVALID)
			refused++;
		else
			g_test_fail_printf("%s passes for %s", text, good);
	}
	g_assert_cmpuint(refused, >, 9000);
	site_clear(&site);
}

static const struct Refusal {
	const char *enrolled, *message;
} refusals[] = {
	{ "yahoo", "section 'trust', 'enrolled': 'yahoo': there is no such feedback programme" },
	{ "[yahoo-cfl, abusix]", "section 'trust', 'enrolled': 'abusix': it sends what nobody asked for" },
};

static void
test_refusals(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(refusals); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_null(load("", refusals[i].enrolled, &error));
		g_assert_error(error, RETOUR_ERROR, ERROR_CONFIG);
		g_assert_cmpstr(error->message, ==, refusals[i].message);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	message_init();
	g_test_add_func("/proof/cases", test_cases);
	g_test_add_func("/proof/flipped-bits", test_flipped_bits);
	g_test_add_func("/proof/refusals", test_refusals);
	return g_test_run();
}
