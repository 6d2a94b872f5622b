#include "subaddress_rules.h"

#include "../core/subaddress_cases.h"
#include "blacklist_bulk.h"
#include "forget.h"
#include "lookup.h"
#include "sql_fixture.h"

#include <string.h>

#define DAY 86400

/* Everything that is listed, by target and scope: what an entry is and where it stands. */
#define LISTED \
	"select coalesce(string_agg(target || ' ' || scope || ' ' || reason, ',' order by target, scope), '') from " \
	"blacklist"

/* As the command does it, without its wait. */
static void
set_rules(const char *url, const SubaddressRule *rules, size_t count)
{
	g_autoptr(GString) sql = g_string_new("delete from subaddressing;");

	for (size_t i = 0; i < count; i++)
		g_string_append_printf(sql,
			"insert into subaddressing (domain, dots, tag, folds) values ('%s', %s, '%.1s', %s);",
			rules[i].domain, rules[i].dots ? "true" : "false", &rules[i].tag,
			rules[i].folds ? "true" : "false");
	fixture_run(url, sql->str);
}

static const SubaddressRule gmail = { "gmail.com", true, '+', true };

static Blacklist *
open_as(const char *url, const char *role)
{
	g_autofree char *mine = fixture_url_as(url, role);
	StoreSettings settings = { .url = mine };
	g_autoptr(GError) error = NULL;
	Blacklist *blacklist = blacklist_open(&settings, 2, 20000, &error);

	g_assert_no_error(error);
	return blacklist;
}

/* C and SQL, as the role that asks at RCPT. */
static void
test_same(void)
{
	g_autofree char *url = fixture_database();
	g_autofree char *milter = fixture_url_as(url, "retour_milter");
	Blacklist *blacklist = open_as(url, "retour_milter");
	Subaddressing *set;

	g_assert_true(blacklist_subaddressing(blacklist, 0, &set));
	g_assert_null(set); /* off by default */
	set_rules(url, subaddress_rules, G_N_ELEMENTS(subaddress_rules));
	g_assert_true(blacklist_subaddressing(blacklist, 0, &set));
	g_assert_null(set); /* as last read */
	g_assert_true(blacklist_refresh_subaddressing(blacklist, NULL));
	g_assert_true(blacklist_subaddressing(blacklist, 0, &set));
	g_assert_nonnull(set);
	for (size_t i = 0; i < G_N_ELEMENTS(subaddress_cases); i++) {
		const SubaddressCase *row = &subaddress_cases[i];
		g_autofree char *key = subaddressing_key(set, row->address);
		g_autofree char *ask_key = g_strdup_printf("select blacklist_key('%s')", row->address);
		g_autofree char *ask_names = g_strdup_printf(
			"select string_agg(n, ' ' order by n collate \"C\") from unnest(blacklist_names('%s')) as n",
			row->address);
		g_autofree char *sql_key = fixture_text(milter, ask_key), *names = fixture_text(milter, ask_names);

		g_assert_cmpstr(key, ==, row->key);
		g_assert_cmpstr(sql_key, ==, row->key);
		g_assert_cmpstr(names, ==, row->names);
	}
	subaddressing_unref(set);
	blacklist_close(blacklist);
}

static Recorded
tell(Store *store, Category category, const char *address, int64_t days_ago)
{
	g_autofree char *key = g_strdup_printf("%s %d %" G_GINT64_FORMAT, address, category, days_ago);
	g_autoptr(Sample) sample = sample_new(category, address, key);

	sample->inbound.received_at = g_get_real_time() / G_USEC_PER_SEC - days_ago * DAY;
	return fixture_record(store, sample);
}

