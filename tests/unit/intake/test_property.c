#include "property_compare.h"

#include "changes.h"
#include "database.h"
#include "log.h"
#include "migrate.h"
#include "mirror.h"
#include "policy_load.h"
#include "redis_server.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

/*
 * Random reports, deliveries, edits and expiries by eight writers in two processes, each with a mirror, through the real
 * store, PostgreSQL and Redis; then all of it again by the model, and everything is compared. RETOUR_PROPERTY_OPS: how
 * many, instead of a few thousand; RETOUR_PROPERTY_SEED: another run.
 */
#define PROCESSES 2
#define THREADS (PROPERTY_WRITERS / PROCESSES)
#define USUAL_OPS 4000
#define PATIENCE_MS 20000

/* What the processes share. */
typedef struct Board {
	_Atomic uint64_t done[PROPERTY_WRITERS]; /* operations that are surely done */
	uint64_t seed, count;                    /* count: of each writer */
} Board;

typedef struct World {
	Board *board;
	const char *url;
	RedisServer *redis;
	CacheSettings cache;
	pid_t processes[PROCESSES];
} World;

/* One process of writers. */
typedef struct Office {
	World *world;
	char *url;
	Policy *policy;
	Store *store;
	Blacklist *blacklist;
	Cache *cache;
	Mirror *mirror;
} Office;

typedef struct Writer {
	Office *office;
	unsigned number;
	Database *database; /* for moving its calendar */
	pthread_t thread;
} Writer;

static Plan
plan(const void *policy, const Case *subject)
{
	return policy_plan(policy, subject);
}

static void
make_finding(const Op *op, unsigned index, const Event *event, Finding *finding)
{
	g_autofree char *key = op_key(op, index);
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
	guint8 digest[32];
	gsize size = sizeof digest;

	g_checksum_update(sum, (const guchar *)key, -1);
	g_checksum_get_digest(sum, digest, &size);
	*finding = (Finding){ .event = event,
		.address = op_address(op, index),
		.provider = op_domain(op),
		.evidence = op->evidence,
		.proof = g_strdup(""),
		.sender_domain = g_strdup(op->evidence == EVIDENCE_SIGNED ? op_sender(op->sender) : "") };
	finding->verdict = (Verdict){
		.category = op->category, .confidence = CONFIDENCE_HIGH, .rule = "test.rule", .contact = "", .list = ""
	};
	memcpy(finding->key, digest, EVENT_KEY_SIZE);
}

/* As a mail server does: again until it is taken. */
static void
tell(Writer *writer, const Op *op)
{
	const Inbound inbound = { .source = "file",
		.id = "test",
		.envelope_sender = "",
		.bytes = "",
		.client_address = "",
		.received_at = op->at };
	g_autoptr(Report) report = report_new(REPORT_BOUNCE, "rfc3464");
	Finding findings[PROPERTY_RECIPIENTS];
	Submission submission = { .inbound = &inbound,
		.report = report,
		.findings = findings,
		.finding_count = op->recipients,
		.sender_domain = op_sender(op->sender),
		.programme = "",
		.rule_set = "0123abcd",
		.policy = writer->office->policy,
		.plan = plan,
		.decide = policy_decide };
	Recorded recorded;

	for (unsigned i = 0; i < op->recipients; i++)
		make_finding(op, i, report_add_event(report, op->action), &findings[i]);
	for (;;) {
		g_autoptr(GError) error = NULL;

		if (store_record(writer->office->store, &submission, &recorded, &error))
			break;
		g_assert_error(error, RETOUR_ERROR, ERROR_RETRY);
		g_usleep(10000);
	}
	mirror_poke(writer->office->mirror);
	for (unsigned i = 0; i < op->recipients; i++) {
		g_free(findings[i].address);
		g_free(findings[i].provider);
		g_free(findings[i].proof);
		g_free(findings[i].sender_domain);
	}
}

static void
edit(Writer *writer, const Op *op)
{
	int64_t now = g_get_real_time() / G_USEC_PER_SEC;
	g_autofree char *address = op_address(op, 0), *domain = op_domain(op);
	g_autofree char *whole = g_strconcat("@", domain, NULL), *reference = NULL;
	BlacklistChange change = { .target = op->whole_domain ? whole : address,
		.scope = op_sender(op->sender),
		.actor = "test",
		.reason = "test",
		.category = CATEGORY_POLICY_OTHER,
		.expires_at = op->days == 0 ? NEVER_EXPIRES : now + op->days * PROPERTY_DAY + PROPERTY_DAY / 2 };
	g_autoptr(GError) error = NULL;
	bool removed;

	if (op->kind == OP_REMOVE && op->sender < 0)
		change.scope = NULL;
	if (op->kind == OP_ADD)
		blacklist_add(writer->office->blacklist, &change, &reference, &error);
	else
		blacklist_remove(writer->office->blacklist, &change, &removed, &error);
	g_assert_no_error(error);
}

