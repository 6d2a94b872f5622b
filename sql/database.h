#ifndef RETOUR_DATABASE_H
#define RETOUR_DATABASE_H

#include "errors.h"
#include "params.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * One connection to PostgreSQL, and the only file that touches libpq. Used by one thread at a time. Statements are
 * queued and go out together, so that a stage of a transaction costs one round trip. No call waits beyond the deadline.
 *
 * Errors say what the caller can do. ERROR_RETRY: SQLSTATE classes 08, 40, 53, 55, 57, 58, 25006 (a standby after a
 * fail-over), a lost connection and whatever is unknown; ERROR_INPUT: 22, 23, P0; ERROR_CONFIG: 42, 3D, 3F, 0A, 28.
 */
typedef struct Database Database;
typedef struct pg_result Rows;

/* Prepared on first use on each connection; the name is its key. */
typedef struct Statement {
	const char *name;
	const char *sql;
} Statement;

/* timeout_ms bounds each statement on the server, 0: none. The URL may name several hosts; a writable one is chosen. */
Database *database_open(const char *url, int64_t timeout_ms, GError **error);
void database_close(Database *database);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Database, database_close)

/* After this the connection is of no use and must be closed. */
bool database_is_lost(const Database *database);
/* The last error was a deadlock or a serialisation failure: roll back and run the transaction again. */
bool database_had_conflict(const Database *database);
/* Monotonic microseconds by which calls have ended; what is not answered by then is lost. 0: no deadline. */
void database_set_deadline(Database *database, int64_t deadline);

/* Puts a statement into the line. params may be NULL and may be freed after the call. */
bool database_queue(Database *database, const Statement *statement, const Params *params, GError **error);
/*
 * Sends the line and waits: Rows *, one per statement, or NULL when any failed (those after it did not run). An empty line is
 * no round trip.
 */
GPtrArray *database_finish(Database *database, GError **error);
/* Queue and finish of one statement. */
Rows *database_ask(Database *database, const Statement *statement, const Params *params, GError **error);
/* Several statements as one text, without parameters or results. */
bool database_run(Database *database, const char *sql, GError **error);
/* "copy .. from stdin (format binary)". */
bool database_copy(Database *database, const char *sql, const GByteArray *rows, GError **error);
/* Hands over row after row without holding them all; each returns false to stop, which is a success. */
bool database_stream(Database *database, const Statement *statement, const Params *params,
	bool (*each)(void *context, const Rows *row), void *context, GError **error);

void rows_free(Rows *rows);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Rows, rows_free)
int rows_count(const Rows *rows);
/* Borrowed from rows; null is "". */
const char *rows_text(const Rows *rows, int row, int column);
int64_t rows_number(const Rows *rows, int row, int column);
bool rows_bool(const Rows *rows, int row, int column);
bool rows_is_null(const Rows *rows, int row, int column);
/* Whole seconds, selected as extract(epoch from ..)::bigint; null is NEVER_EXPIRES. */
int64_t rows_time(const Rows *rows, int row, int column);

#endif
