#include "providers.h"

#include <glib.h>

typedef struct ProviderCase {
	const char *key, *name; /* NULL: unknown */
} ProviderCase;

static const ProviderCase domain_cases[] = {
	{ "post.example", "post" },
	{ "mail.post.example", NULL },
	{ "other.example", NULL },
	{ "", NULL },
};

static const ProviderCase mx_cases[] = {
	{ "mx.post.example", "post" },
	{ "customer.in.mx.post.example", "post" },
	{ "notmx.post.example", NULL },
	{ "mx.post.example.org", NULL },
	{ "", NULL },
};

static Providers *
sample(void)
{
	Providers *providers = providers_new();
	const char *other = NULL;

	g_assert_true(providers_add_domain(providers, "post", "post.example", &other));
	g_assert_true(providers_add_mx_suffix(providers, "post", "mx.post.example", &other));
	return providers;
}

static void
test_lookup(void)
{
	g_autoptr(Providers) providers = sample();

	for (size_t i = 0; i < G_N_ELEMENTS(domain_cases); i++)
		g_assert_cmpstr(providers_by_domain(providers, domain_cases[i].key), ==, domain_cases[i].name);
	for (size_t i = 0; i < G_N_ELEMENTS(mx_cases); i++)
		g_assert_cmpstr(providers_by_mx(providers, mx_cases[i].key), ==, mx_cases[i].name);
	g_assert_true(providers_know(providers, "post"));
	g_assert_false(providers_know(providers, "pigeon"));
}

static void
test_conflict(void)
{
	g_autoptr(Providers) providers = sample();
	const char *other = NULL;

	g_assert_true(providers_add_domain(providers, "post", "post.example", &other));
	g_assert_null(other);
	g_assert_false(providers_add_domain(providers, "pigeon", "post.example", &other));
	g_assert_cmpstr(other, ==, "post");
	g_assert_cmpstr(providers_by_domain(providers, "post.example"), ==, "post");
	g_assert_false(providers_know(providers, "pigeon"));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/providers/lookup", test_lookup);
	g_test_add_func("/providers/conflict", test_conflict);
	return g_test_run();
}