/*
 * Days go by for what a writer owns: its entries move into the past, once, whoever does it again. The mirror is told as of
 * any other change.
 */
static void
age(Writer *writer, const Op *op)
{
	g_autofree char *domain = op_domain(op);
	g_autofree char *sql = g_strdup_printf(
		"insert into property_ages values (%u, %" G_GUINT64_FORMAT ");"
		"with moved as (update blacklist set expires_at = expires_at - interval '%d days',"
		"  since = since - interval '%d days' where split_part(target, '@', -1) = '%s' returning *)"
		" insert into audit (target, scope, action, category, actor, reason)"
		" select target, scope, 'extend', category, 'test', 'time' from moved",
		op->writer, op->number, (int)op->days, (int)op->days, domain);
	g_autoptr(GError) error = NULL;

	if (!database_run(writer->database, sql, &error))
		g_assert_error(error, RETOUR_ERROR, ERROR_INPUT); /* done before the process was killed */
}

static void *
write_all(void *data)
{
	Writer *writer = data;
	Board *board = writer->office->world->board;
	uint64_t done = atomic_load(&board->done[writer->number]);
	OpStream stream;
	Op op;

	op_stream_init(&stream, board->seed, writer->number, board->count);
	while (op_stream_next(&stream, &op)) {
		if (op.number < done)
			continue;
		if (op.kind == OP_TELL)
			tell(writer, &op);
		else if (op.kind == OP_AGE)
			age(writer, &op);
		else
			edit(writer, &op);
		atomic_store(&board->done[writer->number], op.number + 1);
	}
	return NULL;
}

static Office *
office_open(World *world, unsigned process)
{
	Office *office = g_new0(Office, 1);
	g_autoptr(GError) error = NULL;

	office->world = world;
	office->url = g_strdup_printf("%s&application_name=office%u", world->url, process);
	StoreSettings by_hand = { .url = office->url };
	g_autofree char *url = g_strdup(world->url);
	StoreSettings settings = { .url = url, .connections = 2, .commit_timeout_ms = 20000, .queue_events = 10000 };

	office->policy = policy_parse("policy", property_policy, strlen(property_policy), &error);
	g_assert_no_error(error);
	office->store = store_open(&settings, &error);
	g_assert_no_error(error);
	office->blacklist = blacklist_open(&by_hand, THREADS + 1, 60000, &error);
	g_assert_no_error(error);
	office->cache = cache_open(&world->cache, &error);
	g_assert_no_error(error);
	office->mirror = mirror_start(office->cache, office->blacklist, NULL, &error);
	g_assert_no_error(error);
	return office;
}

static void
office_close(Office *office)
{
	mirror_stop(office->mirror);
	cache_close(office->cache);
	blacklist_close(office->blacklist);
	store_close(office->store);
	policy_free(office->policy);
	g_free(office->url);
	g_free(office);
}

static void
office_work(World *world, unsigned process)
{
	Office *office = office_open(world, process);
	Writer writers[THREADS];
	g_autoptr(GError) error = NULL;

	for (unsigned i = 0; i < THREADS; i++) {
		writers[i] = (Writer){ .office = office, .number = process * THREADS + i };
		writers[i].database = database_open(office->url, 0, &error);
		g_assert_no_error(error);
		g_assert_cmpint(pthread_create(&writers[i].thread, NULL, write_all, &writers[i]), ==, 0);
	}
	for (unsigned i = 0; i < THREADS; i++) {
		pthread_join(writers[i].thread, NULL);
		database_close(writers[i].database);
	}
	office_close(office);
}

static void
start_process(World *world, unsigned process)
{
	pid_t pid = fork();

	g_assert_cmpint(pid, >=, 0);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		office_work(world, process);
		_exit(0);
	}
	world->processes[process] = pid;
}

/* What a person's command had begun may still run in its server process; what the store had begun may go on beside the new one. */
static void
kill_process(World *world, unsigned process)
{
	g_autofree char *sql =
		g_strdup_printf("select count(*) from pg_stat_activity where application_name = 'office%u'", process);

	kill(world->processes[process], SIGKILL);
	waitpid(world->processes[process], NULL, 0);
	for (;;) {
		g_autofree char *left = compare_ask(world->url, sql);

		if (strcmp(left, "0\n") == 0)
			break;
		g_usleep(5000);
	}
	start_process(world, process);
}

static uint64_t
all_done(const Board *board)
{
	uint64_t done = 0;

	for (unsigned i = 0; i < PROPERTY_WRITERS; i++)
		done += atomic_load(&board->done[i]);
	return done;
}

/* Kills a process and Redis in turn, spread over the work. */
static void
disturb(World *world, unsigned times)
{
	uint64_t all = world->board->count * PROPERTY_WRITERS;

	for (unsigned i = 1; i <= times; i++) {
		while (all_done(world->board) < all * i / (times + 1))
			g_usleep(500);
		kill_process(world, i % PROCESSES);
		if (i % 2 == 0)
			redis_server_restart(world->redis);
	}
}

