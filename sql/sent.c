#include "sent.h"

#include "database.h"
#include "log.h"
#include "mail_key.h"
#include "monotonic.h"
#include "schema.h"
#include "text_limits.h"

#include <string.h>

#define FLUSH_MS 200
#define FLUSH_RECIPIENTS 1000
#define WRITE_MS 10000
#define CLOSE_MS 5000
#define RETRY_MS 1000
#define TELL_US (INT64_C(60) * G_USEC_PER_SEC)
#define PARTITIONS_US (INT64_C(3600) * G_USEC_PER_SEC)
#define SKEW_SECONDS (12 * 3600) /* a time further from ours is wrong; partitions for the days around now exist */

typedef enum SentColumn {
	SENT_AT,
	SENT_MAIL_KEY,
	SENT_RECIPIENT,
	SENT_MESSAGE_ID,
	SENT_SENDER_DOMAIN,
	SENT_PROVIDER,
	SENT_QUEUE_ID,
	SENT_SENDER,
	SENT_TOKEN,
	SENT_COLUMNS
} SentColumn;

/* Recipients that are written together. */
typedef struct SentBatch {
	Params *params;
	Column *columns[SENT_COLUMNS];
	size_t recipients;
	char *transaction; /* its commit was cut off: this one tells whether it took place */
} SentBatch;

struct SentRecorder {
	char *url;
	Meter *meter;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	GQueue waiting; /* SentBatch; the last one is being filled */
	size_t recipients, limit;
	uint64_t dropped;
	bool closed;
	struct timespec flush_at, closed_until;
	/* The thread's own: */
	Database *database;
	int64_t partitions_made;
	bool failing; /* the log has been told */
	uint64_t told_dropped;
	int64_t told_at;
};

static const Statement begin = { "begin", "begin" };
static const Statement commit = { "commit", "commit" };
static const Statement make_partitions = { "make_partitions", "select make_partitions()" };
static const Statement ask_transaction = { "ask_transaction", "select pg_current_xact_id()::text" };
static const Statement ask_status = { "ask_status", "select pg_xact_status($1::text::xid8)" };

static const Statement write_sent = { "write_sent",
	"with written as ("
	" insert into sent (at, mail_key, recipient, message_id, sender_domain, provider, queue_id, sender, token)"
	" select * from unnest($1::timestamptz[], $2::int8[], $3::text[], $4::text[], $5::text[], $6::text[], "
	"$7::text[], $8::text[], $9::int8[])"
	" returning at, provider, sender_domain"
	") insert into counters as c (hour, provider, sender_domain, category, shard, n, verified)"
	" select date_trunc('hour', at), provider, sender_domain, 'sent', pg_backend_pid() % 32, count(*), count(*)"
	" from written group by 1, 2, 3 order by 1, 2, 3"
	" on conflict (hour, provider, sender_domain, category, shard)"
	" do update set n = c.n + excluded.n, verified = c.verified + excluded.verified" };

static SentBatch *
batch_new(void)
{
	static const ColumnType types[SENT_COLUMNS] = { COLUMN_TIME, COLUMN_INT8, COLUMN_TEXT, COLUMN_TEXT, COLUMN_TEXT,
		COLUMN_TEXT, COLUMN_TEXT, COLUMN_TEXT, COLUMN_INT8 };
	SentBatch *batch = g_new0(SentBatch, 1);

	batch->params = params_new();
	for (unsigned i = 0; i < SENT_COLUMNS; i++)
		batch->columns[i] = params_add_column(batch->params, types[i]);
	return batch;
}

static void
batch_free(SentBatch *batch)
{
	params_free(batch->params);
	g_free(batch->transaction);
	g_free(batch);
}

/* Header text may be anything; the database takes valid UTF-8 alone. */
static void
put(Column *column, const char *text, size_t limit)
{
	g_autofree char *valid = g_utf8_validate(text, -1, NULL) ? NULL : g_utf8_make_valid(text, -1);

	column_add_text(column, valid == NULL ? text : valid, limit);
}

