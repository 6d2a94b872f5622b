#include "held.h"

#include "listing_rows.h"

/* Plans are made without the parameters, so the question with an index has a statement of its own. */
#define LIST(condition) \
	"select target, scope, provider, category, reason, extract(epoch from held_at)::bigint from held" \
	" where " condition " order by held_at desc, target, scope limit $2::bigint"
static const Statement list_all = { "held_list", LIST("$1::text is null") };
static const Statement list_provider = { "held_list_provider", LIST("provider = $1::text") };

static const Statement holds = { "provider_holds",
	"select h.provider, h.ended_by, extract(epoch from h.since)::bigint,"
	" coalesce(extract(epoch from h.ended_at)::bigint, 0), h.failed, h.sent, w.waiting"
	" from provider_holds h, lateral (select count(*) as waiting from held where provider = h.provider) as w"
	" where h.ended_at is null or w.waiting > 0 order by h.since desc, h.provider" };

static const Statement confirm = { "held_confirm", "select held_confirm($1::text, $2::text)" };
static const Statement release = { "held_release", "select held_release($1::text, $2::text)" };

static void
entry_free(void *data)
{
	HeldEntry *entry = data;

	g_free(entry->target);
	g_free(entry->scope);
	g_free(entry->provider);
	g_free(entry->category);
	g_free(entry->reason);
	g_free(entry);
}

static void
hold_free(void *data)
{
	ProviderHold *hold = data;

	g_free(hold->provider);
	g_free(hold->ended_by);
	g_free(hold);
}

GPtrArray *
held_list(Blacklist *blacklist, const char *provider, int64_t most, GError **error)
{
	g_autoptr(Params) params = params_new();
	g_autoptr(Rows) rows = NULL;
	GPtrArray *entries;

	params_add_text(params, provider);
	params_add_number(params, most);
	rows = pool_read(blacklist_pool(blacklist), provider == NULL ? &list_all : &list_provider, params, error);
	if (rows == NULL)
		return NULL;
	entries = g_ptr_array_new_with_free_func(entry_free);
	for (int row = 0; row < rows_count(rows); row++) {
		HeldEntry *entry = g_new0(HeldEntry, 1);

		entry->target = g_strdup(rows_text(rows, row, 0));
		entry->scope = g_strdup(rows_text(rows, row, 1));
		entry->provider = g_strdup(rows_text(rows, row, 2));
		entry->category = g_strdup(rows_text(rows, row, 3));
		entry->reason = g_strdup(rows_text(rows, row, 4));
		entry->held_at = rows_number(rows, row, 5);
		g_ptr_array_add(entries, entry);
	}
	return entries;
}

GPtrArray *
provider_holds(Blacklist *blacklist, GError **error)
{
	g_autoptr(Rows) rows = pool_read(blacklist_pool(blacklist), &holds, NULL, error);
	GPtrArray *found;

	if (rows == NULL)
		return NULL;
	found = g_ptr_array_new_with_free_func(hold_free);
	for (int row = 0; row < rows_count(rows); row++) {
		ProviderHold *hold = g_new0(ProviderHold, 1);

		hold->provider = g_strdup(rows_text(rows, row, 0));
		hold->ended_by = g_strdup(rows_text(rows, row, 1));
		hold->since = rows_number(rows, row, 2);
		hold->ended_at = rows_number(rows, row, 3);
		hold->failed = (uint64_t)rows_number(rows, row, 4);
		hold->sent = (uint64_t)rows_number(rows, row, 5);
		hold->waiting = (uint64_t)rows_number(rows, row, 6);
		g_ptr_array_add(found, hold);
	}
	return found;
}

static bool
end(Blacklist *blacklist, const Statement *how, const char *provider, const char *actor, uint64_t *ret_entries,
	GError **error)
{
	g_autoptr(Params) params = params_new();
	g_autoptr(Rows) rows = NULL;

	params_add_text(params, provider);
	params_add_text(params, actor);
	rows = pool_write(blacklist_pool(blacklist), how, params, error);
	if (rows == NULL)
		return false;
	*ret_entries = (uint64_t)rows_number(rows, 0, 0);
	return true;
}

bool
held_confirm(Blacklist *blacklist, const char *provider, const char *actor, uint64_t *ret_entries, GError **error)
{
	return end(blacklist, &confirm, provider, actor, ret_entries, error);
}

bool
held_release(Blacklist *blacklist, const char *provider, const char *actor, uint64_t *ret_entries, GError **error)
{
	return end(blacklist, &release, provider, actor, ret_entries, error);
}
