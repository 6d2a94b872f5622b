#include "base32.h"
#include "token.h"

#include <glib.h>
#include <sodium.h>
#include <string.h>

#define NOW INT64_C(1795000000)

static const TokenKey key = { .id = 7, .secret = "0123456789abcdef0123456789abcde" };
static const unsigned char message[TOKEN_MESSAGE_SIZE] = { 1, 2, 3, 4, 5, 6, 7, 8 };

/* Written into mail that may come back weeks later: these texts must never change. Computed apart, with Python's hashlib. */
static const struct Vector {
	TokenPurpose purpose;
	const char *recipient, *context, *text;
} vectors[] = {
	{ TOKEN_RETURN_PATH, "a@example.org", "", "a5vp3bwaaebagbafaydqq33rwufp5nmxki7jbrkivlynfxpa2qkjs" },
	{ TOKEN_RETURN_PATH, NULL, "", "a5vp3bwaaebagbafaydqqzggfyupw3hjff2nc" },
	{ TOKEN_TRACE, NULL, "customer.example", "a5vp3bwaaebagbafaydqr3k5kjrsd3lf54na6" },
	{ TOKEN_FEEDBACK, "a@example.org", "", "a5vp3bwaaebagbafaydqqi4fx6mngdlajhslvrkivlynfxpa2qkjs" },
	{ TOKEN_UNSUBSCRIBE, "a@example.org", "", "a5vp3bwaaebagbafaydqqetrtgqx2vzzq43tvrkivlynfxpa2qkjs" },
};

static const struct Base32Case {
	const char *bytes, *text;
} base32_cases[] = { /* RFC 4648 section 10 */
	{ "", "" }, { "f", "my" }, { "fo", "mzxq" }, { "foo", "mzxw6" }, { "foob", "mzxw6yq" }, { "fooba", "mzxw6ytb" },
	{ "foobar", "mzxw6ytboi" }
};

static const struct BadText {
	const char *text;
	size_t size;
} bad_texts[] = {
	{ "m", 1 },
	{ "mza", 1 },
	{ "m1", 1 },
	{ "m8", 1 },
	{ "m=", 1 },
	{ "m\xc3", 1 },
	{ "mz", 1 }, /* a bit beyond the byte */
	{ "my", 2 },
	{ "myy", 1 },
};

static void
test_base32(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(base32_cases); i++) {
		const char *bytes = base32_cases[i].bytes;
		size_t size = strlen(bytes);
		char text[16];
		unsigned char back[8];

		base32_encode((const unsigned char *)bytes, size, text);
		g_assert_cmpstr(text, ==, base32_cases[i].text);
		g_assert_true(base32_decode(text, strlen(text), back, size));
		g_assert_true(memcmp(back, bytes, size) == 0);
		g_autofree char *upper = g_ascii_strup(text, -1);

		g_assert_true(base32_decode(upper, strlen(upper), back, size));
		g_assert_true(memcmp(back, bytes, size) == 0);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(bad_texts); i++) {
		unsigned char back[8];

		g_assert_false(base32_decode(bad_texts[i].text, strlen(bad_texts[i].text), back, bad_texts[i].size));
	}
}

static void
test_vectors(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(vectors); i++) {
		const struct Vector *v = &vectors[i];
		char text[TOKEN_TEXT_SIZE];
		Token token, back;

		token_make(&key, v->purpose, NOW, message, v->recipient, v->context, &token);
		g_assert_cmpstr(token_format(&token, text), ==, v->text);
		g_assert_true(token_parse(text, strlen(text), &back));
		g_assert_cmpmem(&back, sizeof back, &token, sizeof token);
		g_assert_true(token_is_sealed(&back, &key, v->purpose, v->context));
		g_assert_cmpint(back.has_tag, ==, v->recipient != NULL);
		g_assert_cmpint(back.made_at, ==, NOW);
		g_assert_cmphex(token_message_number(back.message), ==, 0x0102030405060708);
	}
}