static void
batch_add(SentBatch *batch, const SentMail *mail, const SentRecipient *recipient)
{
	int64_t now = g_get_real_time() / G_USEC_PER_SEC;
	Column **columns = batch->columns;

	column_add_time(columns[SENT_AT], ABS(mail->sent_at - now) > SKEW_SECONDS ? now : mail->sent_at);
	column_add_number(columns[SENT_MAIL_KEY], mail_key(mail->message_id, recipient->address));
	put(columns[SENT_RECIPIENT], recipient->address, ADDRESS_BYTES);
	put(columns[SENT_MESSAGE_ID], mail->message_id, MAIL_MESSAGE_ID_BYTES);
	put(columns[SENT_SENDER_DOMAIN], mail->sender_domain, NAME_BYTES);
	put(columns[SENT_PROVIDER], recipient->provider, NAME_BYTES);
	put(columns[SENT_QUEUE_ID], mail->queue_id, NAME_BYTES);
	put(columns[SENT_SENDER], mail->envelope_sender, ADDRESS_BYTES);
	column_add_number(columns[SENT_TOKEN], mail->token);
	batch->recipients++;
}

static bool
connect_now(SentRecorder *recorder, GError **error)
{
	Database *database;

	if (recorder->database != NULL && !database_is_lost(recorder->database))
		return true;
	g_clear_pointer(&recorder->database, database_close);
	database = database_open(recorder->url, WRITE_MS, error);
	meter_count(recorder->meter, database == NULL ? METRIC_DATABASE_FAILURES : METRIC_DATABASE_CONNECTS);
	if (database != NULL && !schema_check(database, error))
		g_clear_pointer(&database, database_close);
	recorder->database = database;
	return database != NULL;
}

static void
keep_partitions(SentRecorder *recorder)
{
	g_autoptr(Rows) made = NULL;

	if (recorder->partitions_made != 0 && g_get_monotonic_time() - recorder->partitions_made < PARTITIONS_US)
		return;
	made = database_ask(recorder->database, &make_partitions, NULL, NULL);
	if (made != NULL)
		recorder->partitions_made = g_get_monotonic_time();
}

/* False: not known yet. A server that never heard of the transaction (fail-over) did not commit it. */
static bool
was_committed(SentRecorder *recorder, SentBatch *batch, bool *ret_committed, GError **error)
{
	g_autoptr(Params) params = params_new();
	g_autoptr(GError) problem = NULL;
	g_autoptr(Rows) rows = NULL;

	params_add_text(params, batch->transaction);
	rows = database_ask(recorder->database, &ask_status, params, &problem);
	if (rows == NULL && !g_error_matches(problem, RETOUR_ERROR, ERROR_INPUT)) {
		g_propagate_error(error, g_steal_pointer(&problem));
		return false;
	}
	if (rows != NULL && strcmp(rows_text(rows, 0, 0), "in progress") == 0) {
		g_set_error_literal(error, RETOUR_ERROR, ERROR_RETRY, "database: the last transaction is not over yet");
		return false;
	}
	*ret_committed = rows != NULL && strcmp(rows_text(rows, 0, 0), "committed") == 0;
	g_clear_pointer(&batch->transaction, g_free);
	return true;
}

static bool
write_rows(SentRecorder *recorder, SentBatch *batch, GError **error)
{
	Database *database = recorder->database;
	g_autoptr(GPtrArray) written = NULL;
	g_autoptr(Rows) committed = NULL;

	if (!database_queue(database, &begin, NULL, error)
		|| !database_queue(database, &write_sent, batch->params, error)
		|| !database_queue(database, &ask_transaction, NULL, error))
		return false;
	written = database_finish(database, error);
	if (written == NULL) {
		if (!database_is_lost(database))
			database_run(database, "rollback", NULL);
		return false;
	}
	batch->transaction = g_strdup(rows_text(g_ptr_array_index(written, 2), 0, 0));
	committed = database_ask(database, &commit, NULL, error);
	return committed != NULL;
}

