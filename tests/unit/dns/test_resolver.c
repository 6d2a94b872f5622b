#include "resolver.h"

#include <string.h>

/* The zone stands in tests/lab/dns.py. */
typedef struct Case {
	const char *domain;
	MailDomainAnswer answer;
	const char *mx;
} Case;

static const Case cases[] = {
	{ "own.test", MAIL_DOMAIN_FOUND, "in-first.own.test" }, { "equal.test", MAIL_DOMAIN_FOUND, "aa.hoster.co.uk" },
	{ "tenant.test", MAIL_DOMAIN_FOUND, "tenant-test.mail.protection.outlook.com" },
	{ "null.test", MAIL_DOMAIN_NULL_MX, "" }, { "null-and-more.test", MAIL_DOMAIN_FOUND, "mail.own.test" },
	{ "address-only.test", MAIL_DOMAIN_FOUND, "" }, { "address6-only.test", MAIL_DOMAIN_FOUND, "" },
	{ "text-only.test", MAIL_DOMAIN_NOT_FOUND, "" }, { "nobody.test", MAIL_DOMAIN_NOT_FOUND, "" },
	{ "alias.test", MAIL_DOMAIN_FOUND, "tenant-test.mail.protection.outlook.com" },
	{ "alias-of-alias.test", MAIL_DOMAIN_FOUND, "tenant-test.mail.protection.outlook.com" },
	{ "alias-to-address.test", MAIL_DOMAIN_FOUND, "" }, { "dangling.test", MAIL_DOMAIN_NOT_FOUND, "" },
	{ "any.wild.test", MAIL_DOMAIN_FOUND, "mx.wild.test" },
	{ "huge.test", MAIL_DOMAIN_FOUND, "mx001.a-host-with-a-rather-long-name.own.test" }, /* by TCP */
	{ "any.broken.test", MAIL_DOMAIN_UNKNOWN, "" },                                      /* SERVFAIL */
	{ "elsewhere.example", MAIL_DOMAIN_UNKNOWN, "" },                                    /* REFUSED */
	{ "a..b.test", MAIL_DOMAIN_NOT_FOUND, "" },                                          /* cannot be a name */
};

typedef bool (*AskFunc)(
	Resolver *resolver, const char *const *domains, size_t count, MailDomain *ret_domains, GError **error);

static Resolver *
open_resolver(const char *variable, ResolverSettings *settings)
{
	g_autoptr(GError) error = NULL;
	Resolver *resolver;

	settings_read(resolver_settings, NULL, settings, &error);
	g_assert_no_error(error);
	g_strfreev(settings->servers);
	settings->servers = g_strsplit(g_getenv(variable), ",", -1);
	resolver = resolver_open(settings, &error);
	g_assert_no_error(error);
	return resolver;
}

static void
test_cases(gconstpointer data)
{
	AskFunc ask = *(const AskFunc *)data;
	const char *domains[G_N_ELEMENTS(cases)];
	MailDomain answers[G_N_ELEMENTS(cases)];
	g_autoptr(GError) error = NULL;
	ResolverSettings settings = { 0 };
	g_autoptr(Resolver) resolver = open_resolver("RETOUR_TEST_DNS", &settings);

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		domains[i] = cases[i].domain;
	ask(resolver, domains, G_N_ELEMENTS(cases), answers, &error);
	g_assert_no_error(error);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_test_message("%s: %s %s", domains[i], mail_domain_answer_name(answers[i].answer), answers[i].mx);
		g_assert_cmpint(answers[i].answer, ==, cases[i].answer);
		g_assert_cmpstr(answers[i].mx, ==, cases[i].mx);
		mail_domain_clear(&answers[i]);
	}
	settings_clear(resolver_settings, &settings);
}

/* More questions than are asked at a time, and each has its own answer. */
static void
test_many(void)
{
	enum {
		COUNT = 1000
	};
	g_autoptr(GPtrArray) domains = g_ptr_array_new_with_free_func(g_free);
	g_autofree MailDomain *answers = g_new0(MailDomain, COUNT);
	g_autoptr(GError) error = NULL;
	ResolverSettings settings = { 0 };
	g_autoptr(Resolver) resolver = open_resolver("RETOUR_TEST_DNS", &settings);

	for (unsigned i = 0; i < COUNT; i++)
		g_ptr_array_add(domains, g_strdup_printf(i % 3 == 0 ? "d%u.wild.test" : "d%u.nowhere.test", i));
	resolver_ask(resolver, (const char *const *)domains->pdata, COUNT, answers, &error);
	g_assert_no_error(error);
	for (unsigned i = 0; i < COUNT; i++) {
		g_assert_cmpint(answers[i].answer, ==, i % 3 == 0 ? MAIL_DOMAIN_FOUND : MAIL_DOMAIN_NOT_FOUND);
		mail_domain_clear(&answers[i]);
	}
	settings_clear(resolver_settings, &settings);
}

