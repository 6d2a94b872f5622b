/*
 * Events per second through store_record(), many callers waiting and two connections, against raw COPY of the rows that
 * it wrote: into all tables, which is what these rows and their indexes cost at the least, and into events alone. Raw
 * COPY has two connections, too, and one transaction on each. Beside the wall clock, which depends on what else runs,
 * stands the processor time of server, client and callers:
 *
 *     tests/lab/with_postgres --fsync build/bench/commit [EVENTS [CALLERS [ROUNDS [MIX [DAYS]]]]]
 *
 * DAYS: of recorded mail. The originals of all events but every twentieth are among that of today.
 */
#include "commit_mail.h"
#include "database.h"
#include "migrate.h"
#include "store.h"

#include <libpq-fe.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define CONNECTIONS 2

typedef struct Mix {
	const char *name;
	unsigned listing, counting; /* percent of the events; the others are only counted */
} Mix;

static const Mix mixes[] = {
	{ "every event lists an address", 100, 0 },
	{ "half list, a fifth are strikes", 50, 20 },
	{ "no event touches the list", 0, 0 },
};

typedef struct Run {
	Store *store;
	const Mix *mix;
	int next, count;
	double callers_us; /* under lock */
	pthread_mutex_t lock;
} Run;

typedef struct Cost {
	double per_second;              /* events */
	double server, client, callers; /* microseconds of processor time per event; callers: not of the client */
} Cost;

static void
fail(const char *what, const char *why)
{
	fprintf(stderr, "commit: %s: %s\n", what, why);
	exit(1);
}

/* user and system time out of /proc/PID/stat: its own, and that of the children that it has buried. */
static void
read_stat(const char *pid, long *ret_parent, long *ret_own, long *ret_buried)
{
	g_autofree char *path = g_strdup_printf("/proc/%s/stat", pid);
	g_autofree char *text = NULL;
	long user, system, buried_user, buried_system;
	const char *rest;

	*ret_parent = *ret_own = *ret_buried = 0;
	if (!g_file_get_contents(path, &text, NULL, NULL) || (rest = strrchr(text, ')')) == NULL)
		return;
	if (sscanf(rest, ") %*c %ld %*d %*d %*d %*d %*u %*u %*u %*u %*u %ld %ld %ld %ld", ret_parent, &user, &system,
		    &buried_user, &buried_system)
		!= 5)
		return;
	*ret_own = user + system;
	*ret_buried = buried_user + buried_system;
}

static double
microseconds(const struct rusage *usage)
{
	return (double)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * 1e6
	       + (double)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec);
}

/* Processor time so far, in microseconds. */
static Cost
cpu_used(void)
{
	g_autofree char *path = g_build_filename(g_getenv("RETOUR_TEST_POSTGRES"), "data", "postmaster.pid", NULL);
	g_autofree char *text = NULL;
	struct rusage usage;
	long master, parent, own, buried, ticks = 0;
	const char *name;
	GDir *proc = g_dir_open("/proc", 0, NULL);

	if (proc == NULL || !g_file_get_contents(path, &text, NULL, NULL))
		fail("RETOUR_TEST_POSTGRES", "run this through tests/lab/with_postgres --fsync");
	master = strtol(text, NULL, 10);
	while ((name = g_dir_read_name(proc)) != NULL) {
		if (!g_ascii_isdigit(name[0]))
			continue;
		read_stat(name, &parent, &own, &buried);
		if (strtol(name, NULL, 10) == master)
			ticks += own + buried;
		else if (parent == master)
			ticks += own;
	}
	g_dir_close(proc);
	getrusage(RUSAGE_SELF, &usage);
	return (Cost){ .server = (double)ticks * 1e6 / (double)sysconf(_SC_CLK_TCK), .client = microseconds(&usage) };
}

static Cost
cost_since(int64_t start, Cost used, long events)
{
	Cost now = cpu_used();

	return (Cost){ .per_second = (double)events * 1e6 / (double)(g_get_monotonic_time() - start),
		.server = (now.server - used.server) / (double)events,
		.client = (now.client - used.client) / (double)events };
}

static Plan
plan(const void *policy, const Case *subject)
{
	(void)policy;
	if (subject->verdict.category == CATEGORY_USER_UNKNOWN)
		return (Plan){ .kind = PLAN_LIST };
	if (subject->verdict.category == CATEGORY_MAILBOX_FULL)
		return (Plan){ .kind = PLAN_COUNT, .window_days = 30, .needed_days = 3 };
	return (Plan){ .kind = PLAN_NOTHING };
}

