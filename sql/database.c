#include "database.h"

#include "decision.h"

#include <libpq-fe.h>
#include <poll.h>
#include <string.h>

struct Database {
	PGconn *connection;
	GHashTable *prepared; /* set of statement names */
	GArray *queued;       /* per answer to come: the const Statement * that it prepares, or NULL for an execution */
	int64_t deadline;
	bool lost, conflict;
};

typedef struct ErrorClass {
	const char *prefix;
	RetourError code;
} ErrorClass;

/* Appendix A of the PostgreSQL manual; what is not named here may work later. */
static const ErrorClass error_classes[] = {
	{ "22", ERROR_INPUT },
	{ "23", ERROR_INPUT },
	{ "P0", ERROR_INPUT },
	{ "42", ERROR_CONFIG },
	{ "3D", ERROR_CONFIG },
	{ "3F", ERROR_CONFIG },
	{ "0A", ERROR_CONFIG },
	{ "28", ERROR_CONFIG },
};

static void
ignore_notice(void *context, const PGresult *result)
{
	(void)context;
	(void)result;
}

static RetourError
error_code(const char *sqlstate)
{
	for (size_t i = 0; sqlstate != NULL && i < G_N_ELEMENTS(error_classes); i++)
		if (g_str_has_prefix(sqlstate, error_classes[i].prefix))
			return error_classes[i].code;
	return ERROR_RETRY;
}

static bool
fail_lost(Database *database, GError **error)
{
	g_autofree char *message = g_strdup(PQerrorMessage(database->connection));

	database->lost = true;
	g_strdelimit(g_strstrip(message), "\n", ' ');
	g_set_error(error, RETOUR_ERROR, ERROR_RETRY, "database: %s", *message == '\0' ? "connection lost" : message);
	return false;
}

static bool
fail_timeout(Database *database, GError **error)
{
	database->lost = true;
	g_set_error_literal(error, RETOUR_ERROR, ERROR_RETRY, "database: no answer in time");
	return false;
}

static bool
fail_result(Database *database, const PGresult *result, GError **error)
{
	const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	const char *primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	const char *detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);

	if (sqlstate == NULL || PQstatus(database->connection) != CONNECTION_OK)
		return fail_lost(database, error);
	database->conflict = g_str_has_prefix(sqlstate, "40");
	/* A standby, or a server that is going down: another host may serve. */
	if (g_str_equal(sqlstate, "25006") || g_str_has_prefix(sqlstate, "57P"))
		database->lost = true;
	g_set_error(error, RETOUR_ERROR, error_code(sqlstate), "database: %s%s%s (%s)",
		primary == NULL ? "failed" : primary, detail == NULL ? "" : ": ", detail == NULL ? "" : detail,
		sqlstate);
	return false;
}

static bool
session_begin(Database *database, int64_t timeout_ms, GError **error)
{
	g_autofree char *sql =
		g_strdup_printf("set timezone = 'UTC'; set plan_cache_mode = force_generic_plan; set jit = off;"
				"set statement_timeout = %" G_GINT64_FORMAT ";"
				"set idle_in_transaction_session_timeout = %" G_GINT64_FORMAT,
			timeout_ms, timeout_ms == 0 ? 0 : 2 * timeout_ms);

	return database_run(database, sql, error);
}

Database *
database_open(const char *url, int64_t timeout_ms, GError **error)
{
	/* What stands before the URL is a default that the URL overrides. */
	static const char *const keywords[] = { "connect_timeout", "keepalives_idle", "keepalives_interval",
		"keepalives_count", "tcp_user_timeout", "target_session_attrs", "dbname", "client_encoding", NULL };
	const char *const values[] = { "3", "30", "10", "3", "20000", "read-write", url, "UTF8", NULL };
	Database *database = g_new0(Database, 1);

	database->prepared = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	database->queued = g_array_new(FALSE, FALSE, sizeof(const Statement *));
	database->deadline = timeout_ms == 0 ? 0 : g_get_monotonic_time() + timeout_ms * 1000;
	database->connection = PQconnectdbParams(keywords, values, 1);
	if (database->connection == NULL)
		g_error("out of memory");
	if (PQstatus(database->connection) != CONNECTION_OK) {
		fail_lost(database, error);
	} else {
		PQsetNoticeReceiver(database->connection, ignore_notice, NULL);
		PQsetnonblocking(database->connection, 1);
		if (session_begin(database, timeout_ms, error)) {
			database->deadline = 0;
			return database;
		}
	}
	database_close(database);
	return NULL;
}