static bool
write_batch(SentRecorder *recorder, SentBatch *batch, int64_t wait_ms, GError **error)
{
	bool committed = false;

	if (!connect_now(recorder, error))
		return false;
	database_set_deadline(recorder->database, g_get_monotonic_time() + wait_ms * 1000);
	keep_partitions(recorder);
	if (batch->transaction != NULL && !was_committed(recorder, batch, &committed, error))
		return false;
	return committed || write_rows(recorder, batch, error);
}

/* With the lock held: waits until there is something to write; NULL: closed, and nothing is left. */
static SentBatch *
next_batch(SentRecorder *recorder)
{
	SentBatch *batch;

	for (;;) {
		batch = g_queue_peek_head(&recorder->waiting);
		if (batch == NULL && recorder->closed)
			return NULL;
		if (batch == NULL)
			pthread_cond_wait(&recorder->wake, &recorder->lock);
		else if (batch->recipients >= FLUSH_RECIPIENTS || recorder->closed
			 || monotonic_has_passed(&recorder->flush_at))
			return g_queue_pop_head(&recorder->waiting);
		else
			pthread_cond_timedwait(&recorder->wake, &recorder->lock, &recorder->flush_at);
	}
}

/* With the lock held. */
static void
note_dropped(SentRecorder *recorder, size_t recipients)
{
	recorder->dropped += recipients;
	meter_add(recorder->meter, METRIC_SENT_LEFT_OUT, 0, recipients);
}

/* With the lock held, after a failure: it is tried again, unless it is the data that fails or time is up. */
static void
put_back(SentRecorder *recorder, SentBatch *batch, const GError *error)
{
	struct timespec retry_at;

	if (g_error_matches(error, RETOUR_ERROR, ERROR_INPUT)
		|| (recorder->closed && monotonic_has_passed(&recorder->closed_until))) {
		note_dropped(recorder, batch->recipients);
		recorder->recipients -= batch->recipients;
		batch_free(batch);
		return;
	}
	g_queue_push_head(&recorder->waiting, batch);
	monotonic_after(&retry_at, recorder->closed ? RETRY_MS / 10 : RETRY_MS);
	while (!monotonic_has_passed(&retry_at) && !(recorder->closed && monotonic_has_passed(&recorder->closed_until)))
		pthread_cond_timedwait(&recorder->wake, &recorder->lock, &retry_at);
}

/* When it begins and when it is over, not at every try. */
static void
tell_failing(SentRecorder *recorder, const GError *error)
{
	g_autofree char *reason = error == NULL ? NULL : log_value(error->message);

	if (recorder->failing == (error != NULL))
		return;
	recorder->failing = error != NULL;
	if (error != NULL)
		g_warning("sent=waiting error=%s", reason);
	else
		g_info("sent=written");
}

/* At once, then at most once a minute. */
static void
tell_dropped(SentRecorder *recorder, uint64_t dropped)
{
	int64_t now = g_get_monotonic_time();

	if (dropped == recorder->told_dropped || (recorder->told_at != 0 && now - recorder->told_at < TELL_US))
		return;
	g_warning("sent=dropped recipients=%" G_GUINT64_FORMAT ", in all %" G_GUINT64_FORMAT
		  ": this mail left and is not on record",
		dropped - recorder->told_dropped, dropped);
	recorder->told_dropped = dropped;
	recorder->told_at = now;
}

