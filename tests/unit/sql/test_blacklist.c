#include "blacklist.h"

#include "lookup.h"
#include "sent.h"
#include "sql_fixture.h"

#include <string.h>

typedef struct World {
	char *url;
	Blacklist *blacklist;
} World;

static Blacklist *
open_blacklist(const char *url, unsigned connections)
{
	g_autofree char *copy = g_strdup(url);
	StoreSettings settings = { .url = copy };
	g_autoptr(GError) error = NULL;
	Blacklist *blacklist = blacklist_open(&settings, connections, 5000, &error);

	g_assert_no_error(error);
	return blacklist;
}

static World
world_new(void)
{
	World world = { .url = fixture_database() };
	g_autofree char *support = fixture_url_as(world.url, "retour_support");

	world.blacklist = open_blacklist(support, 2);
	return world;
}

static void
world_clear(World *world)
{
	blacklist_close(world->blacklist);
	g_free(world->url);
}

static char *
add(Blacklist *blacklist, const char *target, const char *scope, int64_t expires_at)
{
	BlacklistChange change = { .target = target,
		.scope = scope,
		.actor = "cli:alice",
		.reason = "asked us",
		.category = CATEGORY_COMPLAINT_OPTOUT,
		.expires_at = expires_at };
	g_autoptr(GError) error = NULL;
	char *reference = NULL;

	blacklist_add(blacklist, &change, &reference, &error);
	g_assert_no_error(error);
	return reference;
}

static bool
take_away(Blacklist *blacklist, const char *target, const char *scope)
{
	BlacklistChange change = { .target = target, .scope = scope, .actor = "cli:alice", .reason = "was a mistake" };
	g_autoptr(GError) error = NULL;
	bool removed = false;

	blacklist_remove(blacklist, &change, &removed, &error);
	g_assert_no_error(error);
	return removed;
}

typedef struct CheckCase {
	const char *address, *sender_domain, *target, *scope; /* target NULL: not listed */
} CheckCase;

/*
 * Against: anna@example.org for news.example and for *, bert@example.org for news.example, @gone.example, old@example.org
 * expired.
 */
static const CheckCase check_cases[] = {
	{ "anna@example.org", "news.example", "anna@example.org", "*" },
	{ "anna@example.org", "", "anna@example.org", "*" },
	{ "bert@example.org", "news.example", "bert@example.org", "news.example" },
	{ "bert@example.org", "other.example", NULL, NULL },
	{ "bert@example.org", "", NULL, NULL },
	{ "carl@gone.example", "other.example", "@gone.example", "*" },
	{ "carl@sub.gone.example", "other.example", NULL, NULL },
	{ "dora@gone.example", "news.example", "dora@gone.example", "news.example" },
	{ "old@example.org", "news.example", NULL, NULL },
	{ "emil@example.org", "news.example", NULL, NULL },
	{ "\"an@na\"@gone.example", "news.example", "@gone.example", "*" },
};

static void
test_check(void)
{
	World world = world_new();
	int64_t now = g_get_real_time() / G_USEC_PER_SEC;

	g_free(add(world.blacklist, "Anna@Example.org", "News.example", NEVER_EXPIRES));
	g_free(add(world.blacklist, "anna@example.org", "*", NEVER_EXPIRES));
	g_free(add(world.blacklist, "bert@example.org", "news.example", now + 100));
	g_free(add(world.blacklist, "@GONE.example", "*", NEVER_EXPIRES));
	g_free(add(world.blacklist, "dora@gone.example", "news.example", NEVER_EXPIRES));
	g_free(add(world.blacklist, "old@example.org", "*", now + 100));
	fixture_run(world.url, "update blacklist set expires_at = now() where target = 'old@example.org'");
	for (size_t i = 0; i < G_N_ELEMENTS(check_cases); i++) {
		const CheckCase *row = &check_cases[i];
		g_autoptr(Listing) listing = NULL;
		g_autoptr(GError) error = NULL;

		g_test_message("%s from %s", row->address, row->sender_domain);
		g_assert_true(blacklist_check(
			world.blacklist, ONLY_NAME(row->address), row->sender_domain, &listing, &error));
		g_assert_no_error(error);
		g_assert_cmpstr(listing == NULL ? NULL : listing->target, ==, row->target);
		g_assert_cmpstr(listing == NULL ? NULL : listing->scope, ==, row->scope);
	}
	world_clear(&world);
}

