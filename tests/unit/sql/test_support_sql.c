#include "held.h"
#include "lookup.h"
#include "provider_domains.h"
#include "sql_fixture.h"

#include <string.h>

#define USUAL_ROWS 2000
#define IN_EARNEST 100000
#define READ_AT_MOST 5000 /* rows, for one answer: a list shows a hundred */

/* All that support may call; whatever else there is, it may not. */
static void
test_functions(void)
{
	g_autofree char *url = fixture_database();
	g_autofree char *callable = fixture_text(url,
		"select string_agg(distinct proname, ' ' order by proname) from pg_proc where pronamespace = "
		"'public'::regnamespace"
		" and has_function_privilege('retour_support', oid, 'execute')");

	g_assert_cmpstr(callable, ==,
		"blacklist_add blacklist_check blacklist_has_erased blacklist_import blacklist_key blacklist_names "
		"blacklist_remove blacklist_remove_many categories category_class forget_tables held_confirm "
		"held_release "
		"person_in provider_set rate_high rate_low reputation_counts subaddress_fold");
}

/* Support changes nothing but by those functions. */
static void
test_tables(void)
{
	g_autofree char *url = fixture_database();
	g_autofree char *writable =
		fixture_text(url, "select coalesce(string_agg(relname, ' '), '') from pg_class where relnamespace = "
				  "'public'::regnamespace"
				  " and relkind in ('r', 'p', 'v', 'S') and case relkind when 'S' then"
				  "  has_sequence_privilege('retour_support', oid, 'usage, update')"
				  " else has_table_privilege('retour_support', oid, 'insert, update, delete, truncate, "
				  "references, trigger') end");
	g_autofree char *creates = fixture_text(url, "select has_schema_privilege('retour_support', 'public', "
						     "'create') or has_database_privilege('retour_support', "
						     "current_database(), 'create')");

	g_assert_cmpstr(writable, ==, "");
	g_assert_cmpstr(creates, ==, "f");
}

/* The documented names, each with a comment that says what it is for. */
static void
test_comments(void)
{
	g_autofree char *url = fixture_database();
	g_autofree char *silent = fixture_text(url,
		"select coalesce(string_agg(relname, ' '), '') from pg_class where relnamespace = "
		"'public'::regnamespace"
		" and relkind in ('r', 'p', 'v') and not relispartition and obj_description(oid) is null"
		" and relname <> 'migrations'");
	g_autofree char *mute = fixture_text(url,
		"select coalesce(string_agg(proname, ' '), '') from pg_proc where pronamespace = 'public'::regnamespace"
		" and obj_description(oid) is null and prorettype <> 'trigger'::regtype");
	g_autofree char *views = fixture_text(url, "select string_agg(relname, ' ' order by relname) from pg_class "
						   "where relnamespace = 'public'::regnamespace"
						   " and relname in ('blacklist', 'blacklist_now', 'address_history', "
						   "'provider_reputation', 'sender_reputation')");

	g_assert_cmpstr(silent, ==, "");
	g_assert_cmpstr(mute, ==, "");
	g_assert_cmpstr(views, ==, "address_history blacklist blacklist_now provider_reputation sender_reputation");
}

static void
test_categories(void)
{
	g_autofree char *url = fixture_database();
	g_autofree char *named = fixture_text(url, "select array_to_string(categories(), ' ')");
	g_autoptr(GString) known = g_string_new(NULL);

	for (int i = 0; i < CATEGORY_COUNT; i++)
		g_string_append_printf(known, "%s%s", i == 0 ? "" : " ", category_name((Category)i));
	g_assert_cmpstr(named, ==, known->str);
}

