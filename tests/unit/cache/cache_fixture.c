#include "cache_fixture.h"

#include <string.h>

const Row fixture_rows[] = {
	{ "dead@example.org", SCOPE_ALL, CATEGORY_USER_UNKNOWN, NEVER_EXPIRES },
	{ "annoyed@example.org", "shop.example", CATEGORY_COMPLAINT_SPAM, NEVER_EXPIRES },
	{ "both@example.org", "shop.example", CATEGORY_COMPLAINT_SPAM, NEVER_EXPIRES },
	{ "both@example.org", SCOPE_ALL, CATEGORY_MAILBOX_DISABLED, NEVER_EXPIRES },
	{ "past@example.org", SCOPE_ALL, CATEGORY_USER_UNKNOWN, NOW - 1 },
	{ "past@example.org", "shop.example", CATEGORY_COMPLAINT_OPTOUT, NEVER_EXPIRES },
	{ "@gone.example", SCOPE_ALL, CATEGORY_DOMAIN_NOT_FOUND, NEVER_EXPIRES },
	{ "ann@gone.example", "shop.example", CATEGORY_COMPLAINT_SPAM, NEVER_EXPIRES },
	{ "@part.example", "shop.example", CATEGORY_DOMAIN_NO_MAIL, NEVER_EXPIRES },
	{ "quote:\" \\r{}@example.org", SCOPE_ALL, CATEGORY_USER_UNKNOWN, NEVER_EXPIRES },
};

const size_t fixture_row_count = G_N_ELEMENTS(fixture_rows);

typedef struct Lookup {
	const char *address, *sender_domain;
	CacheAnswer answer;
	Category category;
} Lookup;

static const Lookup lookups[] = {
	{ "dead@example.org", "shop.example", CACHE_LISTED, CATEGORY_USER_UNKNOWN },
	{ "dead@example.org", "", CACHE_LISTED, CATEGORY_USER_UNKNOWN },
	{ "alive@example.org", "shop.example", CACHE_NOT_LISTED, 0 },
	{ "annoyed@example.org", "shop.example", CACHE_LISTED, CATEGORY_COMPLAINT_SPAM },
	{ "annoyed@example.org", "other.example", CACHE_NOT_LISTED, 0 },
	{ "annoyed@example.org", "", CACHE_NOT_LISTED, 0 },
	{ "both@example.org", "shop.example", CACHE_LISTED, CATEGORY_MAILBOX_DISABLED },
	{ "past@example.org", "other.example", CACHE_NOT_LISTED, 0 },
	{ "past@example.org", "shop.example", CACHE_LISTED, CATEGORY_COMPLAINT_OPTOUT },
	{ "anybody@gone.example", "other.example", CACHE_LISTED, CATEGORY_DOMAIN_NOT_FOUND },
	{ "ann@gone.example", "shop.example", CACHE_LISTED, CATEGORY_COMPLAINT_SPAM },
	{ "ann@gone.example", "other.example", CACHE_LISTED, CATEGORY_DOMAIN_NOT_FOUND },
	{ "anybody@sub.gone.example", "other.example", CACHE_NOT_LISTED, 0 },
	{ "anybody@part.example", "shop.example", CACHE_LISTED, CATEGORY_DOMAIN_NO_MAIL },
	{ "anybody@part.example", "other.example", CACHE_NOT_LISTED, 0 },
	{ "quote:\" \\r{}@example.org", "", CACHE_LISTED, CATEGORY_USER_UNKNOWN },
	{ "", "", CACHE_NOT_LISTED, 0 },
};

CacheSettings
fixture_settings(const RedisServer *server)
{
	static char none[] = "", prefix[] = PREFIX;
	static char *addresses[2];

	addresses[0] = (char *)(uintptr_t)redis_server_address(server);
	return (CacheSettings){ .addresses = addresses,
		.sentinel_name = none,
		.login = { none, none },
		.sentinel_login = { none, none },
		.tls = { none, none, none, none },
		.prefix = prefix,
		.timeout_ms = 1000,
		.fresh_ms = 600000,
		.connections = 4 };
}

Cache *
fixture_open(const RedisServer *server)
{
	CacheSettings settings = fixture_settings(server);
	g_autoptr(GError) error = NULL;
	Cache *cache = cache_open(&settings, &error);

	g_assert_no_error(error);
	return cache;
}

static void
add_row(TargetState *state, const Row *row)
{
	Listing *listing = listing_new();

	g_free(listing->target);
	g_free(listing->scope);
	listing->target = g_strdup(row->target);
	listing->scope = g_strdup(row->scope);
	listing->category = row->category;
	listing->since = NOW - 100;
	listing->expires_at = row->expires_at;
	g_ptr_array_add(state->listings, listing);
}

GPtrArray *
fixture_states(const Row *table, size_t count)
{
	GPtrArray *states = g_ptr_array_new_with_free_func((GDestroyNotify)target_state_free);
	TargetState *state = NULL;

	for (size_t i = 0; i < count; i++) {
		if (state == NULL || strcmp(state->target, table[i].target) != 0) {
			state = target_state_new(table[i].target);
			g_ptr_array_add(states, state);
		}
		add_row(state, &table[i]);
	}
	return states;
}

bool
fixture_apply(Cache *cache, ChangePosition from, ChangePosition to, const GPtrArray *states)
{
	g_autoptr(GError) error = NULL;
	bool applied = false;

	cache_apply(cache, DATABASE, from, to, states, true, &applied, &error);
	g_assert_no_error(error);
	return applied;
}

/* Fills the mirror as mirror.c does: a rebuild, then a current apply. */
void
fixture_fill(Cache *cache, const Row *table, size_t count, ChangePosition position)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) states = fixture_states(table, count);
	g_autoptr(GPtrArray) nothing = g_ptr_array_new();
	CacheRebuild *rebuild = cache_rebuild_begin(cache, DATABASE, &error);

	g_assert_no_error(error);
	for (unsigned i = 0; i < states->len; i++)
		g_assert_true(cache_rebuild_add(rebuild, g_ptr_array_index(states, i), &error));
	g_assert_true(cache_rebuild_finish(rebuild, position, &error));
	g_assert_true(fixture_apply(cache, position, position, nothing));
}

bool
fixture_position(Cache *cache)
{
	g_autoptr(GError) error = NULL;
	ChangePosition position;
	bool usable = false;

	cache_position(cache, DATABASE, &usable, &position, &error);
	g_assert_no_error(error);
	return usable;
}

CacheAnswer
fixture_check(Cache *cache, const char *address, const char *sender_domain)
{
	g_autoptr(Listing) listing = NULL;
	CacheAnswer answer = cache_check(cache, ONLY_NAME(address), sender_domain, NOW, &listing);

	g_assert_cmpint(listing != NULL, ==, answer == CACHE_LISTED);
	return answer;
}

void
fixture_assert_lookups(Cache *cache)
{
	for (size_t i = 0; i < G_N_ELEMENTS(lookups); i++) {
		g_autoptr(Listing) listing = NULL;
		const Lookup *lookup = &lookups[i];

		g_test_message("%s from %s", lookup->address, lookup->sender_domain);
		g_assert_cmpint(cache_check(cache, ONLY_NAME(lookup->address), lookup->sender_domain, NOW, &listing),
			==, lookup->answer);
		if (lookup->answer == CACHE_LISTED)
			g_assert_cmpint(listing->category, ==, lookup->category);
	}
}

void
fixture_assert_recovers(Cache *cache)
{
	while (fixture_check(cache, "dead@example.org", "") == CACHE_UNKNOWN)
		g_usleep(20000);
}
