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
	{ "programme-provider", "programmes:\n  a:\n    solicited: yes\n    provider: b\n    from: x.example\n",
		":4: there is no provider 'b'" },
	{ "programme-sender", "programmes:\n  a:\n    solicited: yes\n    from:\n    - x.example\n    - a@b@\n",
		":6: 'a@b@' is neither an address nor a domain" },
	{ "programme-taken",
		"programmes:\n  a: { solicited: yes, from: x.example }\n  b:\n    solicited: no\n    from: "
		"[X.example]\n",
		":5: it belongs to programme 'a' already" },
	{ "programme-unknowable", "programmes:\n  a:\n    solicited: yes\n",
		":2: 'from' or 'user_agent' must say how it is recognised" },
	{ "programme-unprovable", "programmes:\n  a: { solicited: yes, user_agent: x, dkim: x.example }\n",
		":2: a signature proves nothing without 'from'" },
	{ "programme-anybody", "programmes:\n  a: { solicited: yes, user_agent: '' }\n",
		":2: an empty name would be everybody's" },
	{ "programme-solicited", "programmes:\n  a: { from: x.example }\n", ":2: 'solicited' is missing" },
	{ "programme-key", "programmes:\n  a: { solicited: yes, from: x.example, dkin: x.example }\n",
		":2: unknown key 'dkin'" },
	{ "programme-enrolment", "programmes:\n  a: { solicited: yes, from: x.example, enrolment: magic }\n",
		":2: 'enrolment' must be one of: none, domain, ip, account; not 'magic'" },
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

static void
check_programme(void)
{
	g_autofree char *path =
		write_file("programmes:\n  loop:\n    provider: big\n    from: [Staff@Big.example, fbl.example]\n"
			   "    dkim: BIG.example\n    user_agent: BigLoop/\n    solicited: yes\n"
			   "    enrolment: ip\n    url: https://big.example/\n"
			   "providers: { big: }\n");
	g_autoptr(GError) error = NULL;
	g_autoptr(Providers) providers = providers_load(path, &error);
	const Programme *loop;

	g_assert_no_error(error);
	loop = programmes_find(providers_programmes(providers), "loop");
	g_assert_cmpstr(loop->provider, ==, "big");
	g_assert_cmpstr(loop->senders[0], ==, "staff@big.example");
	g_assert_cmpstr(loop->dkim[0], ==, "big.example");
	g_assert_true(loop->solicited);
	g_assert_cmpint(loop->enrolment, ==, ENROLMENT_IP);
	g_assert_true(programmes_prove(providers_programmes(providers), "staff@big.example", "big.example") == loop);
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
	g_test_add_func("/providers/programme", check_programme);
	return g_test_run();
}