static const struct {
	const char *call, *answer; /* NULL: refused */
} calls[] = {
	{ "blacklist_add('a@x.example', reason => 'asked')", "R-1" },
	{ "blacklist_add('b@x.example', 'shop.example', 'complaint_spam', 'asked', expires_at => now() + '1 day')",
		"R-2" },
	{ "blacklist_add('c@x.example')", NULL },
	{ "blacklist_add('c@x.example', category => 'spam', reason => 'asked')", NULL },
	{ "blacklist_add('c@x.example', category => null, reason => 'asked')", NULL },
	{ "blacklist_add('nobody', reason => 'asked')", NULL },
	{ "(blacklist_check('A@X.example', 'any.example')).reference", "R-1" },
	{ "count(*) from blacklist_check('b@x.example', 'other.example')", "0" },
	{ "blacklist_remove('a@x.example', reason => 'back')", "1" },
	{ "blacklist_remove('b@x.example')", NULL },
	{ "string_agg(target, ' ') from blacklist", "b@x.example" },
};

/* As an application calls them: what need not be said is left out. */
static void
test_calls(void)
{
	g_autofree char *url = fixture_database();
	g_autofree char *support = fixture_url_as(url, "retour_support");

	for (size_t i = 0; i < G_N_ELEMENTS(calls); i++) {
		g_autofree char *sql = g_strconcat("select ", calls[i].call, NULL);

		if (calls[i].answer == NULL) {
			g_free(fixture_refused(support, sql));
			continue;
		}
		g_autofree char *answer = fixture_text(support, sql);
		g_assert_cmpstr(answer, ==, calls[i].answer);
	}
}

/* Erased addresses cannot be checked by name in SQL, which says so. */
static void
test_erased(void)
{
	g_autofree char *url = fixture_database();
	g_autofree char *support = fixture_url_as(url, "retour_support");

	g_autofree char *none = fixture_text(support, "select blacklist_has_erased()");
	fixture_run(url, "insert into blacklist (target, category, source, reason)"
			 " values ('hash:' || repeat('0a', 32), 'user_unknown', 'auto', 'user unknown')");
	g_autofree char *some = fixture_text(support, "select blacklist_has_erased()");
	g_autofree char *by_hash =
		fixture_text(support, "select count(*) from blacklist_check('hash:' || repeat('0a', 32), '')");

	g_assert_cmpstr(none, ==, "f");
	g_assert_cmpstr(some, ==, "t");
	g_assert_cmpstr(by_hash, ==, "1");
}

/* What support asks about one address, domain or reference: never by reading a large table. */
static const char *const questions[] = {
	"select * from blacklist where target = 'p77@d7.example'",
	"select * from blacklist_now where target = 'p77@d7.example' and scope = '*'",
	"select * from blacklist where number = 77",
	"select * from blacklist where target in ('p77@d7.example', '@d7.example') and scope in ('*', 'shop.example')",
	"select * from blacklist_check('p77@d7.example', 'shop.example')",
	"select * from blacklist where split_part(target, '@', -1) = 'd7.example' order by number desc limit 100",
	"select * from audit where target = 'p77@d7.example' order by xid, id",
	"select target from audit where substring(detail from '^R-[0-9]+') = 'R-77' order by xid desc, id desc limit 1",
	"select * from events where recipient = 'p77@d7.example' order by at desc limit 20",
	"select * from sent where recipient = 'p77@d7.example' order by at desc limit 20",
	"select * from strikes where target = 'p77@d7.example'",
	"select * from address_history where address = 'p77@d7.example' order by at",
	"select * from address_history where address = any(blacklist_names('p77@d7.example')) order by at",
	"select * from held where target = 'p77@d7.example'",
	"select * from provider_domains where domain = 'd7.example'",
};

static int64_t
rows_wanted(void)
{
	const char *text = g_getenv("RETOUR_SUPPORT_ROWS");
	gint64 rows;

	return text != NULL && g_ascii_string_to_signed(text, 10, 1, 100000000, &rows, NULL) ? rows : USUAL_ROWS;
}

