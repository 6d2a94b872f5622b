#include "changes.h"

#include "listing_rows.h"

#include <string.h>

#define STREAM_PATIENCE_US (INT64_C(60) * G_USEC_PER_SEC)
#define PATIENCE_ROWS 1000 /* between looks at the clock */

/*
 * A restored copy has the id of its origin, but another cluster or another database. A replica that was promoted has another
 * timeline: what its primary committed last may be missing there, and its transaction ids are given out once more.
 */
static const Statement ask_id = { "changes_id",
	"select i.id || '-' || c.system_identifier || '-' || d.oid || '-'"
	" || left(pg_walfile_name(pg_current_wal_lsn()), 8)"
	" from identity i, pg_control_system() c, pg_database d where d.datname = current_database()" };

/*
 * In the order of numbers: a bare "order by xid" would go by the text that is selected, in which 1000 comes before 999, and
 * what the limit cuts off would lie behind the position. With a limit that it knows, PostgreSQL takes the index.
 */
static const Statement since = { "changes_since",
	"select a.xid::text, a.id, a.target from ("
	" select xid, id, target from audit where (xid, id) > ($1::xid8, $2::bigint)"
	" and xid < pg_snapshot_xmin(pg_current_snapshot()) order by audit.xid, audit.id limit 500) a"
	" order by a.xid, a.id limit $3::bigint" };

/* Asked of the last row, which the index finds: a search for any would walk through all of the table to find none. */
static const Statement held_back = { "changes_held_back",
	"select coalesce((select (xid, id) > ($1::xid8, $2::bigint) from audit"
	" order by audit.xid desc, audit.id desc limit 1), false)" };

static const Statement lost_name = { "changes_lost_name",
	"select exists (select from audit where (xid, id) > ($1::xid8, $2::bigint) and (xid, id) <= ($3::xid8, "
	"$4::bigint)"
	" and action = 'erase' and target like 'hash:%')" };

static const Statement states = { "changes_states",
	"select " LISTING_COLUMNS " from blacklist b where b.target = any($1::text[])"
	" and (b.expires_at is null or b.expires_at > now()) order by b.target, b.scope" };

static const Statement snapshot = { "changes_snapshot", "select pg_snapshot_xmin(pg_current_snapshot())::text" };

static const Statement names = { "changes_names", "select target from blacklist" };

static const Statement count = { "changes_count", "select count(*) from blacklist" };

static const Statement all = { "changes_all",
	"select " LISTING_COLUMNS
	" from blacklist b where b.expires_at is null or b.expires_at > now() order by b.target" };

char *
changes_database_id(Blacklist *blacklist, GError **error)
{
	g_autoptr(Rows) rows = pool_read(blacklist_pool(blacklist), &ask_id, NULL, error);

	return rows == NULL ? NULL : g_strdup(rows_text(rows, 0, 0));
}

/* The targets of the changes, each once, without entries. */
static GPtrArray *
changed_targets(const Rows *changes, GHashTable *by_target)
{
	GPtrArray *targets = g_ptr_array_new_with_free_func((GDestroyNotify)target_state_free);

	for (int row = 0; row < rows_count(changes); row++) {
		TargetState *state;

		if (g_hash_table_contains(by_target, rows_text(changes, row, 2)))
			continue;
		state = target_state_new(rows_text(changes, row, 2));
		g_ptr_array_add(targets, state);
		g_hash_table_insert(by_target, state->target, state);
	}
	return targets;
}

static bool
read_states(Blacklist *blacklist, const GPtrArray *targets, GHashTable *by_target, GError **error)
{
	g_autoptr(Params) params = params_new();
	Column *column = params_add_column(params, COLUMN_TEXT);
	g_autoptr(Rows) rows = NULL;

	for (unsigned i = 0; i < targets->len; i++)
		column_add_text(column, ((TargetState *)g_ptr_array_index(targets, i))->target, SIZE_MAX - 1);
	rows = pool_read(blacklist_pool(blacklist), &states, params, error);
	if (rows == NULL)
		return false;
	for (int row = 0; row < rows_count(rows); row++) {
		TargetState *state = g_hash_table_lookup(by_target, rows_text(rows, row, 0));

		g_ptr_array_add(state->listings, listing_read(rows, row));
	}
	return true;
}

GPtrArray *
changes_since(Blacklist *blacklist, ChangePosition from, size_t limit, ChangePosition *ret_to, GError **error)
{
	g_autoptr(GHashTable) by_target = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GPtrArray) targets = NULL;
	g_autoptr(Params) params = params_new();
	g_autoptr(Rows) changes = NULL;
	int last;

	params_add_number(params, (int64_t)from.xid);
	params_add_number(params, from.id);
	params_add_number(params, (int64_t)limit);
	changes = pool_read(blacklist_pool(blacklist), &since, params, error);
	if (changes == NULL)
		return NULL;
	targets = changed_targets(changes, by_target);
	if (targets->len > 0 && !read_states(blacklist, targets, by_target, error))
		return NULL;
	last = rows_count(changes) - 1;
	*ret_to = last < 0 ? from
			   : (ChangePosition){ (uint64_t)rows_number(changes, last, 0), rows_number(changes, last, 1) };
	return g_steal_pointer(&targets);
}

