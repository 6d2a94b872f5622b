#include "proof.h"

#include "auth_border.h"
#include "raw_field.h"
#include "token_clues.h"

typedef struct Proof {
	const Rulebook *book;
	const Inbound *inbound;
	const Report *report;
	TokenClues clues;
	char *reporter; /* how it was proven whose report it is; NULL: it was not */
} Proof;

/* A second From: could stand above the one that was signed. */
static bool
has_one_sender(const Inbound *inbound)
{
	unsigned count = 0;
	RawField field;

	for (size_t at = 0; raw_field_next(inbound->bytes, inbound->size, &at, &field);)
		count += raw_field_may_be(&field, "From");
	return count == 1;
}

static char *
find_reporter(const Proof *proof)
{
	const Programmes *programmes = providers_programmes(proof->book->providers);
	g_autoptr(AuthResults) results = NULL;
	const char *signer;

	if (proof->report->kind != REPORT_COMPLAINT || proof->inbound->border == NULL
		|| *proof->book->trust->enrolled == NULL || !has_one_sender(proof->inbound))
		return NULL;
	results = auth_border_read(proof->inbound->border, proof->inbound->bytes, proof->inbound->size);
	for (guint at = 0; results != NULL && (signer = auth_results_next_signer(results, &at)) != NULL;) {
		const Programme *programme = programmes_prove(programmes, proof->report->from, signer);

		if (programme != NULL
			&& g_strv_contains((const char *const *)proof->book->trust->enrolled, programme->name))
			return g_strdup_printf(
				"%s, signed by %s, says %s", programme->name, signer, results->authserv_id);
	}
	return NULL;
}

static void
set(Finding *finding, Evidence evidence, const char *proof)
{
	finding->evidence = evidence;
	g_free(finding->proof);
	finding->proof = g_strdup(proof);
}

/* What was wrong with a token that proves nothing, for those who ask why an event is unverified. */
static const char *
objection(TokenState state)
{
	switch (state) {
	case TOKEN_EXPIRED:
		return "too old: ";
	case TOKEN_WRONG_RECIPIENT:
		return "of another recipient: ";
	case TOKEN_RETIRED_KEY:
		return "of a retired key: ";
	case TOKEN_INVALID:
		return "not of our making: ";
	case TOKEN_VALID:
	case TOKEN_NEEDS_RECORD:
		break;
	}
	return "";
}

static void
use_token(const Proof *proof, Finding *finding)
{
	const Clue *clue;
	TokenState state = token_clues_verify(
		&proof->clues, proof->book->trust, finding->address, proof->inbound->received_at, &clue);

	if (clue == NULL)
		return;
	if (state == TOKEN_VALID || state == TOKEN_NEEDS_RECORD) {
		finding->token.message = token_message_number(clue->token.message);
		finding->token.made_at = clue->token.made_at;
		finding->token.place = g_strdup(clue->place);
	}
	if (state == TOKEN_VALID && finding->evidence > EVIDENCE_SIGNED) {
		set(finding, EVIDENCE_SIGNED, clue->place);
		g_free(finding->sender_domain);
		finding->sender_domain = g_strdup(token_clues_domain(&proof->clues, proof->book->trust, clue));
	} else if (*finding->proof == '\0' && state != TOKEN_NEEDS_RECORD) {
		g_autofree char *words = g_strconcat(objection(state), clue->place, NULL);

		set(finding, finding->evidence, words);
	}
}

void
proof_find(const Rulebook *book, const Inbound *inbound, const Report *report, Finding *findings, size_t count)
{
	Proof proof = { .book = book, .inbound = inbound, .report = report };

	token_clues_collect(&proof.clues, inbound, report);
	proof.reporter = find_reporter(&proof);
	for (size_t i = 0; i < count; i++) {
		Finding *finding = &findings[i];

		if (inbound->local)
			set(finding, EVIDENCE_LOCAL, "bounce of our own mail server");
		else if (inbound->vouched)
			set(finding, EVIDENCE_LOCAL, "of an archive for which a person vouched");
		else if (proof.reporter != NULL)
			set(finding, EVIDENCE_REPORTER, proof.reporter);
		else
			set(finding, EVIDENCE_UNVERIFIED, "");
		finding->sender_domain = g_strdup("");
		use_token(&proof, finding);
	}
	g_free(proof.reporter);
}
