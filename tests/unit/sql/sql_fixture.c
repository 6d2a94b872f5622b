#include "sql_fixture.h"

#include "address.h"
#include "migrate.h"

#include <string.h>

#define DAY 86400

bool
fixture_present(void)
{
	if (g_getenv("RETOUR_TEST_DATABASE") != NULL)
		return true;
	g_print("1..0 # SKIP no server: run this through tests/lab/with_postgres\n");
	return false;
}

static Database *
connect_to(const char *url)
{
	g_autoptr(GError) error = NULL;
	Database *database = database_open(url, 60000, &error);

	g_assert_no_error(error);
	return database;
}

char *
fixture_empty_database(void)
{
	static int count;
	const char *url = g_getenv("RETOUR_TEST_DATABASE");
	g_autofree char *name = g_strdup_printf("test_%d_%d", (int)getpid(), g_atomic_int_add(&count, 1));
	g_autofree char *sql = g_strdup_printf("create database %s", name);
	const char *tail = strstr(url, "/retour?");

	g_assert_nonnull(tail);
	fixture_run(url, sql);
	return g_strdup_printf("%.*s/%s%s", (int)(tail - url), url, name, tail + strlen("/retour"));
}

char *
fixture_database(void)
{
	char *url = fixture_empty_database();
	g_autoptr(GError) error = NULL;
	unsigned applied;

	migrate_run(url, NULL, NULL, &applied, &error);
	g_assert_no_error(error);
	return url;
}

char *
fixture_url_as(const char *url, const char *role)
{
	return g_strdup_printf("%s&options=-c%%20role%%3D%s", url, role);
}

char *
fixture_text(const char *url, const char *sql)
{
	g_autoptr(Database) database = connect_to(url);
	g_autoptr(GError) error = NULL;
	const Statement statement = { "test", sql };
	g_autoptr(Rows) rows = database_ask(database, &statement, NULL, &error);

	g_assert_no_error(error);
	return g_strdup(rows_count(rows) == 0 ? "" : rows_text(rows, 0, 0));
}

int64_t
fixture_number(const char *url, const char *sql)
{
	g_autofree char *text = fixture_text(url, sql);

	return g_ascii_strtoll(text, NULL, 10);
}

void
fixture_run(const char *url, const char *sql)
{
	g_autoptr(Database) database = connect_to(url);
	g_autoptr(GError) error = NULL;

	database_run(database, sql, &error);
	g_assert_no_error(error);
}

char *
fixture_refused(const char *url, const char *sql)
{
	g_autoptr(Database) database = connect_to(url);
	g_autoptr(GError) error = NULL;

	if (database_run(database, sql, &error))
		g_error("not refused: %s", sql);
	return g_strdup(error->message);
}

void
fixture_server(const char *verb)
{
	const char *argv[] = { g_getenv("RETOUR_TEST_POSTGRES_CONTROL"), verb, g_getenv("RETOUR_TEST_POSTGRES"), NULL };
	g_autoptr(GError) error = NULL;
	g_auto(GStrv) copy = g_strdupv((char **)(uintptr_t)argv);
	int status;

	g_spawn_sync(NULL, copy, NULL, G_SPAWN_DEFAULT, NULL, NULL, NULL, NULL, &status, &error);
	g_assert_no_error(error);
	g_assert_cmpint(status, ==, 0);
}

char *
fixture_server_log(void)
{
	g_autofree char *path = g_build_filename(g_getenv("RETOUR_TEST_POSTGRES"), "server.log", NULL);
	g_autoptr(GError) error = NULL;
	char *text;

	g_file_get_contents(path, &text, NULL, &error);
	g_assert_no_error(error);
	return text;
}

static Plan
plan(const void *policy, const Case *subject)
{
	(void)policy;
	switch ((int)subject->verdict.category) {
	case CATEGORY_USER_UNKNOWN:
		return (Plan){ .kind = PLAN_LIST };
	case CATEGORY_MAILBOX_FULL:
		return (Plan){ .kind = PLAN_COUNT, .window_days = 10, .needed_days = 3 };
	case CATEGORY_COMPLAINT_SPAM:
		return (Plan){ .kind = PLAN_LIST, .scope = SCOPE_SENDER_DOMAIN };
	case CATEGORY_DOMAIN_NOT_FOUND:
		return (Plan){ .kind = PLAN_LIST, .whole_domain = true, .needed_days = 1, .probe_seconds = DAY / 4 };
	case CATEGORY_DELIVERED:
		return (Plan){ .kind = PLAN_RELEASE,
			.released = UINT64_C(1) << CATEGORY_USER_UNKNOWN | UINT64_C(1) << CATEGORY_MAILBOX_FULL
				    | UINT64_C(1) << CATEGORY_DOMAIN_NOT_FOUND };
	default:
		return (Plan){ .kind = PLAN_NOTHING };
	}
}