static void
test_seal_covers_all(void)
{
	TokenKey other = key;
	Token token, changed;

	token_make(&key, TOKEN_TRACE, NOW, message, "a@example.org", "x.example", &token);
	for (TokenPurpose purpose = 0; purpose <= TOKEN_UNSUBSCRIBE; purpose++)
		g_assert_cmpint(token_is_sealed(&token, &key, purpose, "x.example"), ==, purpose == TOKEN_TRACE);
	g_assert_false(token_is_sealed(&token, &key, TOKEN_TRACE, "y.example"));
	g_assert_false(token_is_sealed(&token, &key, TOKEN_TRACE, ""));
	other.secret[31] ^= 1;
	g_assert_false(token_is_sealed(&token, &other, TOKEN_TRACE, "x.example"));
	changed = token;
	changed.made_at++;
	g_assert_false(token_is_sealed(&changed, &key, TOKEN_TRACE, "x.example"));
	changed = token;
	changed.key++;
	g_assert_false(token_is_sealed(&changed, &key, TOKEN_TRACE, "x.example"));
	/* The tag cannot be exchanged, nor cut off, nor put beside a message for several. */
	changed = token;
	token_tag(&key, message, "b@example.org", changed.tag);
	g_assert_false(token_is_sealed(&changed, &key, TOKEN_TRACE, "x.example"));
	memset(changed.tag, 0, sizeof changed.tag);
	changed.has_tag = false;
	g_assert_false(token_is_sealed(&changed, &key, TOKEN_TRACE, "x.example"));
	token_make(&key, TOKEN_TRACE, NOW, message, NULL, "x.example", &changed);
	changed.has_tag = true;
	memcpy(changed.tag, token.tag, sizeof changed.tag);
	g_assert_false(token_is_sealed(&changed, &key, TOKEN_TRACE, "x.example"));
}

static void
test_tag(void)
{
	unsigned char other_message[TOKEN_MESSAGE_SIZE] = { 1, 2, 3, 4, 5, 6, 7, 9 };
	Token token;

	token_make(&key, TOKEN_RETURN_PATH, NOW, message, "a@example.org", "", &token);
	g_assert_true(token_tag_is_of(token.tag, &key, message, "a@example.org"));
	g_assert_false(token_tag_is_of(token.tag, &key, message, "b@example.org"));
	g_assert_false(token_tag_is_of(token.tag, &key, message, "a@example.or"));
	g_assert_false(token_tag_is_of(token.tag, &key, other_message, "a@example.org"));
}

/* One bit, any bit, of what stands in the mail. Case alone is no change. */
static void
test_bit_flips(void)
{
	char text[TOKEN_TEXT_SIZE];
	Token token;

	for (unsigned round = 0; round < 10000; round++) {
		const char *recipient = round % 2 == 0 ? "a@example.org" : NULL;
		Token back;
		size_t length;
		unsigned at, bit;

		token_make(&key, TOKEN_RETURN_PATH, NOW + round, message, recipient, "", &token);
		length = strlen(token_format(&token, text));
		at = randombytes_uniform((uint32_t)length);
		bit = randombytes_uniform(8);
		text[at] = (char)(text[at] ^ (1U << bit));
		if (!token_parse(text, length, &back))
			continue;
		if (memcmp(&back, &token, sizeof token) == 0)
			g_assert_cmpint(bit, ==, 5); /* 'a' and 'A' */
		else
			g_assert_false(token_is_sealed(&back, &key, TOKEN_RETURN_PATH, ""));
	}
}

static void
test_addresses(void)
{
	g_autofree char *text = g_malloc(TOKEN_TEXT_SIZE), *upper = NULL;
	const struct AddressCase {
		const char *format;
		bool found;
	} cases[] = {
		{ "b-%s@bounces.example", true },
		{ "B-%s@BOUNCES.example", true },
		{ "b-%s", true },
		{ "%s@bounces.example", true },
		{ "%s", true },
		{ "bounces+%s@bounces.example", true },
		{ "b-%sx@bounces.example", false },
		{ "b-%s+x@bounces.example", false },
		{ "b-%s=x@bounces.example", false },
		{ "b-@%s", false },
		{ "b-", false },
		{ "", false },
		{ "@", false },
	};
	Token token, back;

	token_make(&key, TOKEN_RETURN_PATH, NOW, message, "a@example.org", "", &token);
	token_format(&token, text);
	upper = g_ascii_strup(text, -1);
	for (size_t i = 0; i < G_N_ELEMENTS(cases) * 2; i++) {
		const struct AddressCase *c = &cases[i / 2];
		g_auto(GStrv) parts = g_strsplit(c->format, "%s", 2);
		g_autofree char *address = g_strjoinv(i % 2 == 0 ? text : upper, parts);

		g_assert_cmpint(token_find(address, &back), ==, c->found);
		if (c->found)
			g_assert_cmpmem(&back, sizeof back, &token, sizeof token);
	}
	g_assert_cmpuint(strlen(text), ==, 53);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_assert_cmpint(sodium_init(), >=, 0);
	g_test_add_func("/token/base32", test_base32);
	g_test_add_func("/token/vectors", test_vectors);
	g_test_add_func("/token/seal-covers-all", test_seal_covers_all);
	g_test_add_func("/token/tag", test_tag);
	g_test_add_func("/token/bit-flips", test_bit_flips);
	g_test_add_func("/token/addresses", test_addresses);
	return g_test_run();
}
