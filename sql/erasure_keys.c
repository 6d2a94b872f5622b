#include "erasure_keys.h"

#include "listing_rows.h"

static const Statement note = { "erasure_key_note", "select erasure_key_note($1::text, $2::bigint <> 0)" };
static const Statement read_state = { "erasure_state",
	"select (select count(*) from blacklist where target >= 'hash:' and target < 'hash;'), count(*),"
	" coalesce(bool_or(mark = $1::text), false) from erasure_keys" };

bool
erasure_key_note(Blacklist *blacklist, const char *mark, bool another, GError **error)
{
	g_autoptr(Params) params = params_new();
	g_autoptr(Rows) rows = NULL;

	params_add_text(params, mark);
	params_add_number(params, another);
	rows = pool_write(blacklist_pool(blacklist), &note, params, error);
	if (rows == NULL)
		return false;
	if (!rows_bool(rows, 0, 0))
		g_set_error(error, RETOUR_ERROR, ERROR_CONFIG,
			"'erasure_key' is another key than the one under which addresses were erased before");
	return rows_bool(rows, 0, 0);
}

bool
erasure_state_read(Blacklist *blacklist, const char *mark, ErasureState *ret_state, GError **error)
{
	g_autoptr(Params) params = params_new();
	g_autoptr(Rows) rows = NULL;

	params_add_text(params, mark);
	rows = pool_read(blacklist_pool(blacklist), &read_state, params, error);
	if (rows == NULL)
		return false;
	*ret_state = (ErasureState){ .entries = (uint64_t)rows_number(rows, 0, 0),
		.keys = (unsigned)rows_number(rows, 0, 1),
		.known = rows_bool(rows, 0, 2) };
	return true;
}
