#include "providers_load.h"

#include <glib/gstdio.h>
#include <string.h>

static const struct Refusal {
	const char *name, *text, *message;
} refusals[] = {
	{ "section", "provider: {}\n", ":1: unknown key 'provider'" },
	{ "key", "providers:\n  a:\n    domain: [x.example]\n", ":3: unknown key 'domain'" },
	{ "taken", "providers:\n  a: { domains: [x.example] }\n  b:\n    domains:\n    - y.example\n    - X.example\n",
		":6: 'x.example' belongs to provider 'a' already" },
	{ "mx-taken", "providers:\n  a: { mx: x.example }\n  b: { mx: x.example }\n",
		":3: 'x.example' belongs to provider 'a' already" },
	{ "no-domain", "providers:\n  a: { domains: ['not a domain'] }\n", ":2: 'not a domain' is not a domain" },
	{ "contact", "providers:\n  a: { contact: nobody }\n", ":2: there is no contact 'nobody'" },
	{ "channel", "contacts:\n  a: { note: x }\n", ":2: 'channel' is missing" },
	{ "list", "providers: [a]\n", ":1: 'providers' must be a map of names" },
};

static char *
write_file(const char *text)
{
	char *path = NULL;
	int fd = g_file_open_tmp("retour-XXXXXX.yaml", &path, NULL);

	g_assert_cmpint(fd, >=, 0);
	g_close(fd, NULL);
	g_assert_true(g_file_set_contents(path, text, -1, NULL));
	return path;
}

static void
check_refusal(const void *data)
{
	const struct Refusal *row = data;
	g_autofree char *path = write_file(row->text);
	g_autofree char *message = g_strconcat(path, row->message, NULL);
	g_autoptr(GError) error = NULL;

	g_assert_null(providers_load(path, &error));
	g_assert_error(error, RETOUR_ERROR, ERROR_CONFIG);
	g_assert_cmpstr(error->message, ==, message);
	g_unlink(path);
}

static void
check_good(void)
{
	g_autofree char *path =
		write_file("providers:\n  big: { domains: [Big.example, m\u00fcnchen.example], mx: [mx.big.example], "
			   "contact: c }\n  small:\n"
			   "contacts:\n  c: { channel: 'https://big.example/form', note: be polite }\n");
	g_autoptr(GError) error = NULL;
	g_autoptr(Providers) providers = providers_load(path, &error);

	g_assert_no_error(error);
	g_assert_cmpstr(providers_by_domain(providers, "big.example"), ==, "big");
	g_assert_cmpstr(providers_by_domain(providers, "xn--mnchen-3ya.example"), ==, "big");
	g_assert_cmpstr(providers_by_mx(providers, "a.mx.big.example"), ==, "big");
	g_assert_true(providers_find(providers, "big") == providers_by_domain(providers, "big.example"));
	g_assert_nonnull(providers_find(providers, "small"));
	g_assert_cmpstr(providers_contact(providers, providers_contact_of(providers, "big"))->note, ==, "be polite");
	g_assert_null(providers_contact(providers, "x"));
	g_unlink(path);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(refusals); i++) {
		g_autofree char *path = g_strconcat("/providers/refused/", refusals[i].name, NULL);

		g_test_add_data_func(path, &refusals[i], check_refusal);
	}
	g_test_add_func("/providers/good", check_good);
	return g_test_run();
}
