#include "proof_state.h"

#include "listing_rows.h"

static const Statement shares = { "proof_shares",
	"select provider, sum(n)::bigint, sum(verified)::bigint from counters"
	" where hour > now() - interval '7 days' and category not in ('sent', 'not_kept')"
	" group by provider having sum(n) >= 20 order by sum(n) - sum(verified) desc, provider limit 5" };

static const Statement not_kept = { "proof_not_kept",
	"select coalesce(sum(n), 0)::bigint from counters"
	" where hour > now() - interval '7 days' and category = 'not_kept'" };

static void
share_clear(void *data)
{
	g_free(((ProofShare *)data)->provider);
}

GArray *
proof_shares(Blacklist *blacklist, GError **error)
{
	g_autoptr(Rows) rows = pool_read(blacklist_pool(blacklist), &shares, NULL, error);
	GArray *found;

	if (rows == NULL)
		return NULL;
	found = g_array_new(FALSE, FALSE, sizeof(ProofShare));
	g_array_set_clear_func(found, share_clear);
	for (int row = 0; row < rows_count(rows); row++) {
		ProofShare share = { g_strdup(rows_text(rows, row, 0)), (uint64_t)rows_number(rows, row, 1),
			(uint64_t)rows_number(rows, row, 2) };

		g_array_append_val(found, share);
	}
	return found;
}

bool
proof_not_kept(Blacklist *blacklist, uint64_t *ret_events, GError **error)
{
	g_autoptr(Rows) rows = pool_read(blacklist_pool(blacklist), &not_kept, NULL, error);

	if (rows == NULL)
		return false;
	*ret_events = (uint64_t)rows_number(rows, 0, 0);
	return true;
}
