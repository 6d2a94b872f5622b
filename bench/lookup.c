/*
 * Look-ups at RCPT against Redis, compared with a bare PING over the same socket in the same run:
 *   bench-lookup [entries [seconds a turn]]
 * Starts a private redis-server, fills it with a blacklist, and asks for addresses that are on it and that are not.
 */
#include "cache.h"
#include "decision.h"
#include "gate.h"
#include "redis_server.h"

#include <hiredis/hiredis.h>
#include <pthread.h>
#include <stdlib.h>

#define DATABASE "bench"
#define THREADS 8
#define TURNS 5

typedef struct Bench {
	Cache *cache;
	Gate *gate;
	const char *socket;
	unsigned entries;
	double seconds; /* of one turn */
} Bench;

/* What is measured. number counts up and tells the calls apart; state is the thread's own. */
typedef struct Subject {
	const char *name;
	void *(*start)(const Bench *bench);
	void (*call)(const Bench *bench, void *state, unsigned number);
	void (*end)(void *state);
} Subject;

static void *
ping_start(const Bench *bench)
{
	redisContext *context = redisConnectUnix(bench->socket);

	g_assert(context != NULL && context->err == 0);
	return context;
}

static void
ping_call(const Bench *bench, void *state, unsigned number)
{
	redisReply *reply = redisCommand(state, "PING");

	(void)bench, (void)number;
	g_assert(reply != NULL);
	freeReplyObject(reply);
}

static void
ping_end(void *state)
{
	redisFree(state);
}

static void
check(const Bench *bench, unsigned number, CacheAnswer expected)
{
	char address[64];
	Listing *listing = NULL;

	/* A prime step, so that neighbours in the list are not asked one after the other. */
	g_snprintf(address, sizeof address, "%s%u@example.org", expected == CACHE_LISTED ? "user" : "alive",
		number * 7919u % bench->entries);
	g_assert(cache_check(bench->cache, ONLY_NAME(address), "shop.example", 0, &listing) == expected);
	listing_free(listing);
}

static void
not_listed_call(const Bench *bench, void *state, unsigned number)
{
	(void)state;
	check(bench, number, CACHE_NOT_LISTED);
}

static void
listed_call(const Bench *bench, void *state, unsigned number)
{
	(void)state;
	check(bench, number, CACHE_LISTED);
}

/* What the milter calls at RCPT. */
static void
gate_call(const Bench *bench, void *state, unsigned number)
{
	char address[64];
	Listing *listing;

	(void)state;
	g_snprintf(address, sizeof address, "alive%u@example.org", number * 7919u % bench->entries);
	g_assert(gate_ask(bench->gate, address, "shop.example", &listing) == GATE_OPEN);
}

static const Subject subjects[] = {
	{ "PING", ping_start, ping_call, ping_end },
	{ "not listed", NULL, not_listed_call, NULL },
	{ "listed", NULL, listed_call, NULL },
	{ "gate", NULL, gate_call, NULL },
};

typedef struct Worker {
	const Bench *bench;
	const Subject *subject;
	GArray *times; /* microseconds, float */
	pthread_t thread;
} Worker;

static void *
work(void *data)
{
	Worker *worker = data;
	void *state = worker->subject->start == NULL ? NULL : worker->subject->start(worker->bench);
	int64_t end = g_get_monotonic_time() + (int64_t)(worker->bench->seconds * 1e6);
	struct timespec before, after;

	clock_gettime(CLOCK_MONOTONIC, &before);
	for (unsigned number = 0; before.tv_sec * 1000000 + before.tv_nsec / 1000 < end; number++) {
		worker->subject->call(worker->bench, state, number);
		clock_gettime(CLOCK_MONOTONIC, &after);
		float time = (float)((double)(after.tv_sec - before.tv_sec) * 1e6
				     + (double)(after.tv_nsec - before.tv_nsec) / 1e3);

		g_array_append_val(worker->times, time);
		before = after;
	}
	if (worker->subject->end != NULL)
		worker->subject->end(state);
	return NULL;
}

static int
compare(const void *a, const void *b)
{
	float left = *(const float *)a, right = *(const float *)b;

	return (left > right) - (left < right);
}

static double
percentile(const GArray *times, double share)
{
	return (double)g_array_index(times, float, (unsigned)((double)(times->len - 1) * share));
}

