#include "address.h"

#include <glib.h>
#include <string.h>

typedef struct AddressCase {
	const char *text, *parsed, *key; /* NULL: not an address */
} AddressCase;

static const AddressCase cases[] = {
	{ "user@example.com", "user@example.com", "user@example.com" },
	{ "User.Name@Example.COM", "User.Name@Example.COM", "user.name@example.com" },
	{ "<user@example.com>", "user@example.com", "user@example.com" },
	{ "<<user@example.com>>", "user@example.com", "user@example.com" },
	{ " < user@example.com > ", "user@example.com", "user@example.com" },
	{ "<user@example.com", "user@example.com", "user@example.com" },
	{ "rfc822; user@example.com", "user@example.com", "user@example.com" },
	{ "RFC822;<user@example.com>", "user@example.com", "user@example.com" },
	{ "rfc/822 ; user@example.com", "user@example.com", "user@example.com" },
	{ "rfc822;rfc822; user@example.com", "user@example.com", "user@example.com" },
	{ "SMTP:user@example.com", "user@example.com", "user@example.com" },
	{ "mailto:user@example.com", "user@example.com", "user@example.com" },
	{ "Name <user@example.com>", "user@example.com", "user@example.com" },
	{ "\"Last, First\" <user@example.com>", "user@example.com", "user@example.com" },
	{ "\"a@b.example\" <user@example.com>", "user@example.com", "user@example.com" },
	{ "\"open <user@example.com>", "user@example.com", "user@example.com" },
	{ "(first <x@y.example>) user@example.com (second (nested))", "user@example.com", "user@example.com" },
	{ "'user@example.com'", "user@example.com", "user@example.com" },
	{ "o'neil@example.com", "o'neil@example.com", "o'neil@example.com" },
	{ "@relay.example,@mx.example:user@example.com", "user@example.com", "user@example.com" },
	{ "<@relay.example:user@example.com>", "user@example.com", "user@example.com" },
	{ "user@example.com.", "user@example.com", "user@example.com" },
	{ "user@example.com..", "user@example.com", "user@example.com" },
	{ "user+tag=x@example.com", "user+tag=x@example.com", "user+tag=x@example.com" },
	{ "IMCEAEX-_O=ORG_OU=SITE_CN=USER@example.com", "IMCEAEX-_O=ORG_OU=SITE_CN=USER@example.com",
		"imceaex-_o=org_ou=site_cn=user@example.com" },
	{ "\"john doe\"@example.com", "\"john doe\"@example.com", "\"john doe\"@example.com" },
	{ "\"a@b\"@example.com", "\"a@b\"@example.com", "\"a@b\"@example.com" },
	{ "<\"a>b\"@example.com>", "\"a>b\"@example.com", "\"a>b\"@example.com" },
	{ "a..b.@example.com", "a..b.@example.com", "a..b.@example.com" },
	{ "user@[192.0.2.1]", "user@[192.0.2.1]", "user@[192.0.2.1]" },
	{ "user@localhost", "user@localhost", "user@localhost" },
	{ "user@m\xc3\xbcller.example", "user@m\xc3\xbcller.example", "user@xn--mller-kva.example" },
	{ "user@GRO\xc3\x9f.example", "user@GRO\xc3\x9f.example", "user@xn--gro-7ka.example" },
	{ "\xc3\x84nne@example.com", "\xc3\x84nne@example.com", "\xc3\xa4nne@example.com" },
	{ "utf-8; \\x{E4}nne@example.com", "\xc3\xa4nne@example.com", "\xc3\xa4nne@example.com" },
	{ "=?utf-8?Q?Caf=C3=A9?=@example.com", "=?utf-8?Q?Caf=C3=A9?=@example.com",
		"=?utf-8?q?caf=c3=a9?=@example.com" },
	{ "user@under_score.example", "user@under_score.example", "user@under_score.example" },

	{ "", NULL, NULL },
	{ "<>", NULL, NULL },
	{ "user", NULL, NULL },
	{ "@example.com", NULL, NULL },
	{ "user@", NULL, NULL },
	{ "user@.example.com", NULL, NULL },
	{ "user@exa mple.com", NULL, NULL },
	{ "us er@example.com", NULL, NULL },
	{ "a@b@example.com", NULL, NULL },
	{ "a@example.com, b@example.com", NULL, NULL },
	{ "/var/mail/user@example.com", NULL, NULL },
	{ "|/usr/bin/filter@example.com", NULL, NULL },
	{ "\"|/usr/bin/filter x\"@example.com", NULL, NULL },
	{ ":include:/etc/list@example.com", NULL, NULL },
	{ "=?utf-8?B?dXNlcg==?= user@example.com", NULL, NULL },
	{ "=?utf-8?Q?Name?=user@example.com", NULL, NULL },
	{ "name=?utf-8?Q?Name?=@example.com", NULL, NULL },
	{ "no\xc2\xa0one@example.com", NULL, NULL },
	{ "no\xe2\x80\x8bone@example.com", NULL, NULL },
	{ "us\xff@example.com", NULL, NULL },
	{ "us\x01@example.com", NULL, NULL },
	{ "\"us\ner\"@example.com", NULL, NULL },
	{ "redacted@example.com", NULL, NULL },
	{ "hashed@example.com", NULL, NULL },
	{ "<Undisclosed Recipients>", NULL, NULL },
	{ "0123456789abcdef0123456789ABCDEF@example.com", NULL, NULL },
};

