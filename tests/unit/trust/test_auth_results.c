#include "auth_results.h"

#include <string.h>

/* A field and what is read in it, one text: "id; method=outcome type.name=value ...; ..."; "": nothing is believed. */
typedef struct Case {
	const char *name, *value, *expected;
} Case;

static const Case cases[] = {
	{ "plain", "mx.example.org; dkim=pass header.d=arf.example.net",
		"mx.example.org; dkim=pass header.d=arf.example.net" },
	{ "leading-blank", " mx.example.org; spf=fail", "mx.example.org; spf=fail" },
	{ "none", "mx.example.org; none", "mx.example.org" },
	{ "none-with-version", "mx.example.org 1; none", "mx.example.org" },
	{ "none-and-comment", "mx.example.org; (no) none (at all)", "mx.example.org" },
	{ "version", "mx.example.org 1; dkim=pass", "mx.example.org; dkim=pass" },
	{ "version-in-comments", "mx.example.org (a) 1 (b); dkim=pass", "mx.example.org; dkim=pass" },
	{ "job-id", "mx.example.org/4bQz12; dkim=pass", "mx.example.org; dkim=pass" },
	{ "upper-case", "MX.Example.ORG; DKIM=Pass Header.D=Example.Net",
		"mx.example.org; dkim=pass header.d=Example.Net" },
	{ "quoted-id", "\"mx.example.org\"; dkim=pass", "mx.example.org; dkim=pass" },
	{ "folded", "mx.example.org;\r\n\tdkim=pass\r\n\t header.d=a.example;\r\n spf=none\r\n",
		"mx.example.org; dkim=pass header.d=a.example; spf=none" },
	{ "bare-lf", "mx.example.org;\n dkim=pass\n", "mx.example.org; dkim=pass" },
	{ "comments-everywhere",
		"(c) mx.example.org (c) ; (c) dkim (c) = (c) pass (2048-bit key) header (c) . (c) d (c) = (c) "
		"a.example (c)",
		"mx.example.org; dkim=pass header.d=a.example" },
	{ "nested-comment", "mx.example.org; dkim=fail (a (b; dkim=pass) c) header.d=a.example",
		"mx.example.org; dkim=fail header.d=a.example" },
	{ "bracket-escaped-in-comment", "mx.example.org; dkim=fail (\\) dkim=pass) header.d=a.example",
		"mx.example.org; dkim=fail header.d=a.example" },
	{ "bracket-in-comment-quote-is-a-bracket", "mx.example.org; dkim=fail (\")\") dkim=pass", "" },
	{ "quoted-semicolon", "mx.example.org; dkim=fail header.i=\"x; dkim=pass header.d=arf.example\"@a.example",
		"mx.example.org; dkim=fail header.i=x; dkim=pass header.d=arf.example@a.example" },
	{ "quoted-pair", "mx.example.org; spf=fail smtp.mailfrom=\"a\\\"; dkim=pass\"@b.example",
		"mx.example.org; spf=fail smtp.mailfrom=a\"; dkim=pass@b.example" },
	{ "reason", "mx.example.org; dkim=fail reason=\"bad; signature\" header.d=a.example",
		"mx.example.org; dkim=fail .reason=bad; signature header.d=a.example" },
	{ "method-version", "mx.example.org; dkim/1=pass header.d=a.example",
		"mx.example.org; dkim=pass header.d=a.example" },
	{ "several-methods",
		"mx.example.org; spf=pass smtp.mailfrom=a.example; dkim=fail header.d=a.example; dkim=pass "
		"header.d=b.example",
		"mx.example.org; spf=pass smtp.mailfrom=a.example; dkim=fail header.d=a.example; dkim=pass "
		"header.d=b.example" },
	{ "several-properties",
		"mx.example.org; dkim=pass header.d=a.example header.i=@a.example header.s=s1 header.b=Ab/3+=",
		"mx.example.org; dkim=pass header.d=a.example header.i=@a.example header.s=s1 header.b=Ab/3+=" },
	{ "no-property-type", "mx.example.org; dmarc=pass action=none header.from=a.example; compauth=pass reason=100",
		"mx.example.org; dmarc=pass .action=none header.from=a.example; compauth=pass .reason=100" },
	{ "dotted-property", "mx.example.org; x=pass policy.dkim.rules=a",
		"mx.example.org; x=pass policy.dkim.rules=a" },
	{ "trailing-semicolon", "mx.example.org; dkim=pass;", "mx.example.org; dkim=pass" },
	{ "utf-8", "mx.example.org; spf=pass smtp.mailfrom=jos\xc3\xa9@a.example",
		"mx.example.org; spf=pass smtp.mailfrom=jos\xc3\xa9@a.example" },
	{ "id-alone", "mx.example.org", "mx.example.org" },
	{ "encoded-word-is-none", "mx.example.org; dkim=fail header.i==?utf-8?q?=3B_dkim=3Dpass?=",
		"mx.example.org; dkim=fail header.i==?utf-8?q?=3B_dkim=3Dpass?=" },

	{ "empty", "", "" },
	{ "blank", " \r\n ", "" },
	{ "no-id", "dkim=pass header.d=a.example", "" },
	{ "no-id-and-more", "spf=pass; dkim=pass header.d=a.example", "" },
	{ "none-and-more", "mx.example.org; none; dkim=pass", "" },
	{ "more-and-none", "mx.example.org; dkim=pass; none", "" },
	{ "no-result", "mx.example.org; dkim", "" },
	{ "no-result-value", "mx.example.org; dkim=", "" },
	{ "property-without-value", "mx.example.org; dkim=pass header.d=", "" },
	{ "property-without-name", "mx.example.org; dkim=pass header.=a.example", "" },
	{ "open-quote", "mx.example.org; dkim=pass header.d=\"a.example", "" },
	{ "open-comment", "mx.example.org; dkim=pass (header.d=a.example", "" },
	{ "stray-bracket", "mx.example.org; dkim=pass ) header.d=a.example", "" },
	{ "two-ids", "mx.example.org mx.example.net; dkim=pass", "" },
	{ "second-id", "mx.example.org, mx.example.net; dkim=pass", "" },
	{ "outcome-quoted", "mx.example.org; dkim=\"pass\"", "" },
};