/* Reports of several spellings speak of one mailbox, while each event keeps its address. */
static void
test_reports(void)
{
	g_autofree char *url = fixture_database();
	g_autofree char *milter = fixture_url_as(url, "retour_milter");
	Store *store = fixture_store(milter);

	tell(store, CATEGORY_USER_UNKNOWN, "j.doe+off@gmail.com", 5);
	set_rules(url, &gmail, 1);
	g_assert_cmpuint(tell(store, CATEGORY_MAILBOX_FULL, "j.doe+a@gmail.com", 4).listed, ==, 0);
	g_assert_cmpuint(tell(store, CATEGORY_MAILBOX_FULL, "jdoe@gmail.com", 3).listed, ==, 0);
	g_assert_cmpuint(tell(store, CATEGORY_MAILBOX_FULL, "j.d.oe@gmail.com", 2).listed, ==, 1);
	g_autofree char *targets =
		fixture_text(url, "select string_agg(target, ' ' order by target) from blacklist_now");
	g_autofree char *events =
		fixture_text(url, "select string_agg(recipient, ' ' order by recipient collate \"C\") from events");

	g_assert_cmpstr(targets, ==, "j.doe+off@gmail.com jdoe@gmail.com");
	g_assert_cmpstr(events, ==, "j.d.oe@gmail.com j.doe+a@gmail.com j.doe+off@gmail.com jdoe@gmail.com");
	/* Delivered to any spelling: the mailbox is there again; what stands under another old name is not its matter. */
	g_assert_cmpuint(tell(store, CATEGORY_DELIVERED, "jd.oe+b@gmail.com", 1).released, ==, 1);
	g_assert_cmpint(fixture_number(url, "select count(*) from strikes where days <> '{}'"), ==, 0);
	/* What stood there before the rules is released by its own name. */
	g_assert_cmpuint(tell(store, CATEGORY_DELIVERED, "j.doe+off@gmail.com", 0).released, ==, 1);
	store_close(store);
}

static char *
check(Blacklist *blacklist, const char *address)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Listing) listing = NULL;

	g_assert_true(blacklist_check(blacklist, ONLY_NAME(address), "shop.example", &listing, &error));
	g_assert_no_error(error);
	return g_strdup(listing == NULL ? "" : listing->target);
}

static void
check_target(Blacklist *blacklist, const char *address, const char *target)
{
	g_autofree char *found = check(blacklist, address);

	g_assert_cmpstr(found, ==, target);
}

static void
add(Blacklist *blacklist, const char *target, const char *reason)
{
	BlacklistChange change = { .target = target,
		.scope = SCOPE_ALL,
		.actor = "cli:test",
		.reason = reason,
		.category = CATEGORY_POLICY_OTHER,
		.expires_at = NEVER_EXPIRES };
	g_autofree char *reference = NULL;
	g_autoptr(GError) error = NULL;

	blacklist_add(blacklist, &change, &reference, &error);
	g_assert_no_error(error);
}

static bool
remove_entry(Blacklist *blacklist, const char *target)
{
	BlacklistChange change = { .target = target, .actor = "cli:test", .reason = "a test" };
	bool removed;

	g_assert_true(blacklist_remove(blacklist, &change, &removed, NULL));
	return removed;
}