void
database_close(Database *database)
{
	if (database == NULL)
		return;
	PQfinish(database->connection);
	g_hash_table_unref(database->prepared);
	g_array_unref(database->queued);
	g_free(database);
}

bool
database_is_lost(const Database *database)
{
	return database->lost;
}

bool
database_had_conflict(const Database *database)
{
	return database->conflict;
}

void
database_set_deadline(Database *database, int64_t deadline)
{
	database->deadline = deadline;
}

static int
remaining_ms(const Database *database)
{
	int64_t left;

	if (database->deadline == 0)
		return -1;
	left = database->deadline - g_get_monotonic_time();
	return left <= 0 ? 0 : (int)CLAMP(left / 1000 + 1, 1, INT_MAX);
}

/* Until libpq can give the next answer without blocking. */
static bool
await_answer(Database *database, GError **error)
{
	PGconn *connection = database->connection;

	for (;;) {
		int unsent = PQflush(connection);
		struct pollfd socket = { PQsocket(connection), (short)(unsent > 0 ? POLLIN | POLLOUT : POLLIN), 0 };
		int ready;

		if (unsent < 0)
			return fail_lost(database, error);
		if (unsent == 0 && !PQisBusy(connection))
			return true;
		ready = poll(&socket, 1, remaining_ms(database));
		if (ready == 0)
			return fail_timeout(database, error);
		if (ready > 0 && (socket.revents & ~POLLOUT) != 0 && !PQconsumeInput(connection))
			return fail_lost(database, error);
	}
}

static bool
send_prepare(Database *database, const Statement *statement)
{
	if (g_hash_table_contains(database->prepared, statement->name))
		return true;
	if (!PQsendPrepare(database->connection, statement->name, statement->sql, 0, NULL))
		return false;
	g_hash_table_add(database->prepared, g_strdup(statement->name));
	g_array_append_val(database->queued, statement);
	return true;
}

static bool
send_execute(Database *database, const Statement *statement, const Params *params)
{
	unsigned count = params_count(params);
	g_autofree const char **values = g_new0(const char *, count + 1);
	g_autofree int *sizes = g_new0(int, count + 1);
	g_autofree int *formats = g_new0(int, count + 1);

	for (unsigned i = 0; i < count; i++) {
		values[i] = params_value(params, i, &sizes[i]);
		formats[i] = 1;
	}
	return PQsendQueryPrepared(database->connection, statement->name, (int)count, values, sizes, formats, 0);
}

bool
database_queue(Database *database, const Statement *statement, const Params *params, GError **error)
{
	const Statement *none = NULL;

	if (database->lost)
		return fail_lost(database, error);
	if (PQpipelineStatus(database->connection) == PQ_PIPELINE_OFF && !PQenterPipelineMode(database->connection))
		return fail_lost(database, error);
	if (!send_prepare(database, statement) || !send_execute(database, statement, params))
		return fail_lost(database, error);
	g_array_append_val(database->queued, none);
	return true;
}

/* One answer of the line: kept, or the first error of the line noted. */
static void
take_answer(Database *database, PGresult *result, const Statement *prepares, GPtrArray *rows, GError **first_error)
{
	ExecStatusType status = PQresultStatus(result);
	bool done = status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK;

	if (done && prepares == NULL) {
		g_ptr_array_add(rows, result);
		return;
	}
	if (!done && prepares != NULL)
		g_hash_table_remove(database->prepared, prepares->name);
	if (status == PGRES_FATAL_ERROR && *first_error == NULL)
		fail_result(database, result, first_error);
	PQclear(result);
}

/* Reads answers up to the end of the line. */
static bool
take_answers(Database *database, GPtrArray *rows, GError **first_error)
{
	for (unsigned next = 0;;) {
		PGresult *result;

		if (!await_answer(database, *first_error == NULL ? first_error : NULL))
			return false;
		result = PQgetResult(database->connection);
		if (result == NULL) {
			if (PQstatus(database->connection) != CONNECTION_OK)
				return fail_lost(database, *first_error == NULL ? first_error : NULL);
			continue;
		}
		if (PQresultStatus(result) == PGRES_PIPELINE_SYNC) {
			PQclear(result);
			return *first_error == NULL;
		}
		take_answer(database, result,
			next < database->queued->len ? g_array_index(database->queued, const Statement *, next) : NULL,
			rows, first_error);
		next++;
		if (database->lost)
			return false;
	}
}

