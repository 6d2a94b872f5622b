#include "recipients.h"

static const char *const patterns[] = { "Bounce@Example.org", "verp+*@example.org", "b-*@lists.example.org",
	"@fbl.example.org", "@bücher.example" };

typedef struct Case {
	const char *name, *address;
	bool ours;
} Case;

static const Case cases[] = {
	{ "address", "bounce@example.org", true },
	{ "address-case", "BOUNCE@EXAMPLE.ORG", true },
	{ "address-other-local", "bounces@example.org", false },
	{ "address-other-domain", "bounce@example.net", false },
	{ "address-subdomain", "bounce@mail.example.org", false },
	{ "prefix", "verp+anna=example.net@example.org", true },
	{ "prefix-case", "VERP+Anna=Example.net@example.org", true },
	{ "prefix-alone", "verp+@example.org", true },
	{ "prefix-without-delimiter", "verp@example.org", false },
	{ "prefix-elsewhere", "verp+x@lists.example.org", false },
	{ "prefix-second-domain", "b-42@lists.example.org", true },
	{ "domain", "anything@fbl.example.org", true },
	{ "domain-quoted", "\"a b\"@fbl.example.org", true },
	{ "domain-below", "x@sub.fbl.example.org", false },
	{ "domain-suffix", "x@notfbl.example.org", false },
	{ "domain-idna", "x@xn--bcher-kva.example", true },
	{ "domain-idna-unicode", "x@BÜCHER.example", true },
	{ "no-domain", "postmaster", false },
	{ "empty", "", false },
	{ "at-alone", "@fbl.example.org", false },
};

static const char *const refused[] = { "", "@", "bounce", "bounce@", "*@example.org", "a*b@example.org",
	"a**@example.org", "*", "bounce+*@", "bounce+*", "@exa mple.org", "a@b@*@c" };

static void
test_match(gconstpointer data)
{
	const Case *c = data;
	g_autoptr(Recipients) recipients = recipients_new();
	g_autoptr(GError) error = NULL;

	for (size_t i = 0; i < G_N_ELEMENTS(patterns); i++) {
		recipients_add(recipients, patterns[i], &error);
		g_assert_no_error(error);
	}
	g_assert_cmpint(recipients_match(recipients, c->address), ==, c->ours);
}

static void
test_refused(gconstpointer data)
{
	const char *const *pattern = data;
	g_autoptr(Recipients) recipients = recipients_new();
	g_autoptr(GError) error = NULL;

	g_assert_false(recipients_add(recipients, *pattern, &error));
	g_assert_error(error, RETOUR_ERROR, ERROR_CONFIG);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strdup_printf("/recipients/match/%s", cases[i].name);

		g_test_add_data_func(path, &cases[i], test_match);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(refused); i++) {
		g_autofree char *path = g_strdup_printf("/recipients/refused/%zu", i);

		g_test_add_data_func(path, &refused[i], test_refused);
	}
	return g_test_run();
}