/* Whatever spelling a person uses. */
static void
test_by_hand(void)
{
	g_autofree char *url = fixture_database();
	Blacklist *blacklist = open_as(url, "retour_support");
	g_autoptr(GError) error = NULL;

	set_rules(url, &gmail, 1);
	add(blacklist, "J.Doe+shop@Gmail.com", "asked");
	add(blacklist, "j.doe+shop@other.example", "asked");
	check_target(blacklist, "jdoe@gmail.com", "jdoe@gmail.com");
	check_target(blacklist, "jd.oe+x@gmail.com", "jdoe@gmail.com");
	check_target(blacklist, "j.doe+shop@other.example", "j.doe+shop@other.example");
	check_target(blacklist, "jdoe@other.example", "");
	g_autoptr(GPtrArray) found = blacklist_find(blacklist, "j.d.o.e@gmail.com", &error);
	g_autoptr(GPtrArray) trail = blacklist_audit(blacklist, "j.doe+any@gmail.com", &error);
	g_autoptr(Lookup) lookup = lookup_address(blacklist, "j.doe+any@gmail.com", &error);

	g_assert_no_error(error);
	g_assert_cmpuint(found->len, ==, 1);
	g_assert_cmpuint(trail->len, ==, 1);
	/* The trail says what was asked for. */
	g_assert_nonnull(strstr(((AuditEntry *)g_ptr_array_index(trail, 0))->detail, "for j.doe+shop@gmail.com"));
	g_assert_cmpuint(lookup->listings->len, ==, 1);
	g_assert_cmpstr(lookup->address, ==, "j.doe+any@gmail.com");
	g_assert_true(remove_entry(blacklist, "jdo.e+z@gmail.com"));
	g_assert_false(remove_entry(blacklist, "jdoe@gmail.com"));
	check_target(blacklist, "jdoe@gmail.com", "");
	blacklist_close(blacklist);
}

static void
test_bulk(void)
{
	g_autofree char *url = fixture_database();
	Blacklist *blacklist = open_as(url, "retour_support");
	BlacklistChange changes[] = {
		{ "j.doe+a@gmail.com", SCOPE_ALL, NULL, "first", CATEGORY_USER_UNKNOWN, NEVER_EXPIRES, NULL },
		{ "jdoe+b@gmail.com", SCOPE_ALL, NULL, "last", CATEGORY_USER_UNKNOWN, NEVER_EXPIRES, NULL },
		{ "an.na@other.example", SCOPE_ALL, NULL, "other", CATEGORY_USER_UNKNOWN, NEVER_EXPIRES, NULL },
	};
	g_autoptr(GPtrArray) all = g_ptr_array_new(), gone = g_ptr_array_new();
	g_autoptr(GError) error = NULL;
	BulkDone done;
	uint64_t removed;

	set_rules(url, &gmail, 1);
	for (size_t i = 0; i < G_N_ELEMENTS(changes); i++)
		g_ptr_array_add(all, &changes[i]);
	g_assert_true(blacklist_import(blacklist, all, "cli:test", false, false, &done, &error));
	g_assert_no_error(error);
	g_assert_cmpuint(done.added, ==, 2);
	g_autofree char *listed = fixture_text(url, LISTED);

	g_assert_cmpstr(listed, ==, "an.na@other.example * other,jdoe@gmail.com * last");
	g_assert_true(blacklist_import(blacklist, all, "cli:test", false, false, &done, &error));
	g_assert_cmpuint(done.kept, ==, 2);
	g_ptr_array_add(gone, (char[]){ "j.d.oe@gmail.com" });
	g_ptr_array_add(gone, (char[]){ "jdoe+c@gmail.com" });
	g_assert_true(blacklist_remove_many(blacklist, gone, NULL, "a test", "cli:test", &removed, &error));
	g_assert_cmpuint(removed, ==, 1);
	check_target(blacklist, "jdoe@gmail.com", "");
	blacklist_close(blacklist);
}

