#include "classifier.h"
#include "policy.h"
#include "providers_load.h"

/* Everything that is shipped loads: examples, contacts, references and all. */

static char *
config_path(const char *name)
{
	return g_build_filename(g_getenv("RETOUR_CONFIG"), name, NULL);
}

static void
check_providers(void)
{
	g_autofree char *path = config_path("providers.yaml");
	g_autoptr(GError) error = NULL;
	g_autoptr(Providers) providers = providers_load(path, &error);

	g_assert_no_error(error);
	g_assert_cmpstr(providers_by_domain(providers, "gmail.com"), ==, "google");
	g_assert_cmpstr(providers_by_domain(providers, "aol.com"), ==, "yahoo");
	g_assert_cmpstr(providers_by_mx(providers, "gmail-smtp-in.l.google.com"), ==, "google");
	g_assert_cmpstr(providers_by_mx(providers, "example-com.mail.protection.outlook.com"), ==, "microsoft365");
	g_assert_cmpstr(providers_by_mx(providers, "hotmail-com.olc.protection.outlook.com"), ==, "microsoft");
	g_assert_null(providers_by_mx(providers, "mx.notgoogle.example"));
	g_assert_cmpstr(providers_contact(providers, "apple")->channel, ==, "mailto:icloudadmin@apple.com");
	g_assert_cmpstr(providers_contact_of(providers, "gmx"), ==, "gmx");
}

static const struct ProgrammeCase {
	const char *from, *user_agent, *name;
} programme_cases[] = {
	{ "staff@hotmail.com", "", "microsoft-jmrp" },
	{ "person@hotmail.com", "", NULL },
	{ "", "JMRP/1.0", "microsoft-jmrp" },
	{ "feedback@arf.mail.yahoo.com", "Yahoo!-Mail-Feedback/2.0", "yahoo-cfl" },
	{ "complaints@email-abuse.amazonses.com", "Yahoo!-Mail-Feedback/2.0", "amazon-ses" },
	{ "feedbackloop@comcastfbl.senderscore.net", "ReturnPathFBL/2.0", "comcast-fbl" },
	{ "feedbackloop@librafbl.senderscore.net", "", "validity-ufbl" },
	{ "feedbackloop@fbl.fastmail.com", "", "fastmail-fbl" },
	{ "feedbackloop@fbl.zoho.com", "", "zoho-fbl" },
	{ "12345@reports.spamcop.net", "", "spamcop" },
};

static void
check_programmes(void)
{
	g_autofree char *path = config_path("providers.yaml");
	g_autoptr(Providers) providers = providers_load(path, NULL);
	const Programmes *programmes = providers_programmes(providers);

	for (size_t i = 0; i < G_N_ELEMENTS(programme_cases); i++) {
		const struct ProgrammeCase *row = &programme_cases[i];
		const Programme *found = programmes_recognise(programmes, row->from, "", row->user_agent);

		g_test_message("%s %s", row->from, row->user_agent);
		g_assert_cmpstr(found == NULL ? NULL : found->name, ==, row->name);
	}
	g_assert_nonnull(programmes_prove(programmes, "staff@hotmail.com", "hotmail.com"));
	g_assert_null(programmes_prove(programmes, "person@hotmail.com", "hotmail.com"));
	g_assert_null(programmes_prove(programmes, "12345@reports.spamcop.net", "reports.spamcop.net"));
}

static void
check_rules(void)
{
	g_autofree char *path = config_path("providers.yaml");
	char *folders[] = { config_path("rules"), NULL };
	ClassifierSettings settings = { .rule_dirs = folders };
	g_autoptr(GError) error = NULL;
	g_autoptr(Providers) providers = providers_load(path, NULL);
	g_autoptr(Classifier) classifier = classifier_load(&settings, providers, &error);

	g_free(folders[0]);
	g_assert_no_error(error);
	g_assert_cmpuint(classifier_rule_count(classifier), >=, 100);
	g_assert_cmpuint(strlen(classifier_hash(classifier)), ==, 64);
}

static void
check_policy(void)
{
	g_autofree char *path = config_path("policy.yaml");
	g_autoptr(GError) error = NULL;
	g_autoptr(Policy) policy = policy_load(path, &error);

	g_assert_no_error(error);
	g_assert_nonnull(policy);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/shipped/providers", check_providers);
	g_test_add_func("/shipped/programmes", check_programmes);
	g_test_add_func("/shipped/rules", check_rules);
	g_test_add_func("/shipped/policy", check_policy);
	return g_test_run();
}
