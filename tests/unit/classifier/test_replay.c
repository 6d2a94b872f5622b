#include "replay.h"

#include "listing.h"
#include "policy_load.h"

#include <string.h>

#define DAY INT64_C(86400)
#define NOW (1000 * DAY)
#define STEPS 8

static const char policy_text[] =
	"- {category: user_unknown, evidence: known_message, action: list, scope: everybody, periods: [30d, 90d],"
	" on_delivery: release}\n"
	"- {category: mailbox_full, evidence: known_message, action: count, days: 3, window: 10d, scope: everybody,"
	" periods: [60d], on_delivery: release}\n"
	"- {category: complaint_spam, evidence: known_message, action: list, scope: sender_domain, periods: "
	"[forever]}\n"
	"- {category: domain_not_found, evidence: known_message, action: count, days: 2, window: 10d, scope: everybody,"
	" target: domain, periods: [forever], on_delivery: release}\n";

/*
 * One letter: u unknown, f full, c complaint, d domain, v delivered, x unknown without proof; + added by a person for 20 days,
 * - removed, e the domain is back by DNS. A capital: of Bob.
 */
typedef struct Step {
	int days_ago;
	char what;
} Step;

static const struct Script {
	const char *name;
	Step steps[STEPS];
	int decides_from;   /* days ago; 0: from the beginning */
	const char *result; /* "change target scope ends in days" of all differences from an empty list */
} cases[] = {
	{ "nothing", { { 0 } }, 0, "" },
	{ "at once", { { 10, 'u' } }, 0, "listed anna@x.example * 20;" },
	{ "expired", { { 31, 'u' } }, 0, "" },
	{ "unproven", { { 10, 'x' } }, 0, "" },
	{ "extended by the same period", { { 25, 'u' }, { 5, 'u' } }, 0, "listed anna@x.example * 25;" },
	{ "as good as the same end", { { 25, 'u' }, { 25, 'u' } }, 0, "listed anna@x.example * 5;" },
	{ "the next time takes the next period", { { 50, 'u' }, { 15, 'u' } }, 0, "listed anna@x.example * 75;" },
	{ "two days are too few", { { 9, 'f' }, { 8, 'f' }, { 8, 'f' } }, 0, "" },
	{ "three days", { { 9, 'f' }, { 8, 'f' }, { 7, 'f' } }, 0, "listed anna@x.example * 53;" },
	{ "the first day is out of the window", { { 17, 'f' }, { 8, 'f' }, { 7, 'f' } }, 0, "" },
	{ "the first day is just within", { { 16, 'f' }, { 8, 'f' }, { 7, 'f' } }, 0, "listed anna@x.example * 53;" },
	{ "strikes of others count alone", { { 9, 'f' }, { 8, 'F' }, { 7, 'f' } }, 0, "" },
	{ "a delivery forgets strikes", { { 9, 'f' }, { 8, 'f' }, { 8, 'v' }, { 7, 'f' } }, 0, "" },
	{ "a delivery ends", { { 9, 'u' }, { 8, 'v' } }, 0, "" },
	{ "one of the same time does not", { { 9, 'u' }, { 9, 'v' } }, 0, "listed anna@x.example * 21;" },
	{ "released, then listed anew", { { 9, 'u' }, { 8, 'v' }, { 7, 'u' } }, 0, "listed anna@x.example * 83;" },
	{ "a complaint is kept", { { 9, 'c' }, { 8, 'v' } }, 0, "listed anna@x.example s.example forever;" },
	{ "a domain", { { 9, 'd' }, { 8, 'D' } }, 0, "listed @x.example * forever;" },
	{ "a domain and a delivery", { { 9, 'd' }, { 8, 'd' }, { 7, 'V' } }, 0, "" },
	{ "a domain that is back", { { 9, 'd' }, { 8, 'd' }, { 7, 'e' } }, 0, "" },
	{ "a person's entry is left alone", { { 9, '+' }, { 8, 'u' }, { 7, 'v' } }, 0, "listed anna@x.example * 11;" },
	{ "and replaced when it is over", { { 29, '+' }, { 8, 'u' } }, 0, "listed anna@x.example * 22;" },
	{ "removed by a person", { { 9, 'u' }, { 8, '-' } }, 0, "" },
	{ "who begins anew", { { 9, 'f' }, { 8, 'f' }, { 8, '-' }, { 7, 'f' } }, 0, "" },
	{ "and with the first period", { { 9, 'u' }, { 8, '-' }, { 7, 'u' } }, 0, "listed anna@x.example * 23;" },
	{ "before the time nobody is listed", { { 10, 'u' } }, 8, "" },
	{ "but strikes count", { { 10, 'f' }, { 9, 'f' }, { 7, 'f' } }, 8, "listed anna@x.example * 53;" },
	{ "and deliveries forget them", { { 10, 'f' }, { 9, 'f' }, { 9, 'v' }, { 7, 'f' } }, 8, "" },
};

static Policy *
make_policy(void)
{
	g_autoptr(GError) error = NULL;
	Policy *policy = policy_parse("policy", policy_text, strlen(policy_text), &error);

	g_assert_no_error(error);
	return policy;
}