static bool
has_signer(const AuthResults *results, const char *domain)
{
	const char *signer;

	for (guint at = 0; (signer = auth_results_next_signer(results, &at)) != NULL;)
		if (g_ascii_strcasecmp(signer, domain) == 0)
			return true;
	return false;
}

static char *
as_text(const AuthResults *results)
{
	GString *text = g_string_new(results->authserv_id);

	for (guint i = 0; i < results->results->len; i++) {
		const AuthResult *result = g_ptr_array_index(results->results, i);

		g_string_append_printf(text, "; %s=%s", result->method, result->outcome);
		for (guint j = 0; j < result->properties->len; j++) {
			const AuthProperty *property = g_ptr_array_index(result->properties, j);

			g_string_append_printf(text, " %s.%s=%s", property->type, property->name, property->value);
		}
	}
	return g_string_free(text, FALSE);
}

static void
test_case(gconstpointer data)
{
	const Case *subject = data;
	g_autoptr(AuthResults) results = auth_results_parse(subject->value, strlen(subject->value));
	g_autofree char *text = results == NULL ? g_strdup("") : as_text(results);

	g_assert_cmpstr(text, ==, subject->expected);
}

/* Whatever is cut off the end of a good field, nothing that it did not say comes of it. */
static void
test_cut(void)
{
	const char *whole = "mx.example.org; dkim=fail (x) header.i=\"a; dkim=pass header.d=evil.example\"@a.example";

	for (size_t size = 0; size <= strlen(whole); size++) {
		g_autofree char *exact = g_memdup2(whole, size); /* nothing readable behind its end */
		g_autoptr(AuthResults) results = auth_results_parse(size == 0 ? "" : exact, size);

		g_assert_false(results != NULL && has_signer(results, "evil.example"));
	}
}

static void
test_long(void)
{
	g_autoptr(GString) value = g_string_new("mx.example.org; dkim=pass header.d=a.example");
	g_autoptr(AuthResults) longest = NULL, longer = NULL;

	while (value->len < AUTH_RESULTS_BYTES)
		g_string_append_c(value, ' ');
	longest = auth_results_parse(value->str, value->len);
	g_assert_nonnull(longest);
	g_string_append_c(value, ' ');
	longer = auth_results_parse(value->str, value->len);
	g_assert_null(longer);
}

static void
test_nul(void)
{
	static const char value[] = "mx.example.org; dkim=pass\0";
	g_autoptr(AuthResults) results = auth_results_parse(value, sizeof value - 1);

	g_assert_null(results);
}

/* Deep nesting takes no stack. */
static void
test_deep(void)
{
	g_autofree char *open = g_strnfill(8000, '('), *close = g_strnfill(8000, ')');
	g_autofree char *value = g_strconcat("mx.example.org; dkim=pass ", open, close, NULL);
	g_autoptr(AuthResults) results = auth_results_parse(value, strlen(value));

	g_assert_nonnull(results);
}

typedef struct Signer {
	const char *value, *domain;
	bool passed;
} Signer;

static const Signer signers[] = {
	{ "mx; dkim=pass header.d=arf.example", "arf.example", true },
	{ "mx; dkim=pass header.d=ARF.Example", "arf.example", true },
	{ "mx; dkim=fail header.d=a.example; dkim=pass header.d=arf.example", "arf.example", true },
	{ "mx; dkim=pass header.d=sub.arf.example", "arf.example", false },
	{ "mx; dkim=pass header.d=arf.example.evil", "arf.example", false },
	{ "mx; dkim=pass header.i=@arf.example", "arf.example", false },
	{ "mx; dkim=pass smtp.d=arf.example", "arf.example", false },
	{ "mx; dkim=fail header.d=arf.example", "arf.example", false },
	{ "mx; dkim=none", "arf.example", false },
	{ "mx; spf=pass header.d=arf.example", "arf.example", false },
	{ "mx; dkim=pass header.d=arf.example header.d=other.example", "arf.example", false },
	{ "mx; none", "arf.example", false },
};

static void
test_signer(gconstpointer data)
{
	const Signer *subject = data;
	g_autoptr(AuthResults) results = auth_results_parse(subject->value, strlen(subject->value));

	g_assert_nonnull(results);
	g_assert_cmpint(has_signer(results, subject->domain), ==, subject->passed);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strconcat("/auth-results/read/", cases[i].name, NULL);

		g_test_add_data_func(path, &cases[i], test_case);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(signers); i++) {
		g_autofree char *path = g_strdup_printf("/auth-results/signer/%zu", i);

		g_test_add_data_func(path, &signers[i], test_signer);
	}
	g_test_add_func("/auth-results/cut", test_cut);
	g_test_add_func("/auth-results/long", test_long);
	g_test_add_func("/auth-results/nul", test_nul);
	g_test_add_func("/auth-results/deep", test_deep);
	return g_test_run();
}