static Decision
decide(const Plan *made, const History *history, int64_t now)
{
	/* Over entries of people, too: the store itself is to keep them. */
	Decision decision = { .list = true, .expires_at = NEVER_EXPIRES };

	if (made->kind == PLAN_COUNT) {
		decision.list &= history->strike_days >= made->needed_days;
		decision.expires_at = now + (history->listings == 0 ? 30 : 60) * DAY;
	} else if (made->whole_domain) {
		decision.expires_at = now + DAY;
	}
	return decision;
}

/* Of what names the message and the address, as the real one. */
static void
key_of(const Report *report, unsigned index G_GNUC_UNUSED, const char *address, const char *message,
	unsigned char ret_key[static EVENT_KEY_SIZE])
{
	g_autofree char *text =
		g_strdup_printf("%s %s", message == NULL ? report->original.message_id : message, address);
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
	guint8 digest[32];
	gsize size = sizeof(digest);

	g_checksum_update(sum, (const guchar *)text, -1);
	g_checksum_get_digest(sum, digest, &size);
	memcpy(ret_key, digest, EVENT_KEY_SIZE);
}

Sample *
sample_new(Category category, const char *address, const char *key)
{
	Sample *sample = g_new0(Sample, 1);
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
	guint8 digest[32];
	gsize size = sizeof(digest);
	Event *event;

	sample->report = report_new(REPORT_BOUNCE, "rfc3464");
	event = report_add_event(sample->report, ACTION_FAILED);
	report_set(&event->recipient, address);
	report_set(&event->diagnostic, "550 5.1.1 no such person here");
	event->status = (Status){ 5, 1, 1 };
	event->reply_code = 550;
	sample->inbound = (Inbound){ .source = "file",
		.id = key,
		.envelope_sender = "",
		.bytes = "",
		.client_address = "",
		.received_at = g_get_real_time() / G_USEC_PER_SEC };
	sample->finding = (Finding){ .event = event,
		.address = g_strdup(address),
		.provider = g_strdup(address_domain(address)),
		.evidence = EVIDENCE_LOCAL,
		.proof = g_strdup("a test"),
		.sender_domain = g_strdup("sender.example") };
	sample->finding.verdict = (Verdict){
		.category = category, .confidence = CONFIDENCE_HIGH, .rule = "test.rule", .contact = "", .list = ""
	};
	g_checksum_update(sum, (const guchar *)key, -1);
	g_checksum_get_digest(sum, digest, &size);
	memcpy(sample->finding.key, digest, EVENT_KEY_SIZE);
	sample->submission = (Submission){ .inbound = &sample->inbound,
		.report = sample->report,
		.findings = &sample->finding,
		.finding_count = 1,
		.sender_domain = "sender.example",
		.programme = "",
		.rule_set = "0123abcd",
		.key = key_of,
		.plan = plan,
		.decide = decide };
	return sample;
}

void
sample_free(Sample *sample)
{
	report_free(sample->report);
	g_free(sample->finding.address);
	g_free(sample->finding.provider);
	g_free(sample->finding.proof);
	g_free(sample->finding.sender_domain);
	g_free(sample->finding.token.place);
	g_free(sample);
}

Store *
fixture_store(const char *url)
{
	g_autofree char *copy = g_strdup(url);
	StoreSettings settings = { .url = copy, .connections = 2, .commit_timeout_ms = 20000, .queue_events = 100000 };
	g_autoptr(GError) error = NULL;
	Store *store = store_open(&settings, &error);

	g_assert_no_error(error);
	return store;
}

Recorded
fixture_record(Store *store, const Sample *sample)
{
	g_autoptr(GError) error = NULL;
	Recorded recorded = { 0 };

	store_record(store, &sample->submission, &recorded, &error);
	g_assert_no_error(error);
	return recorded;
}

Recorded
fixture_record_one(
	Store *store, Category category, const char *address, const char *key, Evidence evidence, int64_t days_ago)
{
	g_autoptr(Sample) sample = sample_new(category, address, key);

	sample->finding.evidence = evidence;
	sample->inbound.received_at -= days_ago * DAY;
	return fixture_record(store, sample);
}