static void
test_add_find_remove(void)
{
	World world = world_new();
	g_autofree char *first = add(world.blacklist, "anna@example.org", "*", NEVER_EXPIRES);
	g_autofree char *second = add(world.blacklist, "anna@example.org", "*", NEVER_EXPIRES);
	g_autofree char *scoped = add(world.blacklist, "anna@example.org", "news.example", NEVER_EXPIRES);
	g_autoptr(GPtrArray) found = blacklist_find(world.blacklist, "ANNA@example.org", NULL);
	g_autoptr(GPtrArray) by_reference = blacklist_find(world.blacklist, second, NULL);
	g_autoptr(GPtrArray) replaced = blacklist_find(world.blacklist, first, NULL);
	g_autoptr(GPtrArray) trail = NULL;
	g_autofree char *once = NULL, *never = NULL;
	const Listing *listing;

	g_assert_cmpuint(found->len, ==, 2);
	g_assert_cmpuint(by_reference->len, ==, 1);
	g_assert_cmpuint(replaced->len, ==, 0);
	g_assert_cmpstr(scoped, !=, second);
	listing = g_ptr_array_index(by_reference, 0);
	g_assert_cmpstr(listing->source, ==, "manual");
	g_assert_cmpstr(listing->reason, ==, "asked us");
	g_assert_cmpstr(listing->reference, ==, second);
	g_assert_cmpint(listing->category, ==, CATEGORY_COMPLAINT_OPTOUT);
	g_assert_cmpint(listing->expires_at, ==, NEVER_EXPIRES);
	g_assert_true(take_away(world.blacklist, "anna@example.org", "news.example"));
	g_assert_false(take_away(world.blacklist, "anna@example.org", "news.example"));
	g_assert_true(take_away(world.blacklist, "anna@example.org", NULL));
	trail = blacklist_audit(world.blacklist, "anna@example.org", NULL);
	g_assert_cmpuint(trail->len, ==, 5);
	g_assert_true(blacklist_referred(world.blacklist, first, &once, NULL));
	g_assert_cmpstr(once, ==, "anna@example.org");
	g_assert_true(blacklist_referred(world.blacklist, "R-999999", &never, NULL));
	g_assert_null(never);
	g_assert_cmpstr(((AuditEntry *)g_ptr_array_index(trail, 0))->action, ==, "add");
	g_assert_cmpstr(((AuditEntry *)g_ptr_array_index(trail, 1))->action, ==, "replace");
	g_assert_nonnull(strstr(((AuditEntry *)g_ptr_array_index(trail, 1))->detail, first));
	g_assert_cmpstr(((AuditEntry *)g_ptr_array_index(trail, 4))->action, ==, "remove");
	g_assert_cmpstr(((AuditEntry *)g_ptr_array_index(trail, 4))->actor, ==, "cli:alice");
	g_assert_cmpstr(((AuditEntry *)g_ptr_array_index(trail, 4))->reason, ==, "was a mistake");
	world_clear(&world);
}

static const BlacklistChange bad_changes[] = {
	{ .target = "nobody", .scope = "*", .actor = "a", .reason = "r", .expires_at = NEVER_EXPIRES },
	{ .target = "@", .scope = "*", .actor = "a", .reason = "r", .expires_at = NEVER_EXPIRES },
	{ .target = "anna@example.org",
		.scope = "no domain",
		.actor = "a",
		.reason = "r",
		.expires_at = NEVER_EXPIRES },
	{ .target = "anna@example.org", .scope = "*", .actor = "a", .reason = " ", .expires_at = NEVER_EXPIRES },
	{ .target = "anna@example.org", .scope = "*", .actor = "a", .reason = "r", .expires_at = 1000 },
};

