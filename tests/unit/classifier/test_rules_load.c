#include "rules_check.h"

#include <string.h>

#define RULE "- id: one\n  when: { any: [no such user] }\n  category: user_unknown\n  eg: [\"550 no such user\"]\n"

/* What a set is refused for, and how it is said. */
static const struct Refusal {
	const char *name, *text, *message;
} refusals[] = {
	{ "unknown-key", RULE "  categroy: x\n", "file:5: unknown key 'categroy'" },
	{ "unknown-condition", "- id: a\n  when: { al: [abc] }\n  category: user_unknown\n  eg: [abc]\n",
		"file:2: unknown key 'al'" },
	{ "no-id", "- when: { any: [abc] }\n  category: user_unknown\n  eg: [abc]\n", "file:1: 'id' is missing" },
	{ "no-eg", "- id: a\n  when: { any: [abc] }\n  category: user_unknown\n", "file:1: 'eg' is missing" },
	{ "no-condition", "- id: a\n  when: {}\n  category: user_unknown\n  eg: [abc]\n",
		"file:1: rule 'a' has no condition" },
	{ "category", "- id: a\n  when: { any: [abc] }\n  category: nonsense\n  eg: [abc]\n",
		"file:3: unknown category 'nonsense'" },
	{ "provider", "- id: a\n  provider: [nobody]\n  when: { any: [abc] }\n  category: user_unknown\n  eg: [abc]\n",
		"file:2: unknown provider 'nobody'" },
	{ "contact", "- id: a\n  when: { any: [abc] }\n  category: user_unknown\n  contact: x\n  eg: [abc]\n",
		"file:4: there is no contact 'x'" },
	{ "stage", "- id: a\n  when: { stage: lunch }\n  category: user_unknown\n  eg: [abc]\n",
		"file:2: unknown stage 'lunch'" },
	{ "action", "- id: a\n  when: { action: delivered }\n  category: user_unknown\n  eg: [abc]\n",
		"file:2: action 'delivered' is not one of failed, delayed" },
	{ "code", "- id: a\n  when: { code: 350 }\n  category: user_unknown\n  eg: [abc]\n",
		"file:2: '350' is no reply code such as 550, 55x or 5xx" },
	{ "status", "- id: a\n  when: { status: 5.1 }\n  category: user_unknown\n  eg: [abc]\n",
		"file:2: '5.1' is no status such as 5.1.1, x.2.2 or 5.7.606-649" },
	{ "status-range", "- id: a\n  when: { status: 5.7.9-1 }\n  category: user_unknown\n  eg: [abc]\n",
		"file:2: '5.7.9-1' is no status such as 5.1.1, x.2.2 or 5.7.606-649" },
	{ "short-literal", "- id: a\n  when: { any: [ab] }\n  category: user_unknown\n  eg: [abc]\n",
		"file:2: 'ab' is too short to mean anything" },
	{ "literal-twice", "- id: a\n  when: { any: [abc, ABC] }\n  category: user_unknown\n  eg: [abc]\n",
		"file:2: 'ABC' is given twice" },
	{ "bad-regex", "- id: a\n  when:\n    re: \"(abc\"\n  category: user_unknown\n  eg: [abc]\n",
		"file:3: bad pattern '(abc': Missing close parenthesis for group started at index 0." },
	{ "duplicate-id", RULE "- id: one\n  when: { any: [abc] }\n  category: user_unknown\n  eg: [abc]\n",
		"file:5: rule 'one' exists already (file:1)" },
	{ "same-conditions",
		RULE "- id: two\n  when: { any: [\"No such  USER\"] }\n  category: mailbox_full\n  eg: [abc]\n",
		"file:5: rule 'two' can never win: 'one' (file:1) has the same conditions" },
	{ "shadowed",
		RULE "- id: two\n  when: { any: [no such user here] }\n  category: mailbox_full\n  eg: [\"550 no such "
		     "user here\"]\n",
		"file:8: the example of rule 'two' is won by 'one' (file:1)" },
	{ "example-misses", "- id: a\n  when: { any: [abc] }\n  category: user_unknown\n  eg:\n  - abc\n  - xyz\n",
		"file:6: rule 'a' does not match its example" },
	{ "not-wins", RULE "  not: [\"no such user\"]\n", "file:5: rule 'one' wins what it should not" },
	{ "scalar", "hello\n", "file:1: a list of rules is expected here" },
	{ "map", "rule: []\n", "file:1: unknown key 'rule'" },
	{ "not-a-rule", "- hello\n", "file:1: a rule is expected here" },
	{ "weak", RULE "  weak: maybe\n", "file:5: 'weak' must be true or false" },
	{ "nested-literal", "- id: a\n  when: { any: [[abc]] }\n  category: user_unknown\n  eg: [abc]\n",
		"file:2: a list of plain values is expected here" },
	{ "empty-list", "- id: a\n  when: { any: [] }\n  category: user_unknown\n  eg: [abc]\n",
		"file:2: a value or a list of values is expected here" },
};