/* By address: into an index in order, ten million rows go in a good while sooner. */
static void
fill(const char *url, int64_t rows)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *sql = g_strdup_printf(
		"create temp table people as select n, address from (select n, 'p' || n || '@d' || n %% 1000 || "
		"'.example' as address from generate_series(1, %" G_GINT64_FORMAT
		") as n) as p order by address collate "
		"\"C\";"
		"insert into blacklist (target, scope, category, source, reason) select address, case when n %% 400000 "
		"= 7 then 'rare.example' else '*' end, case when n %% 500000 = 8 then 'policy_other' else "
		"'user_unknown' "
		"end, 'auto', 'gone' from people;"
		"insert into audit (target, scope, action, category, actor, reason, detail) select target, scope, "
		"'list', category, 'auto', 'gone', reference || ' until removed' from blacklist;"
		"insert into held select now() - n * interval '1 second', null, now(), 1, 0, 1, address, '*', 'd' || n "
		"%% 1000, 'user_unknown', "
		"'local', 'gone' from people where n %% 100 = 7;"
		"insert into provider_domains (domain, provider, source) select 'd' || n || '.example', 'p' || n %% "
		"10, "
		"'dns' from generate_series(1, 20000) as n;"
		"insert into strikes select now(), 30, address, '*', 'mailbox_full', array[current_date] from people;"
		"insert into events (at, report, key, reply_code, recipient, failed_recipient, sender_domain, "
		"provider, action, "
		"category, confidence, evidence, rule, list, status, stage, remote_mta, diagnostic)"
		" select now(), n, gen_random_uuid(), 550, address, '', '', '', 'failed', 'user_unknown', 'high', "
		"'local', '', '', '', '', "
		"'', 'gone' from people;"
		"insert into sent (at, mail_key, recipient, message_id, sender_domain, provider, queue_id, sender)"
		" select now(), n, address, n || '@m', 'shop.example', '', '', '' from people;"
		"drop table people; analyze",
		rows);

	/* Without a deadline. */
	g_autoptr(Database) database = database_open(url, 0, &error);

	g_assert_no_error(error);
	database_run(database, sql, &error);
	g_assert_no_error(error);
}

static void
ask_lookup(Blacklist *blacklist, GError **error)
{
	lookup_free(lookup_address(blacklist, "p77@d77.example", error));
}

static void
ask_reference(Blacklist *blacklist, GError **error)
{
	g_autofree char *target = NULL;
	GPtrArray *found = blacklist_find(blacklist, "R-77", error);

	g_clear_pointer(&found, g_ptr_array_unref);
	blacklist_referred(blacklist, "R-77", &target, error);
}

static void
ask_list(Blacklist *blacklist, const BlacklistQuery *query, unsigned least, GError **error)
{
	g_autoptr(GPtrArray) found = blacklist_list(blacklist, query, error);

	g_assert_cmpuint(found == NULL ? 0 : found->len, >=, least);
}

static void
ask_newest(Blacklist *blacklist, GError **error)
{
	ask_list(blacklist, &(BlacklistQuery){ .limit = 100 }, 100, error);
}

static void
ask_domain(Blacklist *blacklist, GError **error)
{
	ask_list(blacklist, &(BlacklistQuery){ .domain = "d7.example", .limit = 100 }, 2, error);
}

static void
ask_category(Blacklist *blacklist, GError **error)
{
	ask_list(blacklist, &(BlacklistQuery){ .category = "policy_other", .limit = 100 }, 1, error);
}

static void
ask_scope(Blacklist *blacklist, GError **error)
{
	ask_list(blacklist, &(BlacklistQuery){ .scope = "rare.example", .limit = 100 }, 1, error);
}

static void
ask_held(Blacklist *blacklist, GError **error)
{
	GPtrArray *found = held_list(blacklist, "d7", 100, error);

	g_clear_pointer(&found, g_ptr_array_unref);
}

static void
ask_provider(Blacklist *blacklist, GError **error)
{
	GPtrArray *found = provider_domains_of(blacklist, "p7", 100, error);

	g_clear_pointer(&found, g_ptr_array_unref);
}