static Decision
decide(const Plan *made, const History *history, int64_t now)
{
	return (Decision){ .list = made->kind == PLAN_LIST || history->strike_days >= made->needed_days,
		.expires_at = now + 30 * 86400 };
}

static Category
category_of(const Mix *mix, int number)
{
	unsigned percent = (unsigned)number % 100;

	if (percent < mix->listing)
		return CATEGORY_USER_UNKNOWN;
	return percent < mix->listing + mix->counting ? CATEGORY_MAILBOX_FULL : CATEGORY_SPAM_CONTENT;
}

static Report *
make_report(void)
{
	Report *report = report_new(REPORT_BOUNCE, "rfc3464");
	Event *event = report_add_event(report, ACTION_FAILED);

	report_set(&report->from, "mailer-daemon@mta1.sender.example");
	report_set(&report->reporting_mta, "mta1.sender.example");
	report_set(&report->subject, "Undelivered Mail Returned to Sender");
	report_set(&report->original.envelope_sender, "bounces@sender.example");
	report_set(&report->original.queue_id, "4XqZ1b2c3dz9vQ");
	memset(report->digest, 'a', sizeof(report->digest) - 1);
	report_set(&event->remote_mta, "mx1.provider.example");
	report_set(&event->diagnostic, "550 5.1.1 The email account that you tried to reach does not exist. Please try "
				       "double-checking the recipient's address for typos or unnecessary spaces.");
	event->status = (Status){ 5, 1, 1 };
	event->reply_code = 550;
	event->stage = STAGE_RCPT;
	return report;
}

/* report: the caller's own, filled anew, so that what is measured is the store. */
static void
tell(Run *run, Report *report, int number)
{
	g_autofree char *address = commit_address(number);
	char proof[] = "our own MTA's bounce";
	g_autofree char *message_id = commit_message_id(number);
	Inbound inbound = { .source = "milter",
		.id = "4XqZ1b2c3dz9vQ",
		.envelope_sender = "",
		.client_address = "192.0.2.1",
		.received_at = g_get_real_time() / G_USEC_PER_SEC };
	Finding finding = { .event = g_ptr_array_index(report->events, 0),
		.address = address,
		.provider = strchr(address, '@') + 1,
		.evidence = EVIDENCE_LOCAL,
		.proof = proof,
		.verdict = { category_of(run->mix, number), CONFIDENCE_HIGH, "generic.user-unknown", "", "" } };
	Submission submission = { .inbound = &inbound,
		.report = report,
		.findings = &finding,
		.finding_count = 1,
		.sender_domain = "sender.example",
		.programme = "",
		.rule_set = "0123456789abcdef",
		.plan = plan,
		.decide = decide };
	g_autoptr(GError) error = NULL;
	Recorded recorded;

	report_set(&report->message_id, message_id);
	report_set(&report->original.message_id, message_id);
	report_set(&((Event *)g_ptr_array_index(report->events, 0))->recipient, address);
	/* Keys are hashes: spread evenly. */
	for (size_t i = 0; i < EVENT_KEY_SIZE; i += sizeof(uint32_t)) {
		uint32_t word = ((uint32_t)number + (uint32_t)i) * UINT32_C(2654435761);

		memcpy(finding.key + i, &word, sizeof(word));
	}
	if (!store_record(run->store, &submission, &recorded, &error))
		fail("store_record", error->message);
	if (recorded.new_events != 1)
		fail("store_record", "an event was not new");
}

static void *
tell_many(void *data)
{
	Run *run = data;
	g_autoptr(Report) report = make_report();
	struct rusage usage;
	int number;

	while ((number = g_atomic_int_add(&run->next, 1)) < run->count)
		tell(run, report, number);
	getrusage(RUSAGE_THREAD, &usage);
	pthread_mutex_lock(&run->lock);
	run->callers_us += microseconds(&usage);
	pthread_mutex_unlock(&run->lock);
	return NULL;
}

