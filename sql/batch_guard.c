#include "batch_items.h"

#include "text_limits.h"

/*
 * The guard against providers that are out of order. How a provider does is asked at most every few seconds, out of the
 * counters; in between what this writer lists is added.
 */
#define ASK_SECONDS 10
#define PROVIDERS_KEPT 10000

struct ProviderGuard {
	int64_t asked_at;
	int64_t failed, sent; /* of this hour and the one before */
	bool held, muted;
};

static const Statement ask_guards = { "ask_guards",
	"select p.provider, coalesce(sum(c.verified) filter (where c.category <> 'sent'), 0)::bigint,"
	" coalesce(sum(c.n) filter (where c.category = 'sent'), 0)::bigint,"
	" coalesce(bool_or(h.ended_at is null and h.provider is not null), false),"
	" coalesce(bool_or(h.muted_until > now()), false)"
	" from unnest($1::text[]) as p(provider)"
	" cross join (values (date_trunc('hour', now())), (date_trunc('hour', now()) - interval '1 hour')) as t(hour)"
	" left join lateral (select category, n, verified from counters where hour = t.hour and provider = p.provider"
	"  and category in ('sent', 'user_unknown', 'mailbox_disabled', 'mailbox_moved', 'bad_address_syntax',"
	"  'domain_not_found', 'domain_no_mail')) as c on true"
	" left join provider_holds h on h.provider = p.provider"
	" group by p.provider" };

static const Statement begin_holds = { "begin_holds",
	"insert into provider_holds as h (provider, failed, sent)"
	" select provider, max(failed), max(sent) from unnest($1::text[], $2::int8[], $3::int8[])"
	"  as t(provider, failed, sent) group by provider order by provider collate \"C\""
	" on conflict (provider) do update set since = now(), ended_at = null, failed = excluded.failed, sent = "
	"excluded.sent"
	" where h.ended_at is not null and h.muted_until <= now()" };

static const Statement hold_targets = { "hold_targets",
	"insert into held (target, scope, provider, category, reason, evidence, expires_at, strikes, event_at, report, "
	"probe)"
	" select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[],"
	"  $7::timestamptz[], $8::int4[], $9::timestamptz[], $10::int8[], $11::int8[])"
	"  as t(target, scope, provider, category, reason, evidence, expires_at, strikes, event_at, report, probe)"
	" order by target collate \"C\", scope collate \"C\" on conflict (target, scope) do nothing" };

static bool
is_guarded(const Target *target)
{
	return target->listed && target->begins && target->cause->plan.hold_percent > 0;
}

static ProviderGuard *
guard_of(const Batch *batch, const Target *target)
{
	return g_hash_table_lookup(batch->writer->guards, item_provider(target->cause));
}

static bool
queue_ask(Batch *batch, bool *ret_any, GError **error)
{
	g_autoptr(GHashTable) asked = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(Params) params = params_new();
	Column *provider = params_add_column(params, COLUMN_TEXT);
	GHashTableIter iter;
	void *key;

	*ret_any = false;
	g_hash_table_iter_init(&iter, batch->targets);
	while (g_hash_table_iter_next(&iter, &key, NULL)) {
		const Target *target = key;
		const ProviderGuard *guard = is_guarded(target) ? guard_of(batch, target) : NULL;

		if (!is_guarded(target) || (guard != NULL && batch->now - guard->asked_at < ASK_SECONDS)
			|| !g_hash_table_add(asked, (char *)(uintptr_t)item_provider(target->cause)))
			continue;
		column_add_text(provider, item_provider(target->cause), NAME_BYTES);
		*ret_any = true;
	}
	return !*ret_any || database_queue(batch->writer->database, &ask_guards, params, error);
}

static void
read_guards(Batch *batch, const Rows *rows)
{
	for (int row = 0; row < rows_count(rows); row++) {
		ProviderGuard guard = { .asked_at = batch->now,
			.failed = rows_number(rows, row, 1),
			.sent = rows_number(rows, row, 2),
			.held = rows_bool(rows, row, 3),
			.muted = rows_bool(rows, row, 4) };

		g_hash_table_replace(
			batch->writer->guards, g_strdup(rows_text(rows, row, 0)), g_memdup2(&guard, sizeof(guard)));
	}
}

