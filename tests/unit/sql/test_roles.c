#include "sql_fixture.h"

#include <string.h>

/* What each role must not be able to do; all of it as SQL that the owner could run. */
typedef struct Forbidden {
	const char *roles; /* words */
	const char *sql;
} Forbidden;

static const Forbidden forbidden[] = {
	{ "retour_milter retour_reader retour_support", "delete from blacklist" },
	{ "retour_milter retour_reader retour_support", "delete from events" },
	{ "retour_milter retour_reader retour_support", "delete from reports" },
	{ "retour_milter retour_reader retour_support", "delete from event_keys" },
	{ "retour_milter retour_reader retour_support", "delete from counters" },
	{ "retour_milter retour_reader retour_support", "delete from strikes" },
	{ "retour_milter retour_reader retour_support", "truncate audit" },
	{ "retour_milter retour_reader retour_support", "delete from audit" },
	{ "retour_milter retour_reader retour_support", "update audit set actor = 'nobody'" },
	{ "retour_milter retour_reader retour_support", "update migrations set version = 0" },
	{ "retour_milter retour_reader retour_support", "update events set recipient = 'a@b.example'" },
	{ "retour_milter retour_reader retour_support", "update reports set subject = ''" },
	{ "retour_milter retour_reader retour_support", "update identity set id = gen_random_uuid()" },
	{ "retour_milter retour_reader retour_support", "delete from mailbox_folders" },
	{ "retour_milter retour_support", "insert into mailbox_folders values ('m', 'f', 1, 1)" },
	{ "retour_milter retour_support", "update mailbox_folders set last_uid = 0" },
	{ "retour_milter retour_reader retour_support", "create table mine (a int)" },
	{ "retour_milter retour_reader retour_support", "drop table events_default" },
	{ "retour_milter retour_reader",
		"select blacklist_add('a@b.example', '*', 'user_unknown', 'r', '', null, 'x')" },
	{ "retour_milter retour_reader", "select blacklist_remove('a@b.example', null, 'r', 'x')" },
	{ "retour_reader retour_support", "insert into sent select now(), 1, '', '', '', '', '', ''" },
	{ "retour_support",
		"insert into blacklist (target, category, source, reason) values ('a@b.example', 'x', 'manual', 'r')" },
	{ "retour_support", "update blacklist set expires_at = now()" },
	{ "retour_support", "insert into audit (target, scope, action, category, actor, reason) values ('', '', 'add', "
			    "'', '', '')" },
	{ "retour_support", "insert into event_keys (first_at, key, grade) values (now(), gen_random_uuid(), 1)" },
	{ "retour_support", "update counters set n = 0" },
	{ "retour_support", "insert into strikes select now(), 1, '', '', '', '{}'" },
	{ "retour_support", "select make_partitions()" },
	{ "retour_milter retour_reader retour_support", "delete from programme_days" },
	{ "retour_support", "update programme_days set reports = 0" },
	{ "retour_support", "select nextval('report_ids')" },
};

static void
test_forbidden(void)
{
	g_autofree char *url = fixture_database();

	for (size_t i = 0; i < G_N_ELEMENTS(forbidden); i++) {
		g_auto(GStrv) roles = g_strsplit(forbidden[i].roles, " ", -1);

		for (char **role = roles; *role != NULL; role++) {
			g_autofree char *as_role = fixture_url_as(url, *role);
			g_autofree char *refusal = fixture_refused(as_role, forbidden[i].sql);

			g_test_message("%s: %s: %s", *role, forbidden[i].sql, refusal);
			g_assert_nonnull(strstr(refusal, "(42501)"));
		}
	}
}

/* Forbidden although the owner could: the audit trail is nobody's to change. */
static const char *const owner_forbidden[] = {
	"update audit set reason = 'another'",
	"update audit set reason = 'another' where false",
	"delete from audit",
	"truncate audit",
	"set session_replication_role = replica; delete from audit",
};

static void
test_audit_is_append_only(void)
{
	g_autofree char *url = fixture_database();

	fixture_run(url, "select blacklist_add('a@b.example', '*', 'user_unknown', 'r', '', null, 'x')");
	for (size_t i = 0; i < G_N_ELEMENTS(owner_forbidden); i++) {
		g_autofree char *refusal = fixture_refused(url, owner_forbidden[i]);

		g_assert_nonnull(strstr(refusal, "append-only"));
	}
	g_assert_cmpint(fixture_number(url, "select count(*) from audit where reason = 'r'"), ==, 1);
}