static void
tell(Replay *replay, const Step *step)
{
	static const struct {
		char what;
		PastKind kind;
		Category category;
		EventAction action;
	} meanings[] = {
		{ 'u', PAST_EVENT, CATEGORY_USER_UNKNOWN, ACTION_FAILED },
		{ 'x', PAST_EVENT, CATEGORY_USER_UNKNOWN, ACTION_FAILED },
		{ 'f', PAST_EVENT, CATEGORY_MAILBOX_FULL, ACTION_FAILED },
		{ 'c', PAST_EVENT, CATEGORY_COMPLAINT_SPAM, ACTION_COMPLAINED },
		{ 'd', PAST_EVENT, CATEGORY_DOMAIN_NOT_FOUND, ACTION_FAILED },
		{ 'v', PAST_EVENT, CATEGORY_DELIVERED, ACTION_DELIVERED },
		{ '+', PAST_ADDED, CATEGORY_USER_UNKNOWN, ACTION_FAILED },
		{ '-', PAST_REMOVED, CATEGORY_USER_UNKNOWN, ACTION_FAILED },
		{ 'e', PAST_ENDED, CATEGORY_USER_UNKNOWN, ACTION_FAILED },
	};
	int64_t at = NOW - step->days_ago * DAY;
	size_t i = 0;

	while (meanings[i].what != g_ascii_tolower(step->what))
		g_assert_cmpuint(++i, <, G_N_ELEMENTS(meanings));

	PastFact fact = {
		.kind = meanings[i].kind,
		.at = at,
		.target = step->what == 'e'             ? "@x.example"
			  : g_ascii_isupper(step->what) ? "bob@x.example"
							: "anna@x.example",
		.scope = meanings[i].kind == PAST_EVENT ? "s.example" : SCOPE_ALL,
		.action = meanings[i].action,
		.verdict = { .category = meanings[i].category, .confidence = CONFIDENCE_HIGH },
		.evidence = step->what == 'x' ? EVIDENCE_UNVERIFIED : EVIDENCE_KNOWN_MESSAGE,
		.expires_at = at + 20 * DAY,
	};

	replay_fact(replay, &fact);
}

static char *
differences_text(const Replay *replay)
{
	g_autoptr(GArray) differences = replay_differences(replay, NOW);
	GString *text = g_string_new("");

	for (unsigned i = 0; i < differences->len; i++) {
		const ReplayDifference *difference = &g_array_index(differences, ReplayDifference, i);
		g_autofree char *days = g_strdup_printf("%" G_GINT64_FORMAT, (difference->expires_then - NOW) / DAY);

		g_string_append_printf(text, "%s %s %s %s;", replay_change_name(difference->change), difference->target,
			difference->scope, difference->expires_then == NEVER_EXPIRES ? "forever" : days);
	}
	return g_string_free(text, FALSE);
}

static void
test_facts(void)
{
	g_autoptr(Policy) policy = make_policy();

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Replay) replay =
			replay_new(policy, cases[i].decides_from == 0 ? 0 : NOW - cases[i].decides_from * DAY);

		g_test_message("%s", cases[i].name);
		for (const Step *step = cases[i].steps; step->what != '\0'; step++)
			tell(replay, step);
		g_autofree char *text = differences_text(replay);
		g_assert_cmpstr(text, ==, cases[i].result);
	}
}

/* One unknown user ten days ago, which would be listed for another 20 days, or for 80, against what stands. */
static const struct Stand {
	const char *name;
	PastEntry now, before;
	bool held;
	const char *result;
} stands[] = {
	{ "the same", { .expires_at = NOW + 20 * DAY }, { 0 }, false, "" },
	{ "an end that lags behind", { .expires_at = NOW + 19 * DAY }, { 0 }, false, "" },
	{ "shorter now", { .expires_at = NOW + 18 * DAY }, { 0 }, false, "longer anna@x.example * 20;" },
	{ "longer now", { .expires_at = NOW + 22 * DAY }, { 0 }, false, "shorter anna@x.example * 20;" },
	{ "for ever now", { .expires_at = NEVER_EXPIRES }, { 0 }, false, "shorter anna@x.example * 20;" },
	{ "listed before", { .expires_at = NOW + 80 * DAY }, { .strikes = 1 }, false, "" },
	{ "over now", { .expires_at = NOW - DAY }, { 0 }, false, "listed anna@x.example * 20;" },
	{ "by a person", { .expires_at = NOW + 99 * DAY, .manual = true }, { 0 }, false, "" },
	{ "held", { 0 }, { 0 }, true, "" },
	{ "older, and longer", { .expires_at = NOW + 99 * DAY }, { .expires_at = NOW + 99 * DAY, .strikes = 1 }, false,
		"" },
};

static void
test_stands(void)
{
	static const Step step = { 10, 'u' };
	g_autoptr(Policy) policy = make_policy();

	for (size_t i = 0; i < G_N_ELEMENTS(stands); i++) {
		g_autoptr(Replay) replay = replay_new(policy, 0);

		g_test_message("%s", stands[i].name);
		replay_entry(replay, "anna@x.example", SCOPE_ALL, &stands[i].now, &stands[i].before, stands[i].held);
		tell(replay, &step);
		g_autofree char *text = differences_text(replay);
		g_assert_cmpstr(text, ==, stands[i].result);
	}
}

static void
test_without_reason(void)
{
	g_autoptr(Policy) policy = make_policy();
	g_autoptr(Replay) replay = replay_new(policy, 0);
	PastEntry entry = { .expires_at = NEVER_EXPIRES, .strikes = 1 }, none = { 0 };

	replay_entry(replay, "anna@x.example", SCOPE_ALL, &entry, &none, false);
	replay_entry(replay, "old@x.example", SCOPE_ALL, &entry, &entry, false);
	g_autofree char *text = differences_text(replay);
	g_assert_true(g_str_has_prefix(text, "released anna@x.example * "));
	g_assert_null(strstr(text, "old@x.example"));
	g_assert_cmpuint(policy_window_days(policy), ==, 10);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/replay/facts", test_facts);
	g_test_add_func("/replay/stands", test_stands);
	g_test_add_func("/replay/without-reason", test_without_reason);
	return g_test_run();
}
