#include "mention.h"

#include <string.h>

typedef struct MentionCase {
	const char *text, *address; /* NULL: none */
	bool bracketed;
} MentionCase;

static const MentionCase cases[] = {
	{ "mail to anna@shop.example failed", "anna@shop.example", false },
	{ "<anna@shop.example>: unknown", "anna@shop.example", true },
	{ "write to anna@shop.example.", "anna@shop.example", false },
	{ "'anna@shop.example'", "anna@shop.example", false },
	{ "\"anna@shop.example\":", "anna@shop.example", true },
	{ "(anna@shop.example)", "anna@shop.example", false },
	{ "rfc822;anna@shop.example", "anna@shop.example", false },
	{ "<mailto:anna@shop.example>", "anna@shop.example", false },
	{ "<@relay.example:anna@shop.example>", "anna@shop.example", true },
	{ "<\"an na\"@shop.example>", "\"an na\"@shop.example", true },
	{ "o'hara+news=x@shop.example", "o'hara+news=x@shop.example", false },
	{ "地址anna@shop.example不存在", "anna@shop.example", false },
	{ "nach müller@shop.example gesandt", "müller@shop.example", false },
	{ "nach anna@bücher.example gesandt", "anna@bücher.example", false },
	{ "宛先anna@mail.shop.exampleへ", "anna@mail.shop.example", false },
	{ "anna@mail.shop.例子", NULL, false },
	{ "“anna@shop.example”", "anna@shop.example", false },
	{ "c=us;a= ;p=org;dda:SMTP=anna@shop.example; on Mon", "anna@shop.example", false },
	{ "SMTP=anna@shop.example", "SMTP=anna@shop.example", false },
	{ "anna@[192.0.2.1] said", NULL, false },
	{ "<anna@shop.exam", NULL, false },
	{ "anna@localhost", NULL, false },
	{ "<anna@localhost>", NULL, false },
	{ "see http://shop.example/?to=anna@shop.example", NULL, false },
	{ "https://anna@shop.example/", NULL, false },
	{ "anna at shop.example", NULL, false },
	{ "@shop.example", NULL, false },
	{ "anna@", NULL, false },
	{ "anna@@shop.example", NULL, false },
	{ "redacted@shop.example", NULL, false },
	{ "", NULL, false },
};

static void
test_cases(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_auto(Mention) mention = { 0 };
		bool found = mention_find(cases[i].text, 0, &mention);

		g_test_message("%s", cases[i].text);
		g_assert_cmpstr(mention.address, ==, cases[i].address);
		g_assert_cmpint(found, ==, cases[i].address != NULL);
		g_assert_cmpint(mention.bracketed, ==, cases[i].bracketed);
	}
}

static void
test_places(void)
{
	const char *text = "a@b.example, <c@d.example> (e@f.example)";
	const char *const addresses[] = { "a@b.example", "c@d.example", "e@f.example" };
	const char *const places[] = { "a@b.example", "<c@d.example>", "e@f.example" };
	size_t from = 0;

	for (size_t i = 0; i < G_N_ELEMENTS(addresses); i++) {
		g_auto(Mention) mention = { 0 };

		g_assert_true(mention_find(text, from, &mention));
		g_assert_cmpstr(mention.address, ==, addresses[i]);
		g_assert_true(g_str_has_prefix(text + mention.begin, places[i]));
		g_assert_cmpuint(mention.end - mention.begin, ==, strlen(places[i]));
		from = mention.end;
	}
}

/* What would take forever if each '@' looked at the whole text. */
static void
test_hostile(void)
{
	g_autofree char *ats = g_strnfill(1 << 20, '@');
	g_autofree char *letters = g_strnfill(1 << 20, 'a');
	g_autofree char *open = g_strnfill(1 << 20, '<');
	g_auto(Mention) mention = { 0 };

	g_assert_false(mention_find(ats, 0, &mention));
	g_assert_false(mention_find(letters, 0, &mention));
	memset(open + (1 << 19), '@', 1 << 19);
	g_assert_false(mention_find(open, 0, &mention));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/mention/cases", test_cases);
	g_test_add_func("/mention/places", test_places);
	g_test_add_func("/mention/hostile", test_hostile);
	return g_test_run();
}