static Providers *
some_providers(void)
{
	Providers *providers = providers_new();
	const char *other;

	providers_add_mx_suffix(providers, "big", "big.example", &other);
	providers_add(providers, "small");
	providers_add_contact(providers, "big", "mailto:postmaster@big.example", "");
	return providers;
}

static Matcher *
load(const Providers *providers, const char *first, const char *second, GError **error)
{
	g_autoptr(RuleSet) set = rule_set_new(providers);
	g_autoptr(Matcher) matcher = NULL;

	if (!rule_set_parse(set, "file", first, strlen(first), 0, error)
		|| (second != NULL && !rule_set_parse(set, "site", second, strlen(second), 1, error)))
		return NULL;
	matcher = matcher_new(g_steal_pointer(&set), NULL, error);
	if (matcher == NULL || !rules_check(matcher, error))
		return NULL;
	return g_steal_pointer(&matcher);
}

static void
check_refusal(const void *data)
{
	const struct Refusal *row = data;
	g_autoptr(Providers) providers = some_providers();
	g_autoptr(GError) error = NULL;
	g_autoptr(Matcher) matcher = load(providers, row->text, NULL, &error);

	g_assert_null(matcher);
	g_assert_error(error, RETOUR_ERROR, ERROR_CONFIG);
	g_assert_cmpstr(error->message, ==, row->message);
}

static const char shipped[] = "- id: words\n  when: { any: [no such user, blocked] }\n  category: user_unknown\n  eg: "
			      "[\"550 no such user\"]\n"
			      "- id: more\n  when: { all: [no such user, here] }\n  category: mailbox_full\n  eg: "
			      "[\"550 no such user is here\"]\n"
			      "- id: later\n  when: { any: [blocked now, blocked] , code: 55x }\n  category: "
			      "policy_other\n  eg: [\"550 blocked\"]\n"
			      "- id: big.words\n  provider: big\n  when: { any: [no such user] }\n  category: "
			      "mailbox_moved\n  eg: [\"550 no such user is here\"]\n"
			      "- id: big.codes\n  provider: [big, small]\n  when: { status: 5.7.600-649 }\n  category: "
			      "reputation_blocked\n  eg: [\"550 5.7.606 no\"]\n"
			      "- id: quiet\n  when: { re: \"quiet(ly)? gone\", none: [maybe], stage: data }\n  "
			      "category: mailbox_moved\n  eg: [\"550 quietly gone\"]\n";

static const struct Winner {
	const char *text, *provider, *rule; /* rule NULL: none */
} winners[] = {
	{ "550 no such user", NULL, "words" },
	{ "550 no such user here", NULL, "more" },
	{ "451 blocked", NULL, "words" },
	{ "550 blocked", NULL, "later" },
	{ "550 no such user here", "big", "big.words" },
	{ "550 no such user here", "small", "more" },
	{ "550 no such user, says mx1.big.example", NULL, "big.words" },
	{ "550 5.7.649 what", "small", "big.codes" },
	{ "550 5.7.650 what", "small", NULL },
	{ "550 5.7.649 what", NULL, NULL },
	{ "550 quietly gone", NULL, NULL }, /* not after DATA */
	{ "550 something else", NULL, NULL },
};

