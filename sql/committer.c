#include "committer.h"

#include "programme_state.h"

#include <pthread.h>

#define CONFLICT_TRIES 5
#define BACKOFF_FIRST_MS 100
#define BACKOFF_LAST_MS 5000
#define HOUR_US (INT64_C(3600) * G_USEC_PER_SEC)

struct Committer {
	pthread_t thread;
	CommitQueue *queue;
	Flood *flood; /* borrowed, like the queue */
	char *url;
	int64_t batch_ms;
	Meter *meter;           /* borrowed */
	Writer *writer;         /* NULL: no connection */
	bool watches;           /* one of them looks after the feedback programmes */
	uint64_t batches;       /* so far */
	int64_t partitions_due; /* monotonic, as the next */
	int64_t programmes_due;
};

static const Statement make_partitions = { "make_partitions", "select make_partitions()" };

/* Whether it is time again; then the connection gets a deadline. */
static bool
is_due(Committer *committer, int64_t *due, int64_t interval_us)
{
	int64_t now = g_get_monotonic_time();

	if (now < *due)
		return false;
	*due = now + interval_us;
	database_set_deadline(committer->writer->database, now + committer->batch_ms * 1000);
	return true;
}

/* Not needed for this batch: a month without a partition goes to the default one. */
static void
keep_house(Committer *committer)
{
	Database *database = committer->writer->database;

	if (is_due(committer, &committer->partitions_due, HOUR_US)) {
		rows_free(database_ask(database, &make_partitions, NULL, NULL));
		database_run(database, "discard plans", NULL);
	}
	if (committer->watches && !database_is_lost(database)
		&& is_due(committer, &committer->programmes_due, 24 * HOUR_US))
		programmes_log_silent(database);
}

static void
disconnect(Committer *committer)
{
	if (committer->writer == NULL)
		return;
	writer_free(committer->writer);
	committer->writer = NULL;
	commit_queue_disconnected(committer->queue);
}

/* Writers go by keys alone. */
static const char *const session = "set enable_seqscan = off";

static bool
connect_once(Committer *committer, GError **error)
{
	g_autoptr(Database) database = database_open(committer->url, committer->batch_ms, error);

	meter_count(committer->meter, database == NULL ? METRIC_DATABASE_FAILURES : METRIC_DATABASE_CONNECTS);
	if (database == NULL || !schema_check(database, error) || !database_run(database, session, error))
		return false;
	committer->writer = writer_new(g_steal_pointer(&database), committer->flood, committer->meter);
	commit_queue_connected(committer->queue);
	return true;
}

/* Until it succeeds; false: closing down. Meanwhile callers are refused, unless another committer has a connection. */
static bool
keep_connected(Committer *committer)
{
	int64_t backoff = BACKOFF_FIRST_MS;

	if (committer->writer != NULL && !database_is_lost(committer->writer->database))
		return true;
	disconnect(committer);
	for (;;) {
		g_autoptr(GError) error = NULL;

		if (connect_once(committer, &error))
			return true;
		commit_queue_unreachable(committer->queue, error);
		if (!commit_queue_pause(committer->queue, backoff))
			return false;
		backoff = MIN(2 * backoff, BACKOFF_LAST_MS);
	}
}

/* The connection may have died while it was idle: one new one, and the batch again. Keys make that harmless. */
static bool
record(Committer *committer, Request *const *requests, unsigned count, int64_t deadline, GError **error)
{
	bool reconnected = false;

	for (unsigned try = 1;; try++) {
		g_autoptr(GError) problem = NULL;
		Database *database = committer->writer->database;

		database_set_deadline(database, deadline);
		if (batch_record(committer->writer, requests, count, &problem))
			return true;
		if (database_is_lost(database))
			meter_count_as(committer->meter, METRIC_COMMIT_FAILURES, COMMIT_LOST);
		if (database_is_lost(database) && !reconnected && g_get_monotonic_time() < deadline) {
			reconnected = true;
			disconnect(committer);
			if (connect_once(committer, NULL))
				continue;
		} else if (!database_is_lost(database) && database_had_conflict(database) && try < CONFLICT_TRIES) {
			meter_count_as(committer->meter, METRIC_COMMIT_FAILURES, COMMIT_CONFLICT);
			continue;
		}
		g_propagate_error(error, g_steal_pointer(&problem));
		return false;
	}
}

static void
record_or_split(Committer *committer, Request *const *requests, unsigned count, int64_t deadline)
{
	g_autoptr(GError) error = NULL;

	if (committer->writer == NULL) {
		error = g_error_new_literal(RETOUR_ERROR, ERROR_RETRY, "database: connection lost");
	} else if (!record(committer, requests, count, deadline, &error) && count > 1
		   && g_error_matches(error, RETOUR_ERROR, ERROR_INPUT)) {
		record_or_split(committer, requests, count / 2, deadline);
		record_or_split(committer, requests + count / 2, count - count / 2, deadline);
		return;
	}
	if (error != NULL)
		meter_count_as(committer->meter, METRIC_COMMIT_FAILURES, COMMIT_REFUSED);
	commit_queue_answer(requests, count, error);
}

/*
 * Plans are made at a statement's first uses on a connection, and a table that was analysed while it was empty leads to
 * ones that walk through all of it. New ones cost a few milliseconds: they are made whenever the work done has doubled,
 * and by the hour.
 */
static void
renew_plans(Committer *committer)
{
	uint64_t batches = ++committer->batches;

	if (committer->writer == NULL || (batches & (batches - 1)) != 0)
		return;
	database_set_deadline(committer->writer->database, g_get_monotonic_time() + committer->batch_ms * 1000);
	database_run(committer->writer->database, "discard plans", NULL);
}

static void *
run(void *data)
{
	Committer *committer = data;
	g_autoptr(GPtrArray) requests = g_ptr_array_new();

	while (keep_connected(committer)) {
		keep_house(committer);
		if (!commit_queue_take(committer->queue, HOUR_US / 1000, requests))
			break;
		if (requests->len == 0)
			continue;
		record_or_split(committer, (Request *const *)requests->pdata, requests->len,
			g_get_monotonic_time() + committer->batch_ms * 1000);
		renew_plans(committer);
		g_ptr_array_set_size(requests, 0);
	}
	disconnect(committer);
	return NULL;
}

Committer *
committer_start(CommitQueue *queue, Flood *flood, const StoreSettings *settings, bool watches)
{
	Committer *committer = g_new0(Committer, 1);

	committer->queue = queue;
	committer->flood = flood;
	committer->watches = watches;
	committer->meter = settings->meter;
	committer->url = g_strdup(settings->url);
	committer->batch_ms = settings->commit_timeout_ms / 2;
	if (pthread_create(&committer->thread, NULL, run, committer) != 0)
		g_error("cannot start a thread");
	return committer;
}

void
committer_join(Committer *committer)
{
	pthread_join(committer->thread, NULL);
	g_free(committer->url);
	g_free(committer);
}