static bool
is_too_much(const ProviderGuard *guard, const Plan *plan)
{
	return guard->held
	       || (!guard->muted && guard->sent > 0 && guard->failed >= (int64_t)plan->hold_events
		       && guard->failed * 100 >= guard->sent * (int64_t)plan->hold_percent);
}

static void
guard_target(Batch *batch, Target *target)
{
	ProviderGuard *guard = guard_of(batch, target);
	Recorded *recorded = &target->cause->request->recorded;

	guard->failed++;
	if (!is_too_much(guard, &target->cause->plan))
		return;
	recorded->hold_began |= !guard->held;
	guard->held = true;
	target->listed = false;
	target->held = true;
	recorded->listed--;
	recorded->held++;
}

bool
batch_guard(Batch *batch, GError **error)
{
	GHashTableIter iter;
	unsigned first;
	void *key;
	bool any;

	if (g_hash_table_size(batch->writer->guards) > PROVIDERS_KEPT)
		g_hash_table_remove_all(batch->writer->guards);
	if (!queue_ask(batch, &any, error) || (any && !batch_finish_stage(batch, &first, error)))
		return false;
	if (any)
		read_guards(batch, g_ptr_array_index(batch->rows, first));
	g_hash_table_iter_init(&iter, batch->targets);
	while (g_hash_table_iter_next(&iter, &key, NULL))
		if (is_guarded(key))
			guard_target(batch, key);
	return true;
}

static void
add_held(Column *const columns[], const Target *target)
{
	const Item *cause = target->cause;
	const char *reply = cause->finding->event->diagnostic;

	column_add_text(columns[0], target->target, ADDRESS_BYTES + 1);
	column_add_text(columns[1], target->scope, NAME_BYTES);
	column_add_text(columns[2], item_provider(cause), NAME_BYTES);
	column_add_text(columns[3], category_name(target->category), NAME_BYTES);
	column_add_text(columns[4], *reply == '\0' ? category_text(target->category) : reply, REASON_BYTES);
	column_add_text(columns[5], evidence_name(cause->evidence), NAME_BYTES);
	column_add_time(columns[6], target->until);
	column_add_number(columns[7], target->strikes);
	column_add_time(columns[8], cause->request->submission->inbound->received_at);
	column_add_number(columns[9], cause->report);
	column_add_number(columns[10], cause->plan.probe_seconds);
}

bool
batch_queue_held(Batch *batch, GError **error)
{
	static const ColumnType held_types[] = { COLUMN_TEXT, COLUMN_TEXT, COLUMN_TEXT, COLUMN_TEXT, COLUMN_TEXT,
		COLUMN_TEXT, COLUMN_TIME, COLUMN_INT4, COLUMN_TIME, COLUMN_INT8, COLUMN_INT8 };
	g_autoptr(Params) holds = params_new(), held = params_new();
	Column *provider = params_add_column(holds, COLUMN_TEXT);
	Column *failed = params_add_column(holds, COLUMN_INT8), *sent = params_add_column(holds, COLUMN_INT8);
	Column *columns[G_N_ELEMENTS(held_types)];
	GHashTableIter iter;
	bool any = false;
	void *key;

	for (size_t i = 0; i < G_N_ELEMENTS(held_types); i++)
		columns[i] = params_add_column(held, held_types[i]);
	g_hash_table_iter_init(&iter, batch->targets);
	while (g_hash_table_iter_next(&iter, &key, NULL)) {
		const Target *target = key;

		if (!target->held)
			continue;
		any = true;
		add_held(columns, target);
		column_add_text(provider, item_provider(target->cause), NAME_BYTES);
		column_add_number(failed, guard_of(batch, target)->failed);
		column_add_number(sent, guard_of(batch, target)->sent);
	}
	return !any
	       || (database_queue(batch->writer->database, &begin_holds, holds, error)
		       && database_queue(batch->writer->database, &hold_targets, held, error));
}