static const char *const domains[][2] = {
	{ "Example.COM", "example.com" },
	{ "example.com.", "example.com" },
	{ "m\xc3\xbcnchen.example", "xn--mnchen-3ya.example" },
	{ "[192.0.2.1]", "[192.0.2.1]" },
	{ "[IPv6:2001:db8::1]", "[IPv6:2001:db8::1]" },
	{ "a..b", NULL },
	{ ".", NULL },
	{ "", NULL },
	{ "a b", NULL },
	{ "a/b", NULL },
	{ "[x y]", NULL },
	{ "\xff.example", NULL },
};

typedef struct RedactedCase {
	const char *text;
	bool redacted;
} RedactedCase;

static const RedactedCase redacted_cases[] = {
	{ "redacted", true },
	{ "Redacted-Address@example.com", true },
	{ "<hashed@example.com>", true },
	{ "undisclosed recipients", true },
	{ "[redacted]", true },
	{ "*****@example.com", true },
	{ "da39a3ee5e6b4b0d3255bfef95601890afd80709@example.com", true },
	{ "hash@example.com", false },
	{ "hashedpotato@example.com", false },
	{ "xxxx@example.com", false },
	{ "maxxxx@example.com", false },
	{ "user@redacted.example", false },
	{ "", false },
};

static void
test_parse_and_key(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *parsed = address_parse(cases[i].text);
		g_autofree char *key = address_key(cases[i].text);

		g_test_message("case %zu", i);
		g_assert_cmpstr(parsed, ==, cases[i].parsed);
		g_assert_cmpstr(key, ==, cases[i].key);
	}
}

static void
test_length(void)
{
	g_autofree char *local = g_strnfill(242, 'a');
	g_autofree char *fits = g_strconcat(local, "@example.com", NULL);
	g_autofree char *exceeds = g_strconcat("a", fits, NULL);
	g_autofree char *parsed = address_parse(fits);

	g_assert_cmpuint(strlen(fits), ==, 254);
	g_assert_cmpstr(parsed, ==, fits);
	g_assert_null(address_parse(exceeds));
}

/* Quotes that are never closed are not looked for from each of them: 1 MB of them would take hours. */
static void
test_hostile(void)
{
	g_autofree char *blanks = g_strnfill(1 << 20, ' ');
	g_auto(GStrv) pieces = g_strsplit(blanks, " ", -1);
	g_autofree char *text = g_strjoinv("\\\"", pieces);
	g_autofree char *quoted = g_strconcat("\"", text, NULL);

	g_assert_null(address_parse(quoted));
}

static void
test_domain(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(domains); i++) {
		g_autofree char *normal = domain_normalise(domains[i][0]);

		g_assert_cmpstr(normal, ==, domains[i][1]);
	}
	g_assert_cmpstr(address_domain("\"a@b\"@example.com"), ==, "example.com");
	g_assert_cmpstr(address_domain("nobody"), ==, "");
}

static void
test_redacted(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(redacted_cases); i++) {
		g_test_message("%s", redacted_cases[i].text);
		g_assert_cmpint(address_is_redacted(redacted_cases[i].text), ==, redacted_cases[i].redacted);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/address/parse-and-key", test_parse_and_key);
	g_test_add_func("/address/length", test_length);
	g_test_add_func("/address/hostile", test_hostile);
	g_test_add_func("/address/domain", test_domain);
	g_test_add_func("/address/redacted", test_redacted);
	return g_test_run();
}