/* Entries "target|scope|source|reason|expires", and what is left of them. */
static const struct Merge {
	const char *name, *entries, *listed;
	uint64_t moved, merged;
} merges[] = {
	{ "alone", "('j.doe@gmail.com', '*', 'auto', 'a', null)", "jdoe@gmail.com * a", 1, 0 },
	{ "in place", "('jdoe@gmail.com', '*', 'auto', 'a', null)", "jdoe@gmail.com * a", 0, 0 },
	{ "other domain", "('j.doe+x@other.example', '*', 'auto', 'a', null)", "j.doe+x@other.example * a", 0, 0 },
	{ "longer wins over shorter",
		"('jdoe@gmail.com', '*', 'auto', 'a', now() + interval '1 day'), ('j.doe@gmail.com', '*', 'auto', "
		"'b', now() + interval '2 days')",
		"jdoe@gmail.com * b", 1, 1 },
	{ "for ever wins",
		"('jdoe@gmail.com', '*', 'auto', 'a', null), ('j.doe@gmail.com', '*', 'auto', 'b', now() + interval '2 "
		"days')",
		"jdoe@gmail.com * a", 0, 1 },
	{ "a person's wins over for ever",
		"('jdoe@gmail.com', '*', 'auto', 'a', null), ('j.doe@gmail.com', '*', 'manual', 'b', now() + interval "
		"'2 days')",
		"jdoe@gmail.com * b", 1, 1 },
	{ "in force wins over a person's that has expired",
		"('jdoe@gmail.com', '*', 'auto', 'a', now() + interval '1 day'), ('j.doe@gmail.com', '*', 'manual', "
		"'b', now() - interval '1 day')",
		"jdoe@gmail.com * a", 0, 1 },
	{ "three",
		"('jd.oe@gmail.com', '*', 'auto', 'a', null), ('j.doe@gmail.com', '*', 'import', 'b', null), "
		"('jdoe+x@gmail.com', '*', 'auto', 'c', null)",
		"jdoe@gmail.com * b", 1, 2 },
	{ "scopes stay apart",
		"('jd.oe@gmail.com', '*', 'auto', 'a', null), ('j.doe@gmail.com', 'shop.example', 'auto', 'b', null)",
		"jdoe@gmail.com * a,jdoe@gmail.com shop.example b", 2, 0 },
	{ "domain entries stay", "('@gmail.com', '*', 'manual', 'a', null)", "@gmail.com * a", 0, 0 },
	{ "erased stay", "('hash:' || repeat('0a', 32), '*', 'manual', 'a', null)",
		"hash:0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a * a", 0, 0 },
};

static RekeyCount
rekey(Blacklist *admin)
{
	g_autoptr(GError) error = NULL;
	RekeyCount count;

	subaddress_rules_rekey(admin, "cli:test", NULL, NULL, &count, &error);
	g_assert_no_error(error);
	return count;
}

/* What of it the trail tells of that target. */
static int64_t
told_of(const char *url, const char *target)
{
	g_autofree char *sql =
		g_strdup_printf("select count(*) from audit where action = 'rekey' and target = '%s'", target);

	return fixture_number(url, sql);
}

static void
check_merge(const char *url, Blacklist *admin, const struct Merge *merge)
{
	int64_t before = told_of(url, "jdoe@gmail.com");
	g_autofree char *fill = g_strdup_printf(
		"truncate blacklist; insert into blacklist (target, scope, source, reason, expires_at, category)"
		" select target, scope, source, reason, expires_at::timestamptz, 'user_unknown'"
		" from (values %s) as t(target, scope, source, reason, expires_at)",
		merge->entries);

	g_test_message("%s", merge->name);
	fixture_run(url, fill);
	RekeyCount count = rekey(admin);
	g_autofree char *listed = fixture_text(url, LISTED);

	g_assert_cmpstr(listed, ==, merge->listed);
	g_assert_cmpuint(count.moved, ==, merge->moved);
	g_assert_cmpuint(count.merged, ==, merge->merged);
	g_assert_cmpint(told_of(url, "jdoe@gmail.com") > before, ==, merge->moved + merge->merged > 0);
	count = rekey(admin);
	g_assert_cmpuint(count.moved + count.merged, ==, 0);
}

static void
test_merge(void)
{
	g_autofree char *url = fixture_database();
	Blacklist *admin = open_as(url, "retour_admin");

	set_rules(url, &gmail, 1);
	for (size_t i = 0; i < G_N_ELEMENTS(merges); i++)
		check_merge(url, admin, &merges[i]);
	/* Mirrors hear of each name that went, too. */
	g_assert_cmpint(told_of(url, "jd.oe@gmail.com"), ==, 2);
	blacklist_close(admin);
}