/* What the commands ask for people. */
static const struct Asked {
	const char *name;
	void (*ask)(Blacklist *blacklist, GError **error);
} asked[] = {
	{ "lookup", ask_lookup },
	{ "reference", ask_reference },
	{ "list", ask_newest },
	{ "list by domain", ask_domain },
	{ "list by category", ask_category },
	{ "list by scope", ask_scope },
	{ "held", ask_held },
	{ "domains of a provider", ask_provider },
};

static int64_t
rows_read(const char *url)
{
	return fixture_number(url,
		"select (select sum(seq_tup_read) from pg_stat_user_tables) + (select sum(idx_tup_read) from "
		"pg_stat_user_indexes)");
}

/* A server process tells what it has read when its connection ends. */
static void
check_program(const char *url, const char *support, const struct Asked *program, int64_t most)
{
	g_autofree char *copy = g_strdup(support);
	StoreSettings settings = { .url = copy };
	g_autoptr(GError) error = NULL;
	int64_t before = rows_read(url), read;
	Blacklist *blacklist = blacklist_open(&settings, 1, 600000, &error);

	g_assert_no_error(error);
	program->ask(blacklist, &error);
	g_assert_no_error(error);
	blacklist_close(blacklist);
	while (fixture_number(url, "select count(*) from pg_stat_activity where backend_type = 'client backend'") > 1)
		g_usleep(10000);
	read = rows_read(url) - before;
	g_test_message("%s: %" G_GINT64_FORMAT " rows read", program->name, read);
	g_assert_cmpint(read, <=, most);
}

static void
check_programs(const char *url, int64_t rows)
{
	g_autofree char *support = fixture_url_as(url, "retour_support");

	for (size_t i = 0; i < G_N_ELEMENTS(asked); i++)
		check_program(url, support, &asked[i], rows > IN_EARNEST ? READ_AT_MOST : INT64_MAX);
}

/*
 * With few rows reading them all may really be cheapest, so there the planner is only asked whether an index can answer;
 * RETOUR_SUPPORT_ROWS=10000000 asks what it does in earnest, with some 15 GB of disk.
 */
static void
test_plans(void)
{
	g_autofree char *url = fixture_database();
	int64_t rows = rows_wanted();
	g_autofree char *settings = g_strdup_printf("%s%%20-c%%20enable_seqscan%%3D%s",
		"&options=-c%20role%3Dretour_support", rows > IN_EARNEST ? "on" : "off");
	g_autofree char *support = g_strconcat(url, settings, NULL);

	fill(url, rows);
	check_programs(url, rows);
	for (size_t i = 0; i < G_N_ELEMENTS(questions); i++) {
		g_autofree char *sql = g_strdup_printf("explain (format json) %s", questions[i]);
		g_autofree char *plan = fixture_text(support, sql);

		if (rows > IN_EARNEST)
			g_test_message("%s", questions[i]);
		/* Empty partitions are read for nothing, whatever the planner does with them. */
		if (strstr(plan, "Index") == NULL && strstr(plan, "Bitmap") == NULL)
			g_error("no index: %s\n%s", questions[i], plan);
		for (const char *place = plan; (place = strstr(place, "\"Seq Scan\"")) != NULL; place++)
			if (strstr(place, "\"Plan Rows\": ") == NULL
				|| g_ascii_strtoll(strstr(place, "\"Plan Rows\": ") + 13, NULL, 10) > 1000)
				g_error("reads a whole table: %s\n%s", questions[i], plan);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	if (!fixture_present())
		return 0;
	g_test_add_func("/support-sql/functions", test_functions);
	g_test_add_func("/support-sql/tables", test_tables);
	g_test_add_func("/support-sql/comments", test_comments);
	g_test_add_func("/support-sql/categories", test_categories);
	g_test_add_func("/support-sql/calls", test_calls);
	g_test_add_func("/support-sql/erased", test_erased);
	g_test_add_func("/support-sql/plans", test_plans);
	return g_test_run();
}