static char *
new_database(int number)
{
	const char *url = g_getenv("RETOUR_TEST_DATABASE");
	const char *tail = url == NULL ? NULL : strstr(url, "/retour?");
	g_autofree char *sql = g_strdup_printf("create database bench%d", number);
	g_autoptr(GError) error = NULL;
	g_autoptr(Database) database = tail == NULL ? NULL : database_open(url, 0, &error);
	char *made;
	unsigned applied;

	if (tail == NULL)
		fail("RETOUR_TEST_DATABASE", "run this through tests/lab/with_postgres --fsync");
	if (database == NULL || !database_run(database, sql, &error))
		fail("create database", error->message);
	made = g_strdup_printf("%.*s/bench%d%s", (int)(tail - url), url, number, tail + strlen("/retour"));
	if (!migrate_run(made, NULL, NULL, &applied, &error) || !database_run(database, "checkpoint", &error))
		fail("migrate", error->message);
	return made;
}

static Cost
run_store(char *url, const Mix *mix, int events, int callers)
{
	StoreSettings settings = {
		.url = url, .connections = CONNECTIONS, .commit_timeout_ms = 60000, .queue_events = 100000
	};
	g_autoptr(GError) error = NULL;
	Run run = {
		.store = store_open(&settings, &error), .mix = mix, .count = events, .lock = PTHREAD_MUTEX_INITIALIZER
	};
	g_autofree pthread_t *threads = g_new0(pthread_t, callers);
	Cost used, cost;
	int64_t start;

	if (run.store == NULL)
		fail("store_open", error->message);
	used = cpu_used();
	start = g_get_monotonic_time();
	for (int i = 0; i < callers; i++)
		pthread_create(&threads[i], NULL, tell_many, &run);
	for (int i = 0; i < callers; i++)
		pthread_join(threads[i], NULL);
	cost = cost_since(start, used, events);
	cost.callers = run.callers_us / events;
	cost.client -= cost.callers;
	store_close(run.store);
	return cost;
}

/* What a run of the store fills; raw COPY fills the first alone, or all. */
static const char *const tables[] = { "events", "reports", "event_keys", "blacklist", "strikes", "audit", "counters" };

typedef struct Copy {
	const char *url;
	unsigned table_count;
	char *columns[G_N_ELEMENTS(tables)];
	GString *rows[G_N_ELEMENTS(tables)];
} Copy;

static void
copy_table(PGconn *connection, const char *table, const char *columns, const GString *rows)
{
	g_autofree char *sql = g_strdup_printf("copy %s (%s) from stdin", table, columns);

	PQclear(PQexec(connection, sql));
	for (size_t at = 0; at < rows->len; at += 65536)
		PQputCopyData(connection, rows->str + at, (int)MIN(rows->len - at, 65536));
	PQputCopyEnd(connection, NULL);
	for (PGresult *result; (result = PQgetResult(connection)) != NULL; PQclear(result))
		if (PQresultStatus(result) != PGRES_COMMAND_OK)
			fail("copy", PQerrorMessage(connection));
}

static void *
copy_rows(void *data)
{
	Copy *copy = data;
	PGconn *connection = PQconnectdb(copy->url);

	PQclear(PQexec(connection, "begin"));
	for (unsigned i = 0; i < copy->table_count; i++)
		copy_table(connection, tables[i], copy->columns[i], copy->rows[i]);
	PQclear(PQexec(connection, "commit"));
	PQfinish(connection);
	return NULL;
}

/* Owned. */
static char *
read_columns(PGconn *connection, const char *table)
{
	g_autofree char *sql = g_strdup_printf("select string_agg(attname, ', ' order by attnum) from pg_attribute"
					       " where attrelid = '%s'::regclass and attnum > 0 and attgenerated = ''",
		table);
	PGresult *result = PQexec(connection, sql);
	char *columns = g_strdup(PQgetvalue(result, 0, 0));

	PQclear(result);
	return columns;
}

/* Divides the rows of a table among the copies; returns how many there are. */
static long
read_rows(PGconn *connection, unsigned table, Copy copies[static CONNECTIONS])
{
	g_autofree char *columns = read_columns(connection, tables[table]);
	g_autofree char *sql = g_strdup_printf("copy (select %s from %s) to stdout", columns, tables[table]);
	long count = 0;
	char *row;

	for (int i = 0; i < CONNECTIONS; i++) {
		copies[i].columns[table] = g_strdup(columns);
		copies[i].rows[table] = g_string_new(NULL);
	}
	PQclear(PQexec(connection, sql));
	while (PQgetCopyData(connection, &row, 0) > 0) {
		g_string_append(copies[count++ % CONNECTIONS].rows[table], row);
		PQfreemem(row);
	}
	PQclear(PQgetResult(connection));
	PQclear(PQgetResult(connection));
	return count;
}