/* Strikes of one mailbox on several days; held entries; how often it was listed. */
static void
test_merge_rest(void)
{
	g_autofree char *url = fixture_database();
	Blacklist *admin = open_as(url, "retour_admin");

	fixture_run(url,
		"insert into strikes values (now(), 10, 'j.doe@gmail.com', '*', 'mailbox_full', "
		"'{2026-01-02,2026-01-01}'),"
		" (now() - interval '1 day', 30, 'jdoe@gmail.com', '*', 'mailbox_full', '{2026-01-02,2026-01-03}'),"
		" (now(), 10, 'j.doe+x@gmail.com', '*', 'mailbox_full', '{}');"
		"insert into held select now(), null, now(), 1, 0, 1, t, '*', 'google', 'user_unknown', 'local', t"
		"  from unnest(array['a.b@gmail.com', 'ab+x@gmail.com', 'ab+y@other.example']) as t;"
		"insert into blacklist (target, category, source, reason, strikes) values"
		" ('j.doe@gmail.com', 'user_unknown', 'auto', 'a', 1), ('jdoe@gmail.com', 'user_unknown', 'manual', "
		"'b', 4)");
	set_rules(url, &gmail, 1);
	rekey(admin);
	g_autofree char *strikes = fixture_text(url, "select string_agg(concat_ws(' ', target, window_days, days), "
						     "',') from strikes where last_at > now() - interval '1 hour'");
	g_autofree char *held = fixture_text(url, "select string_agg(target, ' ' order by target) from held");

	g_assert_cmpstr(strikes, ==, "jdoe@gmail.com 30 {2026-01-01,2026-01-02,2026-01-03}");
	g_assert_cmpstr(held, ==, "ab+y@other.example ab@gmail.com");
	g_assert_cmpint(fixture_number(url, "select strikes from blacklist where target = 'jdoe@gmail.com'"), ==, 4);
	blacklist_close(admin);
}

/* Cut off after any step it goes on; in small steps it comes to the same. */
static void
test_resumed(void)
{
	g_autofree char *url = fixture_database();
	Blacklist *admin = open_as(url, "retour_admin");

	fixture_run(url, "insert into blacklist (target, category, source, reason)"
			 " select 'p.' || n || '+' || k || '@gmail.com', 'user_unknown', 'auto', n::text"
			 " from generate_series(1, 800) as n, generate_series(1, 2) as k");
	set_rules(url, &gmail, 1);
	g_assert_cmpint(fixture_number(url, "select moved + merged from blacklist_rekey('', 3, 'x')"), ==, 3);
	/* In between everybody is refused by each of his names. */
	check_target(admin, "p.7+2@gmail.com", "p.7+2@gmail.com");
	check_target(admin, "p.1+1@gmail.com", "p1@gmail.com");
	RekeyCount count = rekey(admin);

	g_assert_cmpuint(count.merged, ==, 799);
	g_assert_cmpint(fixture_number(url, "select count(*) from blacklist"), ==, 800);
	g_assert_cmpint(
		fixture_number(url, "select count(*) from blacklist where target <> 'p' || reason || '@gmail.com'"), ==,
		0);
	blacklist_close(admin);
}

