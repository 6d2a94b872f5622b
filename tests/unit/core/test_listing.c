#include "decision.h"
#include "listing.h"

#include <glib.h>

typedef struct AppliesCase {
	const char *scope, *sender_domain;
	int64_t expires_at, now;
	bool applies;
} AppliesCase;

static const AppliesCase cases[] = {
	{ SCOPE_ALL, "shop.example", NEVER_EXPIRES, 1000, true },
	{ SCOPE_ALL, "", NEVER_EXPIRES, 1000, true },
	{ SCOPE_ALL, "shop.example", 1001, 1000, true },
	{ SCOPE_ALL, "shop.example", 1000, 1000, false },
	{ "shop.example", "shop.example", NEVER_EXPIRES, 1000, true },
	{ "shop.example", "news.example", NEVER_EXPIRES, 1000, false },
	{ "shop.example", "", NEVER_EXPIRES, 1000, false },
	{ "shop.example", "shop.example", 999, 1000, false },
};

static void
test_applies(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Listing) listing = listing_new();

		g_free(listing->scope);
		listing->scope = g_strdup(cases[i].scope);
		listing->expires_at = cases[i].expires_at;
		g_assert_cmpint(listing_applies(listing, cases[i].sender_domain, cases[i].now), ==, cases[i].applies);
	}
}

static void
test_new_is_empty(void)
{
	g_autoptr(Listing) listing = listing_new();
	TargetState *state = target_state_new("user@example.com");

	g_assert_cmpstr(listing->target, ==, "");
	g_assert_cmpstr(listing->note, ==, "");
	g_assert_cmpstr(state->target, ==, "user@example.com");
	g_assert_cmpuint(state->listings->len, ==, 0);
	target_state_free(state);
	target_state_free(NULL);
	listing_free(NULL);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/listing/applies", test_applies);
	g_test_add_func("/listing/new-is-empty", test_new_is_empty);
	return g_test_run();
}