static Cost
run_copy(const char *from, const char *to, unsigned table_count)
{
	Copy copies[CONNECTIONS];
	pthread_t threads[CONNECTIONS];
	PGconn *connection = PQconnectdb(from);
	Cost used, cost;
	int64_t start;
	long count = 0;

	for (int i = 0; i < CONNECTIONS; i++)
		copies[i] = (Copy){ .url = to, .table_count = table_count };
	for (unsigned i = 0; i < table_count; i++) {
		long rows = read_rows(connection, i, copies);

		count = i == 0 ? rows : count;
	}
	PQfinish(connection);
	used = cpu_used();
	start = g_get_monotonic_time();
	for (int i = 0; i < CONNECTIONS; i++)
		pthread_create(&threads[i], NULL, copy_rows, &copies[i]);
	for (int i = 0; i < CONNECTIONS; i++)
		pthread_join(threads[i], NULL);
	cost = cost_since(start, used, count);
	for (int i = 0; i < CONNECTIONS; i++)
		for (unsigned j = 0; j < table_count; j++) {
			g_free(copies[i].columns[j]);
			g_string_free(copies[i].rows[j], TRUE);
		}
	return cost;
}

static int
by_size(const void *a, const void *b)
{
	const double *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

static double
median(const Cost *costs, int count, size_t offset)
{
	g_autofree double *sorted = g_new0(double, count);

	for (int i = 0; i < count; i++)
		memcpy(&sorted[i], (const char *)&costs[i] + offset, sizeof(double));
	qsort(sorted, (size_t)count, sizeof(*sorted), by_size);
	return sorted[count / 2];
}

static Cost
medians(const Cost *costs, int count)
{
	return (Cost){ median(costs, count, offsetof(Cost, per_second)), median(costs, count, offsetof(Cost, server)),
		median(costs, count, offsetof(Cost, client)), median(costs, count, offsetof(Cost, callers)) };
}

static void
print_cost(const char *what, Cost cost)
{
	printf("    %-24s %6.0f/s  %5.1f + %4.1f + %4.1f us\n", what, cost.per_second, cost.server, cost.client,
		cost.callers);
}

static void
compare(const Mix *mix, int events, int callers, int rounds, int days, int *databases)
{
	g_autofree Cost *stores = g_new0(Cost, rounds), *events_alone = g_new0(Cost, rounds),
			*all_tables = g_new0(Cost, rounds);

	for (int round = 0; round < rounds; round++) {
		g_autofree char *stored = new_database((*databases)++), *copied = new_database((*databases)++),
				*all_copied = new_database((*databases)++);

		if (days > 0)
			commit_record_mail(stored, days, events);
		stores[round] = run_store(stored, mix, events, callers);
		events_alone[round] = run_copy(stored, copied, 1);
		all_tables[round] = run_copy(stored, all_copied, G_N_ELEMENTS(tables));
	}
	puts(mix->name);
	print_cost("store", medians(stores, rounds));
	print_cost("raw COPY of all tables", medians(all_tables, rounds));
	print_cost("raw COPY of events alone", medians(events_alone, rounds));
	fflush(stdout);
}

int
main(int argc, char **argv)
{
	int events = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 60000;
	int callers = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 512;
	int rounds = argc > 3 ? (int)strtol(argv[3], NULL, 10) : 3;
	int only = argc > 4 ? (int)strtol(argv[4], NULL, 10) : -1;
	int days = argc > 5 ? (int)strtol(argv[5], NULL, 10) : 0;
	int databases = 0;

	if (events < 1 || callers < 1 || rounds < 1)
		fail("usage", "commit [EVENTS [CALLERS [ROUNDS [MIX [DAYS]]]]]");
	printf("%d events, %d callers, %d connections, median of %d; microseconds of server + client + callers per "
	       "event\n",
		events, callers, CONNECTIONS, rounds);
	for (int i = 0; i < (int)G_N_ELEMENTS(mixes); i++)
		if (only < 0 || only == i)
			compare(&mixes[i], events, callers, rounds, days, &databases);
	return 0;
}
