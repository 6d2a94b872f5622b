#include "trust.h"

#include <string.h>

static const struct Refusal {
	const char *text, *message;
} refusals[] = {
	{ "prefix: bounces-are-\n", "/etc/x:1: 'prefix' must be at most 11 lower-case letters" },
	{ "prefix: B-\n", "/etc/x:1: 'prefix'" },
	{ "prefix: .b\n", "/etc/x:1: 'prefix'" },
	{ "prefix: a..b\n", "/etc/x:1: 'prefix'" },
	{ "prefix: a@b\n", "/etc/x:1: 'prefix'" },
	{ "lifetime: 0s\n", "/etc/x:1: 'lifetime' must lie between" },
	{ "key: x\n", "/etc/x:1: unknown key 'key'" },
};

static void
test_refusals(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(refusals); i++) {
		const char *text = refusals[i].text;
		g_autoptr(YamlFile) file = yaml_file_parse("/etc/x", text, strlen(text), NULL);
		g_autoptr(GError) error = NULL;
		TrustSettings settings;

		g_assert_false(trust_settings_read(yaml_file_root(file), &settings, &error));
		g_assert_error(error, RETOUR_ERROR, ERROR_CONFIG);
		g_assert_true(g_str_has_prefix(error->message, refusals[i].message));
	}
}

static void
test_read(void)
{
	static const char text[] = "keys: keys\nlifetime: 14d\nprefix: bounces+\n";
	g_autoptr(YamlFile) file = yaml_file_parse("/etc/x", text, strlen(text), NULL);
	g_autoptr(GError) error = NULL;
	TrustSettings settings;

	g_assert_true(trust_settings_read(yaml_file_root(file), &settings, &error));
	g_assert_cmpstr(settings.keys, ==, "/etc/keys");
	g_assert_cmpstr(settings.prefix, ==, "bounces+");
	g_assert_cmpint(settings.lifetime_ms, ==, INT64_C(14) * 24 * 3600 * 1000);
	settings_clear(trust_settings, &settings);
}

static void
test_absent(void)
{
	g_autoptr(GError) error = NULL;
	TrustSettings settings;

	g_assert_true(trust_settings_read(NULL, &settings, &error));
	g_autoptr(Trust) trust = trust_load(&settings, &error);

	g_assert_no_error(error);
	g_assert_null(trust->ring);
	g_assert_cmpint(trust->lifetime_seconds, ==, 30 * 24 * 3600);
	settings_clear(trust_settings, &settings);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/trust-settings/refusals", test_refusals);
	g_test_add_func("/trust-settings/read", test_read);
	g_test_add_func("/trust-settings/absent", test_absent);
	return g_test_run();
}