/* Nobody answers: nothing is known. And where one server is dead, the other one is asked. */
static void
test_silent(void)
{
	const char *domains[] = { "own.test", "nobody.test" };
	MailDomain answers[2];
	g_autoptr(GError) error = NULL;
	ResolverSettings settings = { 0 };
	g_autoptr(Resolver) silent = open_resolver("RETOUR_TEST_DNS_SILENT", &settings);
	g_autofree char *both =
		g_strdup_printf("%s,%s", g_getenv("RETOUR_TEST_DNS_SILENT"), g_getenv("RETOUR_TEST_DNS"));
	ResolverSettings second = { 0 };

	settings.timeout_ms = 20;
	resolver_ask(silent, domains, 2, answers, &error);
	g_assert_no_error(error);
	for (unsigned i = 0; i < 2; i++) {
		g_assert_cmpint(answers[i].answer, ==, MAIL_DOMAIN_UNKNOWN);
		mail_domain_clear(&answers[i]);
	}
	g_setenv("RETOUR_TEST_DNS_BOTH", both, true);
	g_autoptr(Resolver) resolver = open_resolver("RETOUR_TEST_DNS_BOTH", &second);

	second.timeout_ms = 200;
	resolver_ask(resolver, domains, 2, answers, &error);
	g_assert_no_error(error);
	g_assert_cmpint(answers[0].answer, ==, MAIL_DOMAIN_FOUND);
	g_assert_cmpint(answers[1].answer, ==, MAIL_DOMAIN_NOT_FOUND);
	mail_domain_clear(&answers[0]);
	mail_domain_clear(&answers[1]);
	settings_clear(resolver_settings, &settings);
	settings_clear(resolver_settings, &second);
}

/* One server alone does not make a domain that is gone take mail again, in whatever order they stand. */
static void
test_contradicted(void)
{
	static const char *const orders[][2] = { { "RETOUR_TEST_DNS", "RETOUR_TEST_DNS_LIAR" },
		{ "RETOUR_TEST_DNS_LIAR", "RETOUR_TEST_DNS" } };
	const char *domains[] = { "nobody.test", "own.test", "nobody.test" };
	const MailDomainAnswer expected[] = { MAIL_DOMAIN_UNKNOWN, MAIL_DOMAIN_FOUND, MAIL_DOMAIN_UNKNOWN };

	for (size_t i = 0; i < G_N_ELEMENTS(orders); i++) {
		g_autofree char *both = g_strdup_printf("%s,%s", g_getenv(orders[i][0]), g_getenv(orders[i][1]));
		MailDomain answers[G_N_ELEMENTS(domains)];
		g_autoptr(GError) error = NULL;
		ResolverSettings settings = { 0 };

		g_setenv("RETOUR_TEST_DNS_BOTH", both, true);
		g_autoptr(Resolver) resolver = open_resolver("RETOUR_TEST_DNS_BOTH", &settings);

		resolver_confirm(resolver, domains, G_N_ELEMENTS(domains), answers, &error);
		g_assert_no_error(error);
		for (size_t k = 0; k < G_N_ELEMENTS(domains); k++) {
			g_assert_cmpint(answers[k].answer, ==, expected[k]);
			mail_domain_clear(&answers[k]);
		}
		settings_clear(resolver_settings, &settings);
	}
}

static void
test_bad_servers(void)
{
	const char *const bad[] = { "ns.example.org", "192.0.2.1:port", "300.1.1.1" };

	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		char *servers[] = { (char *)(uintptr_t)bad[i], NULL };
		ResolverSettings settings = { .servers = servers, .timeout_ms = 100, .tries = 1 };
		g_autoptr(GError) error = NULL;
		g_autoptr(Resolver) resolver = resolver_open(&settings, &error);

		g_assert_null(resolver);
		g_assert_error(error, RETOUR_ERROR, ERROR_CONFIG);
		g_assert_nonnull(strstr(error->message, bad[i]));
	}
}

int
main(int argc, char **argv)
{
	static const AskFunc ask = resolver_ask, confirm = resolver_confirm;

	g_test_init(&argc, &argv, NULL);
	g_test_add_data_func("/resolver/ask", &ask, test_cases);
	g_test_add_data_func("/resolver/confirm", &confirm, test_cases);
	g_test_add_func("/resolver/many", test_many);
	g_test_add_func("/resolver/silent", test_silent);
	g_test_add_func("/resolver/contradicted", test_contradicted);
	g_test_add_func("/resolver/bad-servers", test_bad_servers);
	return g_test_run();
}
