#include "ring.h"
#include "trace.h"

#include <string.h>

#define T0 INT64_C(1795000000)
#define LIFETIME (30 * 24 * 3600)

static const unsigned char message[TOKEN_MESSAGE_SIZE] = { 1, 2, 3, 4, 5, 6, 7, 8 };

#define TOKEN "t=a5vp3bwaaebagbafaydqqzggfyupw3hjff2nc"
#define TAG "aaaaaaaaaaaaaaab"

/* By form alone. */
static const struct FormCase {
	const char *value;
	bool good;
	size_t tags;
	bool complete;
} forms[] = {
	{ TOKEN "; d=x.example; n=1; r=" TAG, true, 1, true },
	{ " " TOKEN " ;\r\n\td= X.Example ;\n n=1 ;\n r=" TAG "\n\t", true, 1, true },
	{ TOKEN ";d=x.example;n=2;r=" TAG " " TAG, true, 2, true },
	{ TOKEN "; d=; n=1; r=" TAG, true, 1, true },
	{ TOKEN "; d=x.example; n=2; r=" TAG, true, 1, false },
	{ TOKEN "; d=x.example; n=2; r=" TAG " aaaaaa", true, 1, false },
	{ TOKEN "; d=x.example; n=1; r=" TAG " " TAG, true, 2, false },
	{ TOKEN "; d=x.example; n=1", true, 0, false },
	{ TOKEN "; d=x.example; n=1; r=", true, 0, false },
	{ TOKEN "; d=x.example; n=0; r=" TAG, false, 0, false },
	{ TOKEN "; d=x.example; n=66; r=" TAG, false, 0, false },
	{ TOKEN "; d=x.example; n=x; r=" TAG, false, 0, false },
	{ TOKEN "; d=x.example; r=" TAG, false, 0, false },
	{ TOKEN "; n=1; r=" TAG, false, 0, false },
	{ "d=x.example; n=1; r=" TAG, false, 0, false },
	{ "t=a5vp3bwaaebagbafaydqq33rwufp5nmxki7jbrkivlynfxpa2qkjs; d=x.example; n=1; r=" TAG, false, 0, false },
	{ "t=; d=; n=1", false, 0, false },
	{ "", false, 0, false },
};

static void
test_forms(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(forms); i++) {
		Trace trace;

		g_test_message("%s", forms[i].value);
		g_assert_cmpint(trace_parse(forms[i].value, &trace), ==, forms[i].good);
		if (!forms[i].good)
			continue;
		g_assert_cmpuint(trace.tag_count, ==, forms[i].tags);
		g_assert_cmpint(trace.complete, ==, forms[i].complete);
	}
}

static void
test_long_domain(void)
{
	g_autofree char *domain = g_strnfill(254, 'a'), *value = NULL;
	Trace trace;

	value = g_strdup_printf("%s; d=%s; n=1", TOKEN, domain);
	g_assert_false(trace_parse(value, &trace));
	g_free(value);
	value = g_strdup_printf("%s; d=%s; n=1", TOKEN, domain + 1);
	g_assert_true(trace_parse(value, &trace));
}

static const struct CountCase {
	size_t recipients, tags;
	bool complete;
} counts[] = { { 1, 1, true }, { 2, 2, true }, { 3, 4, true }, { 5, 8, true }, { 33, 64, true }, { 64, 64, true },
	{ 65, 64, false }, { 1000, 64, false } };

static void
test_recipients(void)
{
	TestRing files = test_ring_new();
	char names[1000][32];
	const char *recipients[1000];

	test_ring_add(&files, T0, 0);
	g_autoptr(KeyRing) ring = test_ring_load(&files);
	const TokenKey *key = keyring_signer(ring, T0);

	for (unsigned i = 0; i < 1000; i++) {
		g_snprintf(names[i], sizeof names[i], "user%u@example.org", i);
		recipients[i] = names[i];
	}
	for (size_t i = 0; i < G_N_ELEMENTS(counts); i++) {
		g_autofree char *value =
			trace_make(key, T0, message, "customer.example", recipients, counts[i].recipients);
		TokenState stranger = counts[i].complete ? TOKEN_WRONG_RECIPIENT : TOKEN_NEEDS_RECORD;
		Trace trace;

		g_assert_true(trace_parse(value, &trace));
		g_assert_cmpuint(trace.tag_count, ==, counts[i].tags);
		g_assert_cmpint(trace.complete, ==, counts[i].complete);
		g_assert_cmpstr(trace.sender_domain, ==, "customer.example");
		for (size_t r = 0; r < counts[i].recipients; r++)
			g_assert_cmpint(trace_verify(ring, &trace, names[r], LIFETIME, T0), ==,
				r < TRACE_TAGS ? TOKEN_VALID : TOKEN_NEEDS_RECORD);
		g_assert_cmpint(trace_verify(ring, &trace, "other@example.org", LIFETIME, T0), ==, stranger);
		/* The domain is sealed. */
		trace.sender_domain[0] = 'x';
		g_assert_cmpint(trace_verify(ring, &trace, names[0], LIFETIME, T0), ==, TOKEN_INVALID);
		for (const char *line = value; line != NULL; line = strchr(line + 1, '\n'))
			g_assert_cmpuint(strcspn(line + 1, "\n"), <=, 78);
	}
	test_ring_free(&files);
}

/* The tags of a trace help a token of its own message and no other. */
static void
test_lend(void)
{
	static const unsigned char other[TOKEN_MESSAGE_SIZE] = { 9 };
	static const char *const both[] = { "a@example.org", "b@example.org" };
	TestRing files = test_ring_new();

	test_ring_add(&files, T0, 0);
	g_autoptr(KeyRing) ring = test_ring_load(&files);
	const TokenKey *key = keyring_signer(ring, T0);
	g_autofree char *value = trace_make(key, T0, message, "customer.example", both, 2);
	Token own, foreign;
	Trace trace;

	g_assert_true(trace_parse(value, &trace));
	token_make(key, TOKEN_RETURN_PATH, T0, message, NULL, "", &own);
	token_make(key, TOKEN_RETURN_PATH, T0, other, NULL, "", &foreign);
	for (unsigned i = 0; i < 2; i++) {
		TokenClaim claim = { .purpose = TOKEN_RETURN_PATH,
			.token = i == 0 ? &own : &foreign,
			.context = "",
			.recipient = "b@example.org" };

		trace_lend(&trace, &claim);
		g_assert_cmpint(
			token_verify(ring, &claim, LIFETIME, T0), ==, i == 0 ? TOKEN_VALID : TOKEN_NEEDS_RECORD);
	}
	test_ring_free(&files);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/trace/forms", test_forms);
	g_test_add_func("/trace/long-domain", test_long_domain);
	g_test_add_func("/trace/recipients", test_recipients);
	g_test_add_func("/trace/lend", test_lend);
	return g_test_run();
}
