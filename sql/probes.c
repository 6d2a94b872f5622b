#include "probes.h"

#include "listing_rows.h"

static const Statement take = { "probes_take", "select blacklist_probes($1::bigint::integer)" };
static const Statement answered = { "probes_answer", "select blacklist_probed($1::text, $2::text)" };

GPtrArray *
probes_take(Blacklist *blacklist, unsigned most, GError **error)
{
	g_autoptr(Params) params = params_new();
	g_autoptr(Rows) rows = NULL;
	GPtrArray *domains;

	params_add_number(params, most);
	rows = pool_write(blacklist_pool(blacklist), &take, params, error);
	if (rows == NULL)
		return NULL;
	domains = g_ptr_array_new_with_free_func(g_free);
	for (int row = 0; row < rows_count(rows); row++)
		g_ptr_array_add(domains, g_strdup(rows_text(rows, row, 0)));
	return domains;
}

bool
probes_answer(Blacklist *blacklist, const char *domain, const char *answer, unsigned *ret_released, GError **error)
{
	g_autoptr(Params) params = params_new();
	g_autoptr(Rows) rows = NULL;

	params_add_text(params, domain);
	params_add_text(params, answer);
	rows = pool_write(blacklist_pool(blacklist), &answered, params, error);
	if (rows == NULL)
		return false;
	*ret_released = (unsigned)rows_number(rows, 0, 0);
	return true;
}