static void
run_threads(const Bench *bench, const Subject *subject, unsigned threads, GArray *times)
{
	Worker workers[THREADS];

	for (unsigned i = 0; i < threads; i++) {
		workers[i] = (Worker){
			.bench = bench, .subject = subject, .times = g_array_new(FALSE, FALSE, sizeof(float))
		};
		g_assert(pthread_create(&workers[i].thread, NULL, work, &workers[i]) == 0);
	}
	for (unsigned i = 0; i < threads; i++) {
		pthread_join(workers[i].thread, NULL);
		g_array_append_vals(times, workers[i].times->data, workers[i].times->len);
		g_array_unref(workers[i].times);
	}
}

/* The subjects take turns, so that what else the machine does falls on all of them. */
static void
compare_subjects(const Bench *bench, unsigned threads)
{
	GArray *times[G_N_ELEMENTS(subjects)];

	for (size_t i = 0; i < G_N_ELEMENTS(subjects); i++)
		times[i] = g_array_new(FALSE, FALSE, sizeof(float));
	for (unsigned turn = 0; turn < TURNS; turn++)
		for (size_t i = 0; i < G_N_ELEMENTS(subjects); i++)
			run_threads(bench, &subjects[i], threads, times[i]);
	for (size_t i = 0; i < G_N_ELEMENTS(subjects); i++) {
		qsort(times[i]->data, times[i]->len, sizeof(float), compare);
		printf("%-12s %u thread%s %9.0f/s  p50 %6.1f us  p99 %6.1f us  %.2f x PING\n", subjects[i].name,
			threads, threads == 1 ? " " : "s", times[i]->len / bench->seconds / TURNS,
			percentile(times[i], 0.5), percentile(times[i], 0.99), (double)times[i]->len / times[0]->len);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(subjects); i++)
		g_array_unref(times[i]);
}

static TargetState *
make_state(unsigned number)
{
	char address[64];

	g_snprintf(address, sizeof address, "user%u@example.org", number);
	TargetState *state = target_state_new(address);
	Listing *listing = listing_new();

	g_free(listing->scope);
	g_free(listing->reason);
	listing->scope = g_strdup(SCOPE_ALL);
	listing->reason = g_strdup("550 5.1.1 The account that you tried to reach does not exist");
	listing->expires_at = NEVER_EXPIRES;
	g_ptr_array_add(state->listings, listing);
	return state;
}

static void
fill(const Bench *bench)
{
	g_autoptr(GPtrArray) nothing = g_ptr_array_new();
	g_autoptr(GError) error = NULL;
	int64_t started = g_get_monotonic_time();
	CacheRebuild *rebuild = cache_rebuild_begin(bench->cache, DATABASE, &error);
	bool applied;

	g_assert_no_error(error);
	for (unsigned i = 0; i < bench->entries; i++) {
		TargetState *state = make_state(i);

		g_assert(cache_rebuild_add(rebuild, state, &error));
		target_state_free(state);
	}
	g_assert(cache_rebuild_finish(rebuild, (ChangePosition){ 1, 1 }, &error));
	g_assert(cache_apply(bench->cache, DATABASE, (ChangePosition){ 1, 1 }, (ChangePosition){ 1, 1 }, nothing, true,
		&applied, &error));
	double seconds = (double)(g_get_monotonic_time() - started) / 1e6;

	printf("rebuild      %u entries in %.2f s, %.0f/s\n", bench->entries, seconds, bench->entries / seconds);
}

int
main(int argc, char **argv)
{
	g_autoptr(RedisServer) server = redis_server_start(NULL);
	g_autoptr(GError) error = NULL;
	CacheSettings settings = { 0 };
	Bench bench = {
		.socket = redis_server_address(server) + strlen("unix:"),
		.entries = argc > 1 ? (unsigned)MAX(1, strtol(argv[1], NULL, 10)) : 100000,
		.seconds = argc > 2 ? strtod(argv[2], NULL) : 0.5,
	};

	g_assert(cache_settings_read(NULL, &settings, &error));
	g_strfreev(settings.addresses);
	settings.addresses = g_strsplit(redis_server_address(server), " ", -1);
	settings.fresh_ms = 3600000;
	settings.timeout_ms = 10000;
	bench.cache = cache_open(&settings, &error);
	bench.gate = gate_new(bench.cache, NULL, NULL);
	fill(&bench);
	compare_subjects(&bench, 1);
	compare_subjects(&bench, THREADS);
	gate_free(bench.gate);
	cache_close(bench.cache);
	settings_clear(cache_settings, &settings);
	return 0;
}
