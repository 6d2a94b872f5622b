#include "mail_host.h"

typedef struct Case {
	const char *domain, *mx, *provider;
} Case;

static const Case cases[] = {
	{ "gmail.com", "gmail-smtp-in.l.google.com", "google" },              /* by the list */
	{ "gmail.com", "mx.elsewhere.example", "google" },                    /* whatever its MX */
	{ "customer.example", "customer.mail.protection.outlook.com", "ms" }, /* by MX suffix */
	{ "customer.example", "mx1.mail.hoster.co.uk", "hoster.co.uk" },      /* the MX's organisation */
	{ "customer.example", "hoster.co.uk", "hoster.co.uk" },
	{ "customer.example", "mx.planet.nl", "kpn" },                          /* that organisation is in the list */
	{ "news.customer.example", "mx.customer.example", "customer.example" }, /* its own mail server */
	{ "news.customer.example", "", "customer.example" },                    /* no MX */
	{ "customer.example", "localhost", "customer.example" },                /* tells nothing */
	{ "customer.example", "192.0.2.1", "customer.example" },
	{ "customer.example", "co.uk", "customer.example" },
	{ "[192.0.2.1]", "", "[192.0.2.1]" },
};

static void
test_provider(void)
{
	g_autoptr(MailHosts) hosts = mail_hosts_new();
	g_autoptr(Providers) providers = providers_new();
	const char *other;

	providers_add_domain(providers, "google", "gmail.com", &other);
	providers_add_domain(providers, "kpn", "planet.nl", &other);
	providers_add_mx_suffix(providers, "google", "google.com", &other);
	providers_add_mx_suffix(providers, "ms", "mail.protection.outlook.com", &other);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *provider = mail_hosts_provider(hosts, providers, cases[i].domain, cases[i].mx);

		g_test_message("%s %s", cases[i].domain, cases[i].mx);
		g_assert_cmpstr(provider, ==, cases[i].provider);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/mail-host/provider", test_provider);
	return g_test_run();
}
