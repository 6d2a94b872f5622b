#include "fuzz.h"
#include "policy_load.h"
#include "rules_check.h"

/* Arbitrary bytes as a rule file and as a policy: refused with a message, or loaded and fit to judge. */
int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return 0;
}

static void
check_message(bool ok, const GError *error)
{
	g_assert_true(ok == (error == NULL));
	g_assert_true(ok || (error->domain == RETOUR_ERROR && *error->message != '\0'));
}

static void
load_rules(const char *text, size_t size)
{
	g_autoptr(Providers) providers = providers_new();
	g_autoptr(RuleSet) set = rule_set_new(providers);
	g_autoptr(Matcher) matcher = NULL;
	g_autoptr(GError) error = NULL;
	bool ok;

	providers_add(providers, "google");
	providers_add_contact(providers, "google", "", "");
	ok = rule_set_parse(set, "fuzz", text, size, 0, &error);
	if (ok) {
		matcher = matcher_new(g_steal_pointer(&set), NULL, &error);
		ok = matcher != NULL && rules_check(matcher, &error);
	}
	check_message(ok, error);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Policy) policy = NULL;

	if (size > 20000) /* libhs compiles what it is given, and that takes its time */
		return 0;
	load_rules((const char *)data, size);
	policy = policy_parse("fuzz", (const char *)data, size, &error);
	check_message(policy != NULL, error);
	return 0;
}
