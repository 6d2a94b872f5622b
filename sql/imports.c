#include "imports.h"

#include "listing_rows.h"

static const Statement note = { "note_import",
	"insert into imports (actor, trust, sources) values ($1::text, $2::text, $3::text)" };

static const Statement make_month = { "make_month", "select make_month($1::timestamptz)" };

static const Statement allowed = { "import_allowed", "select has_table_privilege('reports', 'insert'), current_user" };

static bool
tell(Blacklist *blacklist, const Statement *statement, const Params *params, GError **error)
{
	g_autoptr(Rows) rows = pool_write(blacklist_pool(blacklist), statement, params, error);

	return rows != NULL;
}

bool
imports_allowed(Blacklist *blacklist, GError **error)
{
	g_autoptr(Params) params = params_new();
	g_autoptr(Rows) rows = pool_read(blacklist_pool(blacklist), &allowed, params, error);

	if (rows == NULL)
		return false;
	if (rows_bool(rows, 0, 0))
		return true;
	g_set_error(error, RETOUR_ERROR, ERROR_CONFIG,
		"the database role %s may not record reports: use one with membership in retour_milter or "
		"retour_reader",
		rows_text(rows, 0, 1));
	return false;
}

bool
imports_note(Blacklist *blacklist, const char *actor, const char *trust, const char *sources, GError **error)
{
	g_autoptr(Params) params = params_new();

	params_add_text(params, actor);
	params_add_text(params, trust);
	params_add_text(params, sources);
	return tell(blacklist, &note, params, error);
}

bool
imports_make_month(Blacklist *blacklist, int64_t at, GError **error)
{
	g_autoptr(Params) params = params_new();

	params_add_time(params, at);
	return tell(blacklist, &make_month, params, error);
}
