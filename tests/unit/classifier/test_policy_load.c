#include "policy_load.h"

#include <string.h>

#define GOOD "- category: user_unknown\n  evidence: local\n  action: list\n  scope: everybody\n  periods: [30d]\n"

static const struct Refusal {
	const char *name, *text, *message;
} refusals[] = {
	{ "unverified",
		"- category: user_unknown\n  evidence: unverified\n  action: list\n  scope: everybody\n  periods: "
		"[30d]\n",
		"file:2: an unverified report may not list anybody: anyone can send one" },
	{ "unverified-count",
		"- category: complaint_spam\n  action: count\n  days: 2\n  window: 30d\n  evidence: unverified\n  "
		"scope: sender_domain\n  periods: [30d]\n",
		"file:5: an unverified report may not list anybody: anyone can send one" },
	{ "no-evidence", "- category: user_unknown\n  action: list\n  scope: everybody\n  periods: [30d]\n",
		"file:1: action 'list' needs 'evidence'" },
	{ "policy-for-everybody",
		"- category: spam_content\n  evidence: local\n  action: list\n  scope: everybody\n  periods: [30d]\n",
		"file:1: 'spam_content' is not the recipient's fault: scope 'sender_domain' is the most it allows" },
	{ "informational",
		"- category: auto_reply\n  evidence: local\n  action: list\n  scope: sender_domain\n  periods: [30d]\n",
		"file:1: 'auto_reply' is no reason to list anybody" },
	{ "category", "- category: [user_unknown, nonsense]\n  action: nothing\n",
		"file:1: unknown category 'nonsense'" },
	{ "no-category", "- action: nothing\n", "file:1: 'category' is missing" },
	{ "no-action", "- category: user_unknown\n", "file:1: 'action' is missing" },
	{ "action", "- category: user_unknown\n  action: shoot\n",
		"file:2: 'action' must be one of: list, count, nothing; not 'shoot'" },
	{ "evidence", "- category: user_unknown\n  evidence: rumour\n  action: nothing\n",
		"file:2: unknown evidence 'rumour'" },
	{ "confidence", "- category: user_unknown\n  confidence: 80\n  action: nothing\n",
		"file:2: unknown confidence '80'" },
	{ "unknown-key", GOOD "  extra: 1\n", "file:6: unknown key 'extra'" },
	{ "days-without-count", GOOD "  days: 2\n", "file:6: 'days' is for action 'count'" },
	{ "nothing-with-periods", "- category: user_unknown\n  action: nothing\n  periods: [30d]\n",
		"file:3: 'periods' makes no sense with action 'nothing'" },
	{ "count-without-days",
		"- category: mailbox_full\n  evidence: local\n  action: count\n  window: 30d\n  scope: everybody\n  "
		"periods: [30d]\n",
		"file:1: action 'count' needs 'days'" },
	{ "window-too-short",
		"- category: mailbox_full\n  evidence: local\n  action: count\n  days: 9\n  window: 7d\n  scope: "
		"everybody\n  periods: [30d]\n",
		"file:5: 9 days with a strike do not fit in 7 days" },
	{ "window-odd",
		"- category: mailbox_full\n  evidence: local\n  action: count\n  days: 1\n  window: 25h\n  scope: "
		"everybody\n  periods: [30d]\n",
		"file:5: 'window' must be whole days" },
	{ "period",
		"- category: user_unknown\n  evidence: local\n  action: list\n  scope: everybody\n  periods: [soon]\n",
		"file:5: 'soon' is neither a time such as 30d nor 'forever'" },
	{ "after-forever",
		"- category: user_unknown\n  evidence: local\n  action: list\n  scope: everybody\n  periods: [forever, "
		"30d]\n",
		"file:5: nothing comes after 'forever'" },
	{ "no-periods",
		"- category: user_unknown\n  evidence: local\n  action: list\n  scope: everybody\n  periods: []\n",
		"file:5: 'periods' is empty" },
	{ "unreachable", GOOD GOOD, "file:6: this clause is never reached: earlier ones take all its cases" },
	{ "complaint-released",
		"- category: complaint_spam\n  evidence: local\n  action: list\n  scope: sender_domain\n  periods: "
		"[30d]\n  on_delivery: release\n",
		"file:6: who complains has got the mail: a delivery is no reason to end 'complaint_spam'" },
	{ "on-delivery", GOOD "  on_delivery: perhaps\n",
		"file:6: 'on_delivery' must be one of: keep, release; not 'perhaps'" },
	{ "on-delivery-differs",
		"- category: user_unknown\n  evidence: local\n  confidence: high\n  action: list\n  scope: everybody\n "
		" "
		"periods: [30d]\n  on_delivery: release\n" GOOD,
		"file:8: 'on_delivery' differs from that of an earlier clause for the same category" },
	{ "hold-events-alone", GOOD "  hold_events: 5\n", "file:6: 'hold_events' goes with 'hold_share'" },
	{ "hold-share-of-all", GOOD "  hold_share: 101\n", "file:6: 'hold_share' must lie between 1 and 100" },
	{ "probe-of-address", GOOD "  probe: 1d\n", "file:6: 'probe' is for target 'domain'" },
	{ "nothing-on-delivery", "- category: user_unknown\n  action: nothing\n  on_delivery: release\n",
		"file:3: 'on_delivery' makes no sense with action 'nothing'" },
	{ "map", "user_unknown: list\n", "file:1: a list of clauses is expected here" },
};

/* Ordered clauses: the first that holds decides, whatever a later one says. */
static void
check_order(void)
{
	static const char text[] = "- category: user_unknown\n  confidence: high\n  action: nothing\n" GOOD;
	g_autoptr(GError) error = NULL;
	g_autoptr(Policy) policy = policy_parse("file", text, strlen(text), &error);
	Case subject = { .action = ACTION_FAILED,
		.verdict = { .category = CATEGORY_USER_UNKNOWN, .confidence = CONFIDENCE_HIGH },
		.evidence = EVIDENCE_LOCAL,
		.has_recipient = true };

	g_assert_no_error(error);
	g_assert_cmpint(policy_plan(policy, &subject).kind, ==, PLAN_NOTHING);
	subject.verdict.confidence = CONFIDENCE_MEDIUM;
	g_assert_cmpint(policy_plan(policy, &subject).kind, ==, PLAN_LIST);
	subject.evidence = EVIDENCE_SIGNED;
	g_assert_cmpint(policy_plan(policy, &subject).kind, ==, PLAN_NOTHING);
}

static void
check_refusal(const void *data)
{
	const struct Refusal *row = data;
	g_autoptr(GError) error = NULL;
	g_autoptr(Policy) policy = policy_parse("file", row->text, strlen(row->text), &error);

	g_assert_null(policy);
	g_assert_error(error, RETOUR_ERROR, ERROR_CONFIG);
	g_assert_cmpstr(error->message, ==, row->message);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/policy/order", check_order);
	for (size_t i = 0; i < G_N_ELEMENTS(refusals); i++) {
		g_autofree char *path = g_strconcat("/policy/refused/", refusals[i].name, NULL);

		g_test_add_data_func(path, &refusals[i], check_refusal);
	}
	return g_test_run();
}