/*
 * A superuser who has switched triggers off for replication, and an update beside the lawful one: whatever is more than an
 * address giving way to its hash, and whatever leaves no trace of its own.
 */
static const char *const replica_forbidden[] = {
	"set session_replication_role = replica; update audit set reason = 'x'",
	"set session_replication_role = replica; delete from audit",
	"set session_replication_role = replica; truncate audit",
	"begin; insert into audit (target, scope, action, category, actor, reason) values"
	" ('hash:1', '*', 'forget', '', 'x', 'x'); update audit set target = 'hash:1', actor = 'nobody'; commit",
	"begin; insert into audit (target, scope, action, category, actor, reason) values"
	" ('hash:1', '*', 'forget', '', 'x', 'x'); update audit set target = 'another@b.example'; commit",
};

static void
test_audit_lawful(void)
{
	g_autofree char *url = fixture_database();
	g_autofree char *admin = fixture_url_as(url, "retour_admin");
	g_autofree char *support = fixture_url_as(url, "retour_support");
	const char *forget = "select forget_trail('a@b.example', 'a@b[.]example', 'hash:1', 'cli:x', 'asked')";

	fixture_run(
		url, "select blacklist_add('a@b.example', '*', 'user_unknown', 'told by a@b.example', '', null, 'x')");
	for (size_t i = 0; i < G_N_ELEMENTS(replica_forbidden); i++) {
		g_autofree char *refusal = fixture_refused(url, replica_forbidden[i]);

		g_assert_nonnull(strstr(refusal, "append-only"));
	}
	g_autofree char *no_support = fixture_refused(support, forget);
	g_autofree char *by_hand = fixture_refused(admin, "update audit set reason = 'x'");

	g_assert_nonnull(strstr(no_support, "42501"));
	g_assert_nonnull(strstr(by_hand, "42501"));
	fixture_run(admin, forget);
	g_autofree char *trail = fixture_text(url,
		"select string_agg(concat_ws('|', target, action, actor, reason), ', ' order by xid, id) from audit");

	g_assert_cmpstr(trail, ==, "hash:1|add|x|told by hash:1, hash:1|forget|cli:x|asked");
}

/* What support may: read everything there is, and change the blacklist with a trail that names the database user. */
static void
test_support(void)
{
	g_autofree char *url = fixture_database();
	g_autofree char *support = fixture_url_as(url, "retour_support");
	g_autofree char *unreadable = fixture_text(url, "select coalesce(string_agg(relname, ' '), '') from pg_class "
							"where relnamespace = 'public'::regnamespace"
							" and relkind in ('r', 'p', 'v') and not relispartition and "
							"not has_table_privilege('retour_support', oid, 'select')");

	g_assert_cmpstr(unreadable, ==, "");
	fixture_run(support, "select blacklist_add('A@b.example', null, 'user_unknown', 'a letter', null, null, null)");
	g_assert_cmpint(
		fixture_number(support, "select count(*) from blacklist_check('a@B.example', 'any.example')"), ==, 1);
	g_assert_cmpint(
		fixture_number(support, "select count(*) from audit where actor = 'sql:' || session_user"), ==, 1);
	g_assert_cmpint(
		fixture_number(support, "select blacklist_remove('a@b.example', null, 'a mistake', 'sql')"), ==, 1);
	g_assert_cmpint(fixture_number(support, "select count(*) from blacklist_now"), ==, 0);
}

/* No function can be called by everybody. */
static void
test_public(void)
{
	g_autofree char *url = fixture_database();
	g_autofree char *open = fixture_text(url, "select coalesce(string_agg(proname, ' '), '') from pg_proc"
						  " where pronamespace = 'public'::regnamespace"
						  " and (proacl is null or proacl::text ~ '[{,]=')");

	g_assert_cmpstr(open, ==, "");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	if (!fixture_present())
		return 0;
	g_test_add_func("/roles/forbidden", test_forbidden);
	g_test_add_func("/roles/audit-is-append-only", test_audit_is_append_only);
	g_test_add_func("/roles/audit-lawful", test_audit_lawful);
	g_test_add_func("/roles/support", test_support);
	g_test_add_func("/roles/public", test_public);
	return g_test_run();
}
