#include "cache_entry.h"

#include "decision.h"

#include <string.h>

/* What is no entry: damaged, foreign, of another version. */
static const char *const unreadable[] = {
	"R1"
	"1:0,",
	"R1"
	"1:2,1:*,12:user_unknown,0:,0:,4:auto,0:,0:,1:5,1:9,1:1,",
	"R1"
	"10:4294967295,1:*,12:user_unknown,0:,0:,4:auto,0:,0:,1:5,1:9,1:1,",
	"",
	"R",
	"R1",
	"R2"
	"1:*,12:user_unknown,0:,0:,4:auto,0:,0:,1:5,1:9,1:1,",
	"hello",
	"{\"scope\":\"*\"}",
	"R1"
	"1:1,1:*,",
	"R1"
	"1:1,1:*,12:user_unknown,0:,0:,4:auto,0:,0:,1:5,1:9,1:1",
	"R1"
	"1:1,1:*,12:user_unknown,0:,0:,4:auto,0:,0:,1:5,1:9,1:1,x",
	"R1"
	"1:1,1:*,12:user_unknown,0:,0:,4:auto,0:,0:,1:5,1:9,1:1,1:*,",
	"R1"
	"1:1,1:*,12:user_unknowm,0:,0:,4:auto,0:,0:,1:5,1:9,1:1,",
	"R1"
	"1:1,0:,12:user_unknown,0:,0:,4:auto,0:,0:,1:5,1:9,1:1,",
	"R1"
	"1:1,1:*,12:user_unknown,0:,0:,4:auto,0:,0:,1:x,1:9,1:1,",
	"R1"
	"1:1,1:*,12:user_unknown,0:,0:,4:auto,0:,0:,1:5,20:99999999999999999999,1:1,",
	"R1"
	"1:1,1:*,12:user_unknown,0:,0:,4:auto,0:,0:,1:5,1:9,2:-1,",
	"R1"
	"1:1,9999999:*,12:user_unknown,0:,0:,4:auto,0:,0:,1:5,1:9,1:1,",
	"R1"
	"1:1,99999999999999999999:*,",
	"R1"
	"1:1,-1:*,12:user_unknown,0:,0:,4:auto,0:,0:,1:5,1:9,1:1,",
	"R1"
	"1:1,:*,",
	"R1"
	"1:1,2:*,12:user_unknown,0:,0:,4:auto,0:,0:,1:5,1:9,1:1,",
	"R1"
	"1:1,1:*,12:user_unknown,1:\xff,0:,4:auto,0:,0:,1:5,1:9,1:1,",
};

static void
test_unreadable(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(unreadable); i++) {
		g_test_message("case %zu", i);
		g_assert_null(cache_entry_parse("a@example.org", unreadable[i], strlen(unreadable[i])));
	}
}

static void
set(char **text, const char *value)
{
	g_free(*text);
	*text = g_strdup(value);
}

static TargetState *
sample(void)
{
	TargetState *state = target_state_new("ann@example.org");
	Listing *everybody = listing_new();
	Listing *one = listing_new();

	set(&everybody->target, "ann@example.org");
	set(&everybody->scope, SCOPE_ALL);
	set(&everybody->reason, "550 5.1.1, no: such 3:user, h\xc3\xa8r\xc3\xa9");
	set(&everybody->reference, "R-17");
	set(&everybody->source, "auto");
	set(&everybody->evidence, "local");
	everybody->category = CATEGORY_USER_UNKNOWN;
	everybody->since = 1700000000;
	everybody->expires_at = 1800000000;
	everybody->strikes = 3;
	set(&one->target, "ann@example.org");
	set(&one->scope, "shop.example");
	set(&one->note, "asked by phone");
	one->category = CATEGORY_COMPLAINT_OPTOUT;
	one->since = -5;
	one->expires_at = NEVER_EXPIRES;
	g_ptr_array_add(state->listings, everybody);
	g_ptr_array_add(state->listings, one);
	return state;
}

static void
assert_same(const Listing *a, const Listing *b)
{
	g_assert_cmpstr(a->target, ==, b->target);
	g_assert_cmpstr(a->scope, ==, b->scope);
	g_assert_cmpstr(a->reason, ==, b->reason);
	g_assert_cmpstr(a->reference, ==, b->reference);
	g_assert_cmpstr(a->source, ==, b->source);
	g_assert_cmpstr(a->evidence, ==, b->evidence);
	g_assert_cmpstr(a->note, ==, b->note);
	g_assert_cmpint(a->category, ==, b->category);
	g_assert_cmpint(a->since, ==, b->since);
	g_assert_cmpint(a->expires_at, ==, b->expires_at);
	g_assert_cmpuint(a->strikes, ==, b->strikes);
}

static void
test_round_trip(void)
{
	TargetState *state = sample();
	g_autofree char *text = cache_entry_format(state);
	TargetState *back = cache_entry_parse(state->target, text, strlen(text));

	g_assert_nonnull(back);
	g_assert_cmpuint(back->listings->len, ==, 2);
	for (unsigned i = 0; i < 2; i++)
		assert_same(g_ptr_array_index(state->listings, i), g_ptr_array_index(back->listings, i));
	g_assert_cmpint(cache_entry_expiry(state), ==, NEVER_EXPIRES);
	g_ptr_array_set_size(back->listings, 1);
	g_assert_cmpint(cache_entry_expiry(back), ==, 1800000000);
	target_state_free(back);
	target_state_free(state);
}

static void
test_empty(void)
{
	TargetState *state = target_state_new("ann@example.org");
	g_autofree char *text = cache_entry_format(state);

	g_assert_cmpstr(text, ==, "");
	target_state_free(state);
}

/* Every cut and every changed byte is either refused or a whole entry again; never a crash. */
static void
test_damage(void)
{
	TargetState *state = sample();
	g_autofree char *text = cache_entry_format(state);
	size_t size = strlen(text);
	unsigned shorter = 0;

	for (size_t cut = 0; cut < size; cut++) {
		TargetState *back = cache_entry_parse(state->target, text, cut);

		shorter += back != NULL;
		target_state_free(back);
	}
	g_assert_cmpuint(shorter, ==, 0);
	for (size_t at = 0; at < size; at++)
		for (unsigned bit = 0; bit < 8; bit++) {
			text[at] = (char)(text[at] ^ (1 << bit));
			target_state_free(cache_entry_parse(state->target, text, size));
			text[at] = (char)(text[at] ^ (1 << bit));
		}
	target_state_free(state);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/cache-entry/unreadable", test_unreadable);
	g_test_add_func("/cache-entry/round-trip", test_round_trip);
	g_test_add_func("/cache-entry/empty", test_empty);
	g_test_add_func("/cache-entry/damage", test_damage);
	return g_test_run();
}