/* On, off, on: as the command does it. */
static void
test_switched(void)
{
	g_autofree char *url = fixture_database();
	Blacklist *admin = open_as(url, "retour_admin");
	g_autoptr(Subaddressing) on = subaddressing_new();
	g_autoptr(GError) error = NULL;
	RekeyCount count;
	unsigned changed;

	subaddressing_add(on, &gmail);
	add(admin, "j.doe+x@gmail.com", "before");
	g_assert_true(subaddress_rules_try(admin, on, &changed, &count, &error));
	g_assert_cmpuint(changed, ==, 1);
	g_assert_cmpuint(count.moved, ==, 1);
	check_target(admin, "jdoe@gmail.com", ""); /* it was only tried */
	g_assert_true(subaddress_rules_apply(admin, on, "cli:test", NULL, NULL, &changed, &count, &error));
	g_assert_no_error(error);
	g_assert_cmpuint(changed, ==, 1);
	g_assert_cmpuint(count.moved, ==, 1);
	check_target(admin, "jd.oe@gmail.com", "jdoe@gmail.com");
	g_assert_true(subaddress_rules_apply(admin, on, "cli:test", NULL, NULL, &changed, &count, &error));
	g_assert_cmpuint(changed, ==, 0); /* and no wait */
	fixture_run(url, "select subaddressing_set('{}', '{}', '{}', 'cli:test')");
	/* Off: an entry of that time goes on refusing whom it refused; a new one is exact; both can be removed. */
	add(admin, "an.na+x@gmail.com", "after");
	check_target(admin, "jd.oe+y@gmail.com", "jdoe@gmail.com");
	check_target(admin, "an.na+x@gmail.com", "an.na+x@gmail.com");
	check_target(admin, "anna@gmail.com", "");
	g_assert_cmpuint(rekey(admin).moved, ==, 0);
	g_assert_true(remove_entry(admin, "j.doe+x@gmail.com"));
	check_target(admin, "j.doe+x@gmail.com", "");
	g_autofree char *trail = fixture_text(url, "select string_agg(reason, ',' order by xid, id) from audit where "
						   "action = 'rekey' and target = '@gmail.com'");

	g_assert_cmpstr(trail, ==, "sub-addressing on: dots, tag +,sub-addressing off");
	blacklist_close(admin);
}

/* What a person is found by in texts, by all spellings of the mailbox and no other. */
static const struct Mention {
	const char *text;
	bool meant;
} mentions[] = {
	{ "j.döe+x@gmail.com", true },
	{ "<JDÖE@gmail.com>", true },
	{ "to jd.ö.e+a=b.c@gmail.com, again", true },
	{ "b+jdöe+x=gmail.com@bounces.example", true },
	{ "ajdöe@gmail.com", false },
	{ "jdöes@gmail.com", false },
	{ "jdöe-x@gmail.com", false },
	{ "jdöe@gmail.com.example", false },
	{ "jdöe@gmailxcom", false },
};

static void
test_person(void)
{
	g_autofree char *url = fixture_database();
	Blacklist *admin = open_as(url, "retour_admin");
	g_autoptr(GError) error = NULL;

	set_rules(url, &gmail, 1);
	g_autoptr(Person) person = person_new(admin, "J.Döe+x@gmail.com", &error);

	g_assert_no_error(error);
	g_assert_cmpstr(person->names[0], ==, "jdöe@gmail.com");
	g_assert_cmpstr(person->names[1], ==, "j.döe+x@gmail.com");
	for (size_t i = 0; i < G_N_ELEMENTS(mentions); i++) {
		g_autofree char *sql =
			g_strdup_printf("select '%s' ~* $pattern$%s$pattern$", mentions[i].text, person->pattern);
		g_autofree char *found = fixture_text(url, sql);

		g_test_message("%s", mentions[i].text);
		g_assert_cmpstr(found, ==, mentions[i].meant ? "t" : "f");
	}
	blacklist_close(admin);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	if (!fixture_present())
		return 0;
	g_test_add_func("/subaddressing/same", test_same);
	g_test_add_func("/subaddressing/reports", test_reports);
	g_test_add_func("/subaddressing/by-hand", test_by_hand);
	g_test_add_func("/subaddressing/bulk", test_bulk);
	g_test_add_func("/subaddressing/merge", test_merge);
	g_test_add_func("/subaddressing/merge-rest", test_merge_rest);
	g_test_add_func("/subaddressing/resumed", test_resumed);
	g_test_add_func("/subaddressing/switched", test_switched);
	g_test_add_func("/subaddressing/person", test_person);
	return g_test_run();
}