static void
test_bad_changes(void)
{
	World world = world_new();

	for (size_t i = 0; i < G_N_ELEMENTS(bad_changes); i++) {
		g_autoptr(GError) error = NULL;
		char *reference;

		g_assert_false(blacklist_add(world.blacklist, &bad_changes[i], &reference, &error));
		g_assert_error(error, RETOUR_ERROR, ERROR_INPUT);
	}
	g_assert_cmpint(fixture_number(world.url, "select count(*) from audit"), ==, 0);
	world_clear(&world);
}

static void
test_list(void)
{
	World world = world_new();
	BlacklistQuery query = { .limit = 10 };
	g_autoptr(GPtrArray) all = NULL, few = NULL, domain = NULL, category = NULL;

	g_free(add(world.blacklist, "a@one.example", "*", NEVER_EXPIRES));
	g_free(add(world.blacklist, "@two.example", "*", NEVER_EXPIRES));
	g_free(add(world.blacklist, "b@two.example", "news.example", NEVER_EXPIRES));
	fixture_run(world.url, "update blacklist set expires_at = now() where target = 'a@one.example'");
	all = blacklist_list(world.blacklist, &query, NULL);
	g_assert_cmpuint(all->len, ==, 2);
	g_assert_cmpstr(((Listing *)g_ptr_array_index(all, 0))->target, ==, "b@two.example");
	query.expired = true;
	query.limit = 1;
	few = blacklist_list(world.blacklist, &query, NULL);
	g_assert_cmpuint(few->len, ==, 1);
	query = (BlacklistQuery){ .domain = "two.example", .scope = "*", .limit = 10 };
	domain = blacklist_list(world.blacklist, &query, NULL);
	g_assert_cmpuint(domain->len, ==, 1);
	query = (BlacklistQuery){ .category = "user_unknown", .expired = true, .limit = 10 };
	category = blacklist_list(world.blacklist, &query, NULL);
	g_assert_cmpuint(category->len, ==, 0);
	world_clear(&world);
}

static void
test_removal_forgets_strikes(void)
{
	World world = world_new();
	Store *store = fixture_store(world.url);
	g_autoptr(Sample) sample = sample_new(CATEGORY_MAILBOX_FULL, "anna@example.org", "a");

	fixture_record(store, sample);
	g_free(add(world.blacklist, "anna@example.org", "*", NEVER_EXPIRES));
	g_assert_true(take_away(world.blacklist, "anna@example.org", "*"));
	g_assert_cmpint(fixture_number(world.url, "select count(*) from strikes"), ==, 0);
	store_close(store);
	world_clear(&world);
}

/* The server may be restarted under idle connections: the next question is answered all the same. */
static void
test_restart(void)
{
	World world = world_new();
	Listing *listing = NULL;
	g_autoptr(GError) error = NULL;

	fixture_server("stop");
	g_assert_false(blacklist_check(world.blacklist, ONLY_NAME("anna@example.org"), "", &listing, &error));
	g_assert_error(error, RETOUR_ERROR, ERROR_RETRY);
	fixture_server("start");
	while (!blacklist_check(world.blacklist, ONLY_NAME("anna@example.org"), "", &listing, NULL))
		g_usleep(20000);
	fixture_server("kill");
	fixture_server("start");
	g_clear_error(&error);
	g_assert_true(blacklist_check(world.blacklist, ONLY_NAME("anna@example.org"), "", &listing, &error));
	g_assert_no_error(error);
	world_clear(&world);
}