bool
changes_held_back(Blacklist *blacklist, ChangePosition from, bool *ret_held_back, GError **error)
{
	g_autoptr(Params) params = params_new();
	g_autoptr(Rows) rows = NULL;

	params_add_number(params, (int64_t)from.xid);
	params_add_number(params, from.id);
	rows = pool_read(blacklist_pool(blacklist), &held_back, params, error);
	if (rows == NULL)
		return false;
	*ret_held_back = rows_bool(rows, 0, 0);
	return true;
}

bool
changes_lost_name(Blacklist *blacklist, ChangePosition from, ChangePosition to, bool *ret_lost, GError **error)
{
	g_autoptr(Params) params = params_new();
	g_autoptr(Rows) rows = NULL;

	params_add_number(params, (int64_t)from.xid);
	params_add_number(params, from.id);
	params_add_number(params, (int64_t)to.xid);
	params_add_number(params, to.id);
	rows = pool_read(blacklist_pool(blacklist), &lost_name, params, error);
	if (rows == NULL)
		return false;
	*ret_lost = rows_bool(rows, 0, 0);
	return true;
}

typedef struct Stream {
	Database *database;
	bool (*each)(void *context, const TargetState *state);
	bool (*each_name)(void *context, const char *target); /* instead of it */
	void *context;
	TargetState *state; /* that is being gathered */
	unsigned rows;
	bool stopped;
} Stream;

static bool
hand_over(Stream *stream)
{
	if (stream->state != NULL && !stream->stopped)
		stream->stopped = !stream->each(stream->context, stream->state);
	target_state_free(stream->state);
	stream->state = NULL;
	return !stream->stopped;
}

static void
be_patient(Stream *stream)
{
	if (++stream->rows % PATIENCE_ROWS == 0)
		database_set_deadline(stream->database, g_get_monotonic_time() + STREAM_PATIENCE_US);
}

static bool
take_row(void *context, const Rows *row)
{
	Stream *stream = context;

	be_patient(stream);
	if (stream->state != NULL && strcmp(stream->state->target, rows_text(row, 0, 0)) != 0 && !hand_over(stream))
		return false;
	if (stream->state == NULL)
		stream->state = target_state_new(rows_text(row, 0, 0));
	g_ptr_array_add(stream->state->listings, listing_read(row, 0));
	return true;
}

/* All in one snapshot: what it does not see belongs to transactions at or behind its xmin, and comes with the feed. */
static bool
stream_snapshot(Blacklist *blacklist, const Statement *statement, bool (*each)(void *context, const Rows *row),
	Stream *stream, ChangePosition *ret_position, GError **error)
{
	g_autoptr(Database) database = database_open(pool_url(blacklist_pool(blacklist)), 0, error);
	g_autoptr(Rows) position = NULL;

	if (database == NULL)
		return false;
	stream->database = database;
	database_set_deadline(database, g_get_monotonic_time() + STREAM_PATIENCE_US);
	if (!database_run(database, "begin isolation level repeatable read read only", error))
		return false;
	position = database_ask(database, &snapshot, NULL, error);
	if (position == NULL || !database_stream(database, statement, NULL, each, stream, error))
		return false;
	*ret_position = (ChangePosition){ (uint64_t)rows_number(position, 0, 0) - 1, INT64_MAX };
	return true;
}

bool
changes_all(Blacklist *blacklist, bool (*each)(void *context, const TargetState *state), void *context,
	ChangePosition *ret_position, GError **error)
{
	Stream stream = { .each = each, .context = context };
	bool done = stream_snapshot(blacklist, &all, take_row, &stream, ret_position, error);

	if (done)
		hand_over(&stream);
	target_state_free(stream.state);
	return done;
}

static bool
take_name(void *context, const Rows *row)
{
	Stream *stream = context;

	be_patient(stream);
	return stream->each_name(stream->context, rows_text(row, 0, 0));
}

bool
changes_targets(Blacklist *blacklist, bool (*each)(void *context, const char *target), void *context,
	ChangePosition *ret_position, GError **error)
{
	Stream stream = { .each_name = each, .context = context };

	return stream_snapshot(blacklist, &names, take_name, &stream, ret_position, error);
}

bool
changes_count(Blacklist *blacklist, uint64_t *ret_count, GError **error)
{
	g_autoptr(Rows) rows = pool_read(blacklist_pool(blacklist), &count, NULL, error);

	if (rows == NULL)
		return false;
	*ret_count = (uint64_t)rows_number(rows, 0, 0);
	return true;
}