static const char *
winner_of(const Matcher *matcher, const Providers *providers, const char *text, const char *provider)
{
	Subject subject;
	const Rule *rule;

	subject_from_text(&subject, text);
	if (provider != NULL)
		subject_add_provider(&subject, providers_find(providers, provider));
	rule = matcher_judge(matcher, &subject, text, NULL);
	return rule == NULL ? NULL : rule->id;
}

static void
check_winners(void)
{
	g_autoptr(Providers) providers = some_providers();
	g_autoptr(GError) error = NULL;
	g_autoptr(Matcher) matcher = load(providers, shipped, NULL, &error);

	g_assert_no_error(error);
	for (size_t i = 0; i < G_N_ELEMENTS(winners); i++)
		g_assert_cmpstr(
			winner_of(matcher, providers, winners[i].text, winners[i].provider), ==, winners[i].rule);
}

/* A site's own rule wins over shipped ones, more specific and a provider's included, and takes their examples with it. */
static void
check_site(void)
{
	static const char site[] =
		"- id: mine\n  when: { any: [no such user] }\n  category: policy_other\n  eg: [\"550 no such user\"]\n";
	g_autoptr(Providers) providers = some_providers();
	g_autoptr(GError) error = NULL;
	g_autoptr(Matcher) matcher = load(providers, shipped, site, &error);

	g_assert_no_error(error);
	g_assert_cmpstr(winner_of(matcher, providers, "550 no such user here", "big"), ==, "mine");
	g_assert_cmpstr(winner_of(matcher, providers, "550 blocked", NULL), ==, "later");
}

static void
check_defaults(void)
{
	static const char text[] =
		"provider: big\ncontact: big\nrules:\n" RULE
		"- id: two\n  provider: small\n  when: { any: [gone] }\n  category: mailbox_moved\n  eg: [gone]\n";
	g_autoptr(Providers) providers = some_providers();
	g_autoptr(GError) error = NULL;
	g_autoptr(Matcher) matcher = load(providers, text, NULL, &error);

	g_assert_no_error(error);
	g_assert_cmpstr(winner_of(matcher, providers, "no such user", "big"), ==, "one");
	g_assert_null(winner_of(matcher, providers, "no such user", "small"));
	g_assert_cmpstr(winner_of(matcher, providers, "gone", "small"), ==, "two");
	g_assert_null(winner_of(matcher, providers, "gone", "big"));
}

/* Many rules under one pattern: found by provider, not one by one. */
static void
check_many(void)
{
	g_autoptr(Providers) providers = providers_new();
	g_autoptr(GString) text = g_string_new(
		"- id: any\n  when: { any: [no such user] }\n  category: user_unknown\n  eg: [no such user]\n");
	g_autoptr(GError) error = NULL;
	g_autoptr(Matcher) matcher = NULL;

	for (unsigned i = 0; i < 300; i++) {
		g_autofree char *name = g_strdup_printf("p%u", i);

		providers_add(providers, name);
		g_string_append_printf(text,
			"- id: r%u\n  provider: p%u\n  when: { any: [no such user] }\n  category: user_unknown\n  eg: "
			"[no such user]\n",
			i, i);
	}
	matcher = load(providers, text->str, NULL, &error);
	g_assert_no_error(error);
	g_assert_cmpstr(winner_of(matcher, providers, "no such user", NULL), ==, "any");
	g_assert_cmpstr(winner_of(matcher, providers, "no such user", "p0"), ==, "r0");
	g_assert_cmpstr(winner_of(matcher, providers, "no such user", "p299"), ==, "r299");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(refusals); i++) {
		g_autofree char *path = g_strconcat("/rules/refused/", refusals[i].name, NULL);

		g_test_add_data_func(path, &refusals[i], check_refusal);
	}
	g_test_add_func("/rules/winners", check_winners);
	g_test_add_func("/rules/site", check_site);
	g_test_add_func("/rules/defaults", check_defaults);
	g_test_add_func("/rules/many", check_many);
	return g_test_run();
}
