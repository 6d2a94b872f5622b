#include "blacklist_bulk.h"

#include "listing_rows.h"
#include "text_limits.h"

static const Statement import_many = { "blacklist_import",
	"select added, replaced, kept from blacklist_import($1::text[], $2::text[], $3::text[], $4::text[], $5::text[],"
	" $6::timestamptz[], $7::text, $8::bigint <> 0)" };
static const Statement remove_many = { "blacklist_remove_many",
	"select blacklist_remove_many($1::text[], $2::text, $3::text, $4::text)" };
static const Statement export_all = { "blacklist_export",
	"select " LISTING_COLUMNS
	" from blacklist b where $1::bigint <> 0 or b.expires_at is null or b.expires_at > now()"
	" order by b.target, b.scope" };

static Params *
import_params(const GPtrArray *changes, const char *actor, bool replaces)
{
	Params *params = params_new();
	Column *columns[5];
	Column *ends;

	for (size_t i = 0; i < G_N_ELEMENTS(columns); i++)
		columns[i] = params_add_column(params, COLUMN_TEXT);
	ends = params_add_column(params, COLUMN_TIME);
	for (unsigned i = 0; i < changes->len; i++) {
		const BlacklistChange *change = g_ptr_array_index(changes, i);

		column_add_text(columns[0], change->target, ADDRESS_BYTES + 1);
		column_add_text(columns[1], change->scope, NAME_BYTES);
		column_add_text(columns[2], category_name(change->category), NAME_BYTES);
		column_add_text(columns[3], change->reason, REASON_BYTES);
		column_add_text(columns[4], change->note == NULL ? "" : change->note, REASON_BYTES);
		column_add_time(ends, change->expires_at);
	}
	params_add_text(params, actor);
	params_add_number(params, replaces);
	return params;
}

bool
blacklist_import(Blacklist *blacklist, const GPtrArray *changes, const char *actor, bool replaces, bool dry_run,
	BulkDone *ret_done, GError **error)
{
	g_autoptr(Params) params = import_params(changes, actor, replaces);
	g_autoptr(Rows) rows = NULL;
	Database *database = pool_take(blacklist_pool(blacklist), error);
	bool done;

	if (database == NULL)
		return false;
	done = database_run(database, "begin", error)
	       && (rows = database_ask(database, &import_many, params, error)) != NULL
	       && database_run(database, dry_run ? "rollback" : "commit", error);
	if (!done && !database_is_lost(database))
		database_run(database, "rollback", NULL);
	pool_give(blacklist_pool(blacklist), database);
	if (done)
		*ret_done = (BulkDone){ (uint64_t)rows_number(rows, 0, 0), (uint64_t)rows_number(rows, 0, 1),
			(uint64_t)rows_number(rows, 0, 2) };
	return done;
}

bool
blacklist_remove_many(Blacklist *blacklist, const GPtrArray *targets, const char *scope, const char *reason,
	const char *actor, uint64_t *ret_removed, GError **error)
{
	g_autoptr(Params) params = params_new();
	Column *column = params_add_column(params, COLUMN_TEXT);
	g_autoptr(Rows) rows = NULL;

	for (unsigned i = 0; i < targets->len; i++)
		column_add_text(column, g_ptr_array_index(targets, i), ADDRESS_BYTES + 1);
	params_add_text(params, scope);
	params_add_text(params, reason);
	params_add_text(params, actor);
	rows = pool_write(blacklist_pool(blacklist), &remove_many, params, error);
	if (rows == NULL)
		return false;
	*ret_removed = (uint64_t)rows_number(rows, 0, 0);
	return true;
}

typedef struct Export {
	bool (*each)(void *context, const Listing *listing);
	void *context;
} Export;

static bool
hand_over(void *data, const Rows *row)
{
	const Export *export = data;
	g_autoptr(Listing) listing = listing_read(row, 0);

	return export->each(export->context, listing);
}

bool
blacklist_export(Blacklist *blacklist, bool expired, bool (*each)(void *context, const Listing *listing), void *context,
	GError **error)
{
	g_autoptr(Database) database = database_open(pool_url(blacklist_pool(blacklist)), 0, error);
	g_autoptr(Params) params = params_new();
	Export export = { each, context };

	params_add_number(params, expired);
	return database != NULL && database_stream(database, &export_all, params, hand_over, &export, error);
}