static void
test_lookup(void)
{
	World world = world_new();
	Store *store = fixture_store(world.url);
	g_autofree char *copy = g_strdup(world.url);
	StoreSettings settings = { .url = copy };
	SentRecorder *recorder = sent_open(&settings, 100, NULL);
	int64_t now = g_get_real_time() / G_USEC_PER_SEC;
	SentRecipient to = { "anna@example.org", "example" };
	SentMail mail = { "m1@sender.example", "4Xq", "news@sender.example", "sender.example", now, &to, 1, 0 };
	g_autoptr(Sample) full = sample_new(CATEGORY_MAILBOX_FULL, "anna@example.org", "a");
	g_autoptr(Sample) unknown = sample_new(CATEGORY_USER_UNKNOWN, "anna@example.org", "b");
	g_autoptr(Lookup) lookup = NULL;
	g_autoptr(Lookup) stranger = NULL;
	g_autoptr(GError) error = NULL;
	const LookupEvent *event;
	const LookupStrikes *counted;

	g_assert_true(sent_add(recorder, &mail));
	sent_close(recorder);
	full->inbound.received_at -= 1000;
	fixture_record(store, full);
	report_set(&((Event *)g_ptr_array_index(unknown->report->events, 0))->recipient, "anna@forward.example");
	fixture_record(store, unknown);
	g_free(add(world.blacklist, "@example.org", "news.example", NEVER_EXPIRES));
	lookup = lookup_address(world.blacklist, "Anna@EXAMPLE.org", &error);
	g_assert_no_error(error);
	g_assert_cmpstr(lookup->address, ==, "anna@example.org");
	g_assert_cmpstr(lookup->provider, ==, "example.org");
	g_assert_cmpuint(lookup->listings->len, ==, 2);
	g_assert_cmpuint(lookup->events->len, ==, 2);
	event = g_ptr_array_index(lookup->events, 0);
	g_assert_cmpstr(event->category, ==, "user_unknown");
	g_assert_cmpstr(event->disposition, ==, "permanent");
	g_assert_cmpstr(event->recipient, ==, "anna@forward.example");
	g_assert_cmpstr(event->kind, ==, "bounce");
	g_assert_cmpstr(event->source, ==, "file");
	g_assert_cmpstr(event->status, ==, "5.1.1");
	g_assert_cmpuint(event->reply_code, ==, 550);
	g_assert_cmpint(event->at, ==, unknown->inbound.received_at);
	event = g_ptr_array_index(lookup->events, 1);
	g_assert_cmpstr(event->recipient, ==, "anna@example.org");
	g_assert_cmpuint(lookup->sent->len, ==, 1);
	g_assert_cmpstr(((LookupSent *)g_ptr_array_index(lookup->sent, 0))->queue_id, ==, "4Xq");
	g_assert_cmpuint(lookup->strikes->len, ==, 1);
	counted = g_ptr_array_index(lookup->strikes, 0);
	g_assert_cmpuint(counted->days, ==, 1);
	g_assert_cmpuint(lookup->audit->len, ==, 2);
	g_assert_cmpstr(((AuditEntry *)g_ptr_array_index(lookup->audit, 0))->action, ==, "list");
	g_assert_cmpstr(((AuditEntry *)g_ptr_array_index(lookup->audit, 1))->target, ==, "@example.org");
	g_assert_cmpint(
		fixture_number(world.url, "select count(*) from address_history where address = 'anna@example.org'"),
		==, 4);
	stranger = lookup_address(world.blacklist, "stranger@nowhere.example", &error);
	g_assert_no_error(error);
	g_assert_cmpstr(stranger->provider, ==, "");
	g_assert_cmpuint(stranger->events->len + stranger->sent->len + stranger->listings->len, ==, 0);
	g_assert_null(lookup_address(world.blacklist, "nobody", &error));
	g_assert_error(error, RETOUR_ERROR, ERROR_INPUT);
	store_close(store);
	world_clear(&world);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	if (!fixture_present())
		return 0;
	g_test_add_func("/blacklist/check", test_check);
	g_test_add_func("/blacklist/add-find-remove", test_add_find_remove);
	g_test_add_func("/blacklist/bad-changes", test_bad_changes);
	g_test_add_func("/blacklist/list", test_list);
	g_test_add_func("/blacklist/removal-forgets-strikes", test_removal_forgets_strikes);
	g_test_add_func("/blacklist/restart", test_restart);
	g_test_add_func("/blacklist/lookup", test_lookup);
	return g_test_run();
}