static void *
run(void *data)
{
	SentRecorder *recorder = data;
	SentBatch *batch;

	pthread_mutex_lock(&recorder->lock);
	while ((batch = next_batch(recorder)) != NULL) {
		g_autoptr(GError) error = NULL;
		int64_t wait_ms = recorder->closed ? CLOSE_MS : WRITE_MS;
		uint64_t dropped = recorder->dropped;
		bool done;

		pthread_mutex_unlock(&recorder->lock);
		tell_dropped(recorder, dropped);
		done = write_batch(recorder, batch, wait_ms, &error);
		tell_failing(recorder, error);
		pthread_mutex_lock(&recorder->lock);
		if (done) {
			recorder->recipients -= batch->recipients;
			batch_free(batch);
		} else {
			put_back(recorder, batch, error);
		}
	}
	uint64_t dropped = recorder->dropped;

	pthread_mutex_unlock(&recorder->lock);
	recorder->told_at = 0;
	tell_dropped(recorder, dropped);
	database_close(recorder->database);
	return NULL;
}

SentRecorder *
sent_open(const StoreSettings *settings, size_t buffer_recipients, GError **error)
{
	SentRecorder *recorder = g_new0(SentRecorder, 1);

	recorder->url = g_strdup(settings->url);
	recorder->meter = settings->meter;
	recorder->limit = buffer_recipients;
	pthread_mutex_init(&recorder->lock, NULL);
	monotonic_cond_init(&recorder->wake);
	g_queue_init(&recorder->waiting);
	if (pthread_create(&recorder->thread, NULL, run, recorder) == 0)
		return recorder;
	g_set_error_literal(error, RETOUR_ERROR, ERROR_RETRY, "cannot start a thread");
	recorder->closed = true;
	g_free(recorder->url);
	g_free(recorder);
	return NULL;
}

void
sent_close(SentRecorder *recorder)
{
	if (recorder == NULL)
		return;
	pthread_mutex_lock(&recorder->lock);
	recorder->closed = true;
	monotonic_after(&recorder->closed_until, CLOSE_MS);
	pthread_cond_broadcast(&recorder->wake);
	pthread_mutex_unlock(&recorder->lock);
	pthread_join(recorder->thread, NULL);
	pthread_cond_destroy(&recorder->wake);
	pthread_mutex_destroy(&recorder->lock);
	g_free(recorder->url);
	g_free(recorder);
}

/* With the lock held: the batch that is being filled. */
static SentBatch *
open_batch(SentRecorder *recorder)
{
	SentBatch *batch = g_queue_peek_tail(&recorder->waiting);

	/* One whose commit is in doubt must stay as it was. */
	if (batch != NULL && batch->recipients < FLUSH_RECIPIENTS && batch->transaction == NULL)
		return batch;
	if (batch == NULL)
		monotonic_after(&recorder->flush_at, FLUSH_MS);
	batch = batch_new();
	g_queue_push_tail(&recorder->waiting, batch);
	return batch;
}

bool
sent_add(SentRecorder *recorder, const SentMail *mail)
{
	bool kept;

	pthread_mutex_lock(&recorder->lock);
	kept = !recorder->closed && recorder->recipients + mail->recipient_count <= recorder->limit;
	if (kept) {
		bool first = g_queue_is_empty(&recorder->waiting);

		for (size_t i = 0; i < mail->recipient_count; i++) {
			SentBatch *batch = open_batch(recorder);

			batch_add(batch, mail, &mail->recipients[i]);
			first |= batch->recipients == FLUSH_RECIPIENTS;
		}
		recorder->recipients += mail->recipient_count;
		if (first)
			pthread_cond_signal(&recorder->wake);
	} else {
		note_dropped(recorder, mail->recipient_count);
	}
	pthread_mutex_unlock(&recorder->lock);
	return kept;
}

uint64_t
sent_dropped(const SentRecorder *recorder)
{
	SentRecorder *locked = (SentRecorder *)(uintptr_t)recorder;
	uint64_t dropped;

	pthread_mutex_lock(&locked->lock);
	dropped = locked->dropped;
	pthread_mutex_unlock(&locked->lock);
	return dropped;
}
