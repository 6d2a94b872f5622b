#include "data_dir.h"
#include "judge.h"
#include "message.h"

#include <string.h>

/* What a bounce says, and whom and what it is taken to be about. */
static const struct {
	const char *name, *original_recipient, *recipient, *remote_mta, *from, *return_path;
	const char *address, *provider;
	bool known;
	const char *sender_domain;
} cases[] = {
	{ "as usual", "Ann@Example.ORG", "Ann@Example.ORG", "mx.example.org", "news@shop.example", "b@shop.example",
		"ann@example.org", "example.org", false, "shop.example" },
	{ "a forwarded mailbox: the address that we mailed", "ann@example.org", "dead@elsewhere.example",
		"mx.elsewhere.example", "news@shop.example", "", "ann@example.org", "example.org", false,
		"shop.example" },
	{ "the original recipient is no address", "unknown", "ann@example.org", "", "news@shop.example", "",
		"ann@example.org", "example.org", false, "shop.example" },
	{ "a hidden recipient stays hidden", "redacted@example.org", "redacted@example.org", "", "news@shop.example",
		"", "", "", false, "shop.example" },
	{ "a provider by its domain", "ann@gmail.com", "ann@gmail.com", "mx.anybody.example", "news@shop.example", "",
		"ann@gmail.com", "google", true, "shop.example" },
	{ "a provider by its mail host", "ann@firm.example", "ann@firm.example",
		"firm-example.mail.protection.outlook.com", "news@shop.example", "", "ann@firm.example", "microsoft365",
		true, "shop.example" },
	{ "a sender domain out of From:, not of the return path", "ann@example.org", "ann@example.org", "",
		"news@B\xc3\xbc"
		"cher.example",
		"b@bounces.example", "ann@example.org", "example.org", false, "xn--bcher-kva.example" },
	{ "no From: the return path", "ann@example.org", "ann@example.org", "", "", "b@Bounces.example",
		"ann@example.org", "example.org", false, "bounces.example" },
	{ "neither", "ann@example.org", "ann@example.org", "", "", "", "ann@example.org", "example.org", false, "" },
};

static char *
make_bounce(size_t i)
{
	return g_strdup_printf("From: MAILER-DAEMON@out.shop.example\n"
			       "Subject: Undelivered\n"
			       "MIME-Version: 1.0\n"
			       "Content-Type: multipart/report; report-type=delivery-status; boundary=edge\n"
			       "\n"
			       "--edge\n\nIt did not work out.\n"
			       "--edge\n"
			       "Content-Type: message/delivery-status\n"
			       "\n"
			       "Reporting-MTA: dns; out.shop.example\n"
			       "\n"
			       "Original-Recipient: rfc822;%s\n"
			       "Final-Recipient: rfc822; %s\n"
			       "Action: failed\n"
			       "Status: 5.1.1\n"
			       "%s%s%s"
			       "Diagnostic-Code: smtp; 550 5.1.1 User unknown\n"
			       "\n"
			       "--edge\n"
			       "Content-Type: message/rfc822\n"
			       "\n"
			       "%s%s%s%s%s%s"
			       "Subject: Your order\n"
			       "\n"
			       "--edge--\n",
		cases[i].original_recipient, cases[i].recipient,
		*cases[i].remote_mta == '\0' ? "" : "Remote-MTA: dns; ", cases[i].remote_mta,
		*cases[i].remote_mta == '\0' ? "" : "\n", *cases[i].return_path == '\0' ? "" : "Return-Path: <",
		cases[i].return_path, *cases[i].return_path == '\0' ? "" : ">\n",
		*cases[i].from == '\0' ? "" : "From: ", cases[i].from, *cases[i].from == '\0' ? "" : "\n");
}

static Rulebook *
load_shipped(void)
{
	RulebookSettings settings = { 0 };
	g_autofree char *shipped = data_dir();
	g_autoptr(GError) error = NULL;

	g_assert_true(rulebook_settings_read(NULL, NULL, shipped, &settings, &error));
	Rulebook *book = rulebook_load(&settings, &error);

	g_assert_no_error(error);
	rulebook_settings_clear(&settings);
	return book;
}

static void
test_judge(void)
{
	g_autoptr(Rulebook) book = load_shipped();

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *mail = make_bounce(i);
		Inbound inbound = { .source = "file",
			.id = "test",
			.envelope_sender = "",
			.bytes = mail,
			.size = strlen(mail),
			.client_address = "" };
		g_autoptr(Judged) judged = judge(book, &inbound, &limits_default);

		g_test_message("%s", cases[i].name);
		g_assert_cmpuint(judged->finding_count, ==, 1);
		g_assert_cmpstr(judged->findings[0].address, ==, cases[i].address);
		g_assert_cmpstr(judged->findings[0].provider, ==, cases[i].provider);
		g_assert_cmpint(judged->findings[0].provider_known, ==, cases[i].known);
		g_assert_cmpint(judged->findings[0].verdict.category, ==, CATEGORY_USER_UNKNOWN);
		g_assert_cmpstr(judged->sender_domain, ==, cases[i].sender_domain);
	}
}

/* What is not named comes from the shipped files; what is, from beside the file that names it. */
static void
test_settings(void)
{
	static const char text[] = "rule_dirs: [/shipped/rules, rules]\npolicy: ../policy.yaml\n";
	RulebookSettings settings = { 0 };
	g_autoptr(GError) error = NULL;
	g_autoptr(YamlFile) file = yaml_file_parse("/etc/retour/retour.yaml", text, strlen(text), &error);

	g_assert_no_error(error);
	g_assert_true(rulebook_settings_read(yaml_file_root(file), NULL, "/shipped", &settings, &error));
	g_assert_cmpstr(settings.classifier.rule_dirs[0], ==, "/shipped/rules");
	g_assert_cmpstr(settings.classifier.rule_dirs[1], ==, "/etc/retour/rules");
	g_assert_cmpstr(settings.policy_file, ==, "/etc/retour/../policy.yaml");
	g_assert_cmpstr(settings.providers_file, ==, "/shipped/providers.yaml");
	g_assert_cmpstr(settings.classifier.cache_dir, ==, "");
	rulebook_settings_clear(&settings);
}

/* Under systemd compiled patterns go into the folder that it keeps for the service, unless the settings name another. */
static void
test_cache_dir(void)
{
	static const char text[] = "cache_dir: compiled\n";
	RulebookSettings settings = { 0 };
	g_autoptr(YamlFile) file = yaml_file_parse("/etc/retour/retour.yaml", text, strlen(text), NULL);

	g_setenv("CACHE_DIRECTORY", "/var/cache/retour:/var/cache/other", TRUE);
	g_assert_true(rulebook_settings_read(NULL, NULL, "/shipped", &settings, NULL));
	g_assert_cmpstr(settings.classifier.cache_dir, ==, "/var/cache/retour");
	rulebook_settings_clear(&settings);
	g_assert_true(rulebook_settings_read(yaml_file_root(file), NULL, "/shipped", &settings, NULL));
	g_assert_cmpstr(settings.classifier.cache_dir, ==, "/etc/retour/compiled");
	rulebook_settings_clear(&settings);
	g_unsetenv("CACHE_DIRECTORY");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	message_init();
	g_test_add_func("/judge/cases", test_judge);
	g_test_add_func("/judge/settings", test_settings);
	g_test_add_func("/judge/cache-dir", test_cache_dir);
	return g_test_run();
}