GPtrArray *
database_finish(Database *database, GError **error)
{
	g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func((GDestroyNotify)PQclear);
	GError *first_error = NULL;
	bool done;

	database->conflict = false;
	if (!database->lost && database->queued->len == 0)
		return g_steal_pointer(&rows);
	if (database->lost || !PQpipelineSync(database->connection)) {
		fail_lost(database, error);
		return NULL;
	}
	done = take_answers(database, rows, &first_error);
	g_array_set_size(database->queued, 0);
	if (!database->lost && !PQexitPipelineMode(database->connection))
		database->lost = true;
	if (done)
		return g_steal_pointer(&rows);
	g_propagate_error(error, first_error);
	return NULL;
}

Rows *
database_ask(Database *database, const Statement *statement, const Params *params, GError **error)
{
	g_autoptr(GPtrArray) all = NULL;

	if (!database_queue(database, statement, params, error))
		return NULL;
	all = database_finish(database, error);
	return all == NULL ? NULL : g_ptr_array_steal_index(all, 0);
}

/* The answers to a command outside a line, one by one; the first error is kept, all are read. */
static bool
drain(Database *database, GError **error)
{
	bool done = true;

	for (;;) {
		PGresult *result;

		if (!await_answer(database, done ? error : NULL))
			return false;
		result = PQgetResult(database->connection);
		if (result == NULL)
			return done;
		if (PQresultStatus(result) == PGRES_FATAL_ERROR && done)
			done = fail_result(database, result, error);
		PQclear(result);
		if (database->lost)
			return false;
	}
}

bool
database_run(Database *database, const char *sql, GError **error)
{
	if (database->lost || !PQsendQuery(database->connection, sql))
		return fail_lost(database, error);
	return drain(database, error);
}

bool
database_copy(Database *database, const char *sql, const GByteArray *rows, GError **error)
{
	g_autoptr(Rows) ready = NULL;

	if (database->lost || !PQsendQuery(database->connection, sql))
		return fail_lost(database, error);
	if (!await_answer(database, error))
		return false;
	ready = PQgetResult(database->connection);
	if (PQresultStatus(ready) != PGRES_COPY_IN) {
		fail_result(database, ready, error);
		drain(database, NULL);
		return false;
	}
	/* Without blocking: libpq takes it all into its buffer. */
	if (PQputCopyData(database->connection, (const char *)rows->data, (int)rows->len) != 1
		|| PQputCopyEnd(database->connection, NULL) != 1)
		return fail_lost(database, error);
	return drain(database, error);
}

/* Single rows do not come in a line, so preparing is a round trip of its own. */
static bool
prepare_alone(Database *database, const Statement *statement, GError **error)
{
	if (database->lost)
		return fail_lost(database, error);
	if (g_hash_table_contains(database->prepared, statement->name))
		return true;
	if (!PQsendPrepare(database->connection, statement->name, statement->sql, 0, NULL))
		return fail_lost(database, error);
	if (!drain(database, error))
		return false;
	g_hash_table_add(database->prepared, g_strdup(statement->name));
	return true;
}

bool
database_stream(Database *database, const Statement *statement, const Params *params,
	bool (*each)(void *context, const Rows *row), void *context, GError **error)
{
	if (!prepare_alone(database, statement, error))
		return false;
	if (!send_execute(database, statement, params) || !PQsetSingleRowMode(database->connection))
		return fail_lost(database, error);
	for (;;) {
		g_autoptr(Rows) row = NULL;

		if (!await_answer(database, error))
			return false;
		row = PQgetResult(database->connection);
		if (PQresultStatus(row) == PGRES_FATAL_ERROR) {
			fail_result(database, row, error);
			drain(database, NULL);
			return false;
		}
		if (PQresultStatus(row) != PGRES_SINGLE_TUPLE)
			return drain(database, error);
		if (!each(context, row)) {
			database->lost = true; /* closing is the cheapest way not to read the rest */
			return true;
		}
	}
}

void
rows_free(Rows *rows)
{
	PQclear(rows);
}

int
rows_count(const Rows *rows)
{
	return PQntuples(rows);
}

const char *
rows_text(const Rows *rows, int row, int column)
{
	return PQgetvalue(rows, row, column);
}

int64_t
rows_number(const Rows *rows, int row, int column)
{
	return g_ascii_strtoll(PQgetvalue(rows, row, column), NULL, 10);
}

bool
rows_bool(const Rows *rows, int row, int column)
{
	return PQgetvalue(rows, row, column)[0] == 't';
}

bool
rows_is_null(const Rows *rows, int row, int column)
{
	return PQgetisnull(rows, row, column);
}

int64_t
rows_time(const Rows *rows, int row, int column)
{
	return rows_is_null(rows, row, column) ? NEVER_EXPIRES : rows_number(rows, row, column);
}