/* A mirror that is current, as it stands: not rebuilt for the occasion, unless Redis had lost it. */
static void
compare_mirror(World *world, const Model *model)
{
	Office *office = office_open(world, PROCESSES);
	const Mirrored mirrored = { .redis = world->redis, .url = world->url, .cache = office->cache };
	unsigned waited = 0;

	for (;; waited++) {
		g_autoptr(GError) error = NULL;
		g_autofree char *database = changes_database_id(office->blacklist, &error);
		ChangePosition position;
		bool usable = false, held_back = true;

		g_assert_no_error(error);
		if (cache_position(office->cache, database, &usable, &position, &error) && usable
			&& changes_held_back(office->blacklist, position, &held_back, &error) && !held_back)
			break;
		g_assert_cmpuint(waited * 10, <, PATIENCE_MS);
		g_usleep(10000);
	}
	for (unsigned writer = 0; writer <= PROPERTY_WRITERS; writer++)
		for (unsigned i = 0; i < PROPERTY_ADDRESSES; i++) {
			Op op = { .writer = writer, .address = i, .shared = writer == PROPERTY_WRITERS };
			g_autofree char *address = op_address(&op, 0);

			for (int sender = 0; sender < PROPERTY_SENDERS; sender++)
				compare_redis(model, &mirrored, address, sender);
		}
	office_close(office);
}

static void
compare(World *world)
{
	Model *model = model_new();
	OpStream stream;
	Op op;

	for (unsigned writer = 0; writer < PROPERTY_WRITERS; writer++) {
		op_stream_init(&stream, world->board->seed, writer, world->board->count);
		while (op_stream_next(&stream, &op))
			model_apply(model, &op, stream.today);
		model->today[writer] = stream.today;
	}
	compare_tables(model, world->url);
	compare_mirror(world, model);
	model_free(model);
}

static uint64_t
number_from(const char *variable, uint64_t usual)
{
	const char *text = g_getenv(variable);
	guint64 number;

	return text != NULL && g_ascii_string_to_unsigned(text, 10, 1, INT64_MAX, &number, NULL) ? number : usual;
}

static char *
fresh_database(const char *name)
{
	const char *url = g_getenv("RETOUR_TEST_DATABASE");
	g_autofree char *create = g_strdup_printf("create database %s", name);
	const char *tail = strstr(url, "/retour?");
	g_autoptr(GError) error = NULL;
	unsigned applied;

	g_free(compare_ask(url, create));
	char *fresh = g_strdup_printf("%.*s/%s%s", (int)(tail - url), url, name, tail + strlen("/retour"));

	migrate_run(fresh, NULL, NULL, &applied, &error);
	g_assert_no_error(error);
	g_free(compare_ask(fresh, "create table property_ages (writer integer, op bigint, primary key (writer, op))"));
	return fresh;
}

static void
run(const char *name, unsigned disturbances)
{
	g_autofree char *url = fresh_database(name);
	World world = { .url = url, .redis = redis_server_start(NULL) };
	int status;

	world.board = mmap(NULL, sizeof(Board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	g_assert_true(world.board != MAP_FAILED);
	world.board->seed = number_from("RETOUR_PROPERTY_SEED", 20261124);
	world.board->count = MAX(number_from("RETOUR_PROPERTY_OPS", USUAL_OPS) / PROPERTY_WRITERS, 1);
	g_assert_true(cache_settings_read(NULL, &world.cache, NULL));
	g_strfreev(world.cache.addresses);
	world.cache.addresses = g_strsplit(redis_server_address(world.redis), " ", -1);
	for (unsigned i = 0; i < PROCESSES; i++)
		start_process(&world, i);
	disturb(&world, disturbances);
	for (unsigned i = 0; i < PROCESSES; i++) {
		waitpid(world.processes[i], &status, 0);
		g_assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
	g_assert_cmpuint(all_done(world.board), ==, world.board->count * PROPERTY_WRITERS);
	compare(&world);
	settings_clear(cache_settings, &world.cache);
	redis_server_free(world.redis);
	munmap(world.board, sizeof(Board));
}

static void
test_quiet(void)
{
	run("quiet", 0);
}

static void
test_killed(void)
{
	run("killed", (unsigned)CLAMP(number_from("RETOUR_PROPERTY_OPS", USUAL_OPS) / 1000, 4, 60));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	if (g_getenv("RETOUR_TEST_DATABASE") == NULL || !redis_server_is_installed()) {
		g_print("1..0 # SKIP run by meson, with redis-server and PostgreSQL installed\n");
		return 0;
	}
	log_open("test", LOG_OUTCOMES);
	g_log_set_always_fatal(G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
	g_test_add_func("/property/quiet", test_quiet);
	g_test_add_func("/property/killed", test_killed);
	return g_test_run();
}
