#include "refusal.h"

#include <string.h>

/* 2026-11-02 00:00 UTC */
#define SINCE 1793577600

typedef struct Case {
	const char *name, *address, *source, *reason, *scope, *support;
	Category category;
	const char *text;
} Case;

static const Case cases[] = {
	{ "automatic", "person@example.org", "auto", "550 5.1.1 no such user <person@example.org>", "*", "support",
		CATEGORY_USER_UNKNOWN,
		"Mail to person@example.org is blocked here: the mailbox does not exist (since 2026-11-02). "
		"Ask support with reference R-1042" },
	{ "manual-has-its-words", "person@example.org", "manual", "asked us to stop writing.", "*", "help@example.net",
		CATEGORY_USER_UNKNOWN,
		"Mail to person@example.org is blocked here: asked us to stop writing (since 2026-11-02). "
		"Ask help@example.net with reference R-1042" },
	{ "manual-without-words", "person@example.org", "manual", "", "*", "support", CATEGORY_USER_UNKNOWN,
		"Mail to person@example.org is blocked here: the mailbox does not exist (since 2026-11-02). "
		"Ask support with reference R-1042" },
	{ "sender-domain-scope", "p@example.org", "manual", "said it was spam", "news.example.net", "support",
		CATEGORY_COMPLAINT_SPAM,
		"Mail from news.example.net to p@example.org is blocked here: said it was spam (since 2026-11-02). "
		"Ask support with reference R-1042" },
	{ "percent", "a%b@example.org", "manual", "100% full", "*", "support", CATEGORY_USER_UNKNOWN,
		"Mail to a%b@example.org is blocked here: 100% full (since 2026-11-02). Ask support with reference "
		"R-1042" },
	{ "line-break-and-control", "p@example.org", "manual", "one\r\n250 two\x1b[0m", "*", "support",
		CATEGORY_USER_UNKNOWN,
		"Mail to p@example.org is blocked here: one  250 two?[0m (since 2026-11-02). Ask support with "
		"reference R-1042" },
	{ "ascii", "p\xc3\xa9@example.org", "manual", "\xc3\xa9t\xc3\xa9", "*", "support", CATEGORY_USER_UNKNOWN,
		"Mail to p?@example.org is blocked here: ?t? (since 2026-11-02). Ask support with reference R-1042" },
};

static Listing *
make_listing(const Case *c)
{
	Listing *listing = listing_new();

	g_free(listing->source);
	listing->source = g_strdup(c->source);
	g_free(listing->reason);
	listing->reason = g_strdup(c->reason);
	g_free(listing->scope);
	listing->scope = g_strdup(c->scope);
	g_free(listing->reference);
	listing->reference = g_strdup("R-1042");
	listing->category = c->category;
	listing->since = SINCE;
	return listing;
}

static void
test_blocked(gconstpointer data)
{
	const Case *c = data;
	g_autoptr(Listing) listing = make_listing(c);
	g_autofree char *text = refusal_text(listing, c->address, c->support);

	g_assert_cmpstr(text, ==, c->text);
}

static void
test_long(void)
{
	g_autofree char *reason = g_strnfill(5000, 'x'), *local = g_strnfill(240, 'l');
	g_autofree char *address = g_strconcat(local, "@example.org", NULL);
	Case c = { "long", address, "manual", reason, "*", "support", CATEGORY_USER_UNKNOWN, NULL };
	g_autoptr(Listing) listing = make_listing(&c);
	g_autofree char *text = refusal_text(listing, address, c.support);
	g_autofree char *huge_support = refusal_text(listing, address, reason);

	g_assert_cmpuint(strlen("550 5.7.1 \r\n") + strlen(text), ==, 512);
	g_assert_true(g_str_has_suffix(text, "(since 2026-11-02). Ask support with reference R-1042"));
	g_assert_cmpuint(strlen("550 5.7.1 \r\n") + strlen(huge_support), <=, 512);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strdup_printf("/refusal/%s", cases[i].name);

		g_test_add_data_func(path, &cases[i], test_blocked);
	}
	g_test_add_func("/refusal/long", test_long);
	return g_test_run();
}
