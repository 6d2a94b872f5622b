#include "migrate.h"

#include "database.h"
#include "migrations/migrations.h"
#include "schema.h"

#include <string.h>

/* Any number, but the same in every version of the program. */
#define LOCK_KEY "4924417"

static const Statement ask_exists = { "migrations_exist", "select to_regclass('public.migrations') is not null" };
static const Statement ask_applied = { "migrations_applied",
	"select version, name, checksum from migrations order by version" };
static const Statement note_applied = { "migration_applied",
	"insert into migrations (version, name, checksum) values ($1::bigint, $2::text, $3::text)" };

static const char *const create_table =
	"create table if not exists public.migrations (version integer primary key, name text not null, "
	"checksum text not null, applied_at timestamptz not null default now());"
	"comment on table migrations is 'Versions of this schema, as applied by retour migrate'";

static char *
checksum(const Migration *migration)
{
	return g_compute_checksum_for_string(G_CHECKSUM_SHA256, migration->sql, -1);
}

unsigned
schema_wanted(void)
{
	unsigned wanted = 0;

	for (const Migration *migration = migrations; migration->name != NULL; migration++)
		wanted = migration->version;
	return wanted;
}

static bool
read_version(Database *database, unsigned *ret_version, GError **error)
{
	g_autoptr(Rows) exists = database_ask(database, &ask_exists, NULL, error);
	g_autoptr(Rows) applied = NULL;
	int count;

	if (exists == NULL)
		return false;
	if (!rows_bool(exists, 0, 0)) {
		*ret_version = 0;
		return true;
	}
	applied = database_ask(database, &ask_applied, NULL, error);
	if (applied == NULL)
		return false;
	count = rows_count(applied);
	*ret_version = count == 0 ? 0 : (unsigned)rows_number(applied, count - 1, 0);
	return true;
}

bool
schema_check(Database *database, GError **error)
{
	unsigned version;

	if (!read_version(database, &version, error))
		return false;
	if (version >= schema_wanted())
		return true;
	g_set_error(error, RETOUR_ERROR, ERROR_CONFIG,
		"database: the schema has version %u, this program needs %u: run \"retour migrate\"", version,
		schema_wanted());
	return false;
}

/* What was applied must be what we know under that number. */
static bool
verify_applied(const Rows *applied, GError **error)
{
	for (int row = 0; row < rows_count(applied); row++)
		for (const Migration *migration = migrations; migration->name != NULL; migration++) {
			g_autofree char *sum = checksum(migration);

			if (migration->version != rows_number(applied, row, 0)
				|| strcmp(sum, rows_text(applied, row, 2)) == 0)
				continue;
			g_set_error(error, RETOUR_ERROR, ERROR_CONFIG,
				"database: migration %s was applied in another form (as %s): this is not the schema of "
				"this program",
				migration->name, rows_text(applied, row, 1));
			return false;
		}
	return true;
}

static bool
is_applied(const Rows *applied, const Migration *migration)
{
	for (int row = 0; row < rows_count(applied); row++)
		if (rows_number(applied, row, 0) == migration->version)
			return true;
	return false;
}

static bool
apply(Database *database, const Migration *migration, GError **error)
{
	g_autofree char *sum = checksum(migration);
	g_autoptr(Params) params = params_new();
	g_autoptr(Rows) noted = NULL;

	params_add_number(params, migration->version);
	params_add_text(params, migration->name);
	params_add_text(params, sum);
	if (!database_run(database, "begin; set local search_path = public", error)
		|| !database_run(database, migration->sql, error)) {
		g_prefix_error(error, "migration %s: ", migration->name);
		return false;
	}
	noted = database_ask(database, &note_applied, params, error);
	return noted != NULL && database_run(database, "commit", error);
}

bool
migrate_run(const char *url, MigrateProgress progress, void *context, unsigned *ret_applied, GError **error)
{
	g_autoptr(Database) database = database_open(url, 0, error);
	g_autoptr(Rows) applied = NULL;
	unsigned count = 0;

	if (database == NULL)
		return false;
	/* The lock belongs to the session: it goes when the connection is closed. */
	if (!database_run(database, "select pg_advisory_lock(" LOCK_KEY ")", error)
		|| !database_run(database, create_table, error))
		return false;
	applied = database_ask(database, &ask_applied, NULL, error);
	if (applied == NULL || !verify_applied(applied, error))
		return false;
	for (const Migration *migration = migrations; migration->name != NULL; migration++) {
		if (is_applied(applied, migration))
			continue;
		if (!apply(database, migration, error))
			return false;
		count++;
		if (progress != NULL)
			progress(context, migration->name);
	}
	*ret_applied = count;
	return true;
}

bool
migrate_status(const char *url, unsigned *ret_version, unsigned *ret_wanted, GError **error)
{
	g_autoptr(Database) database = database_open(url, 0, error);
	unsigned version;

	if (database == NULL || !read_version(database, &version, error))
		return false;
	*ret_version = version;
	*ret_wanted = schema_wanted();
	return true;
}
