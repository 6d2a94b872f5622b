#include "batch_items.h"

#include "text_limits.h"

#include <string.h>

/*
 * A release (window 0) empties the strikes that stand there, in the same pass as others are counted: two passes could
 * lock rows in two orders.
 */
static const Statement count_strikes = { "count_strikes",
	"with given as (select * from unnest($1::int4[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], "
	"$6::int4[])"
	"  as g(n, target, scope, category, at, window_days)"
	"), kept as ("
	" insert into strikes as s (target, scope, category, last_at, window_days, days)"
	" select target, scope, category, max(at), min(window_days),"
	"  coalesce(array_agg(distinct at::date) filter (where window_days > 0), '{}')"
	" from (select target, scope, category, at, window_days from given where window_days > 0"
	"  union all select s.target, s.scope, s.category, g.at, 0 from given g join strikes s using (target, scope)"
	"   where g.window_days = 0 and s.days <> '{}') as strike"
	" group by target, scope, category"
	" order by target collate \"C\", scope collate \"C\", category collate \"C\""
	" on conflict (target, scope, category) do update set"
	"  last_at = greatest(s.last_at, excluded.last_at), window_days = excluded.window_days,"
	"  days = case when excluded.window_days = 0 then excluded.days else"
	"   (select array_agg(distinct day order by day) from unnest(s.days || excluded.days) as day where day >"
	"    (select max(newest) from unnest(s.days || excluded.days) as newest) - excluded.window_days) end"
	" returning s.target, s.scope, s.category, cardinality(s.days) as days"
	") select g.n, k.days from given g join kept k using (target, scope, category) where g.window_days > 0" };

/* Lateral: a plain join that was planned while the table was empty would walk through all of it for each batch. */
static const Statement lock_entries = { "lock_entries",
	"select b.target, b.scope, b.source, b.category, b.strikes, extract(epoch from b.expires_at)::bigint,"
	" extract(epoch from b.event_at)::bigint"
	" from (select * from unnest($1::text[], $2::text[]) as g(target, scope)"
	"  order by target collate \"C\", scope collate \"C\") as t,"
	" lateral (select * from blacklist where target = t.target and scope = t.scope for update) as b" };

static const Statement read_before = { "read_before",
	"select t.n, case when e.action = 'delayed' then 'deferred' else e.category end, e.provider, case when "
	"e.evidence = 'unverified' then '' else e.sender_domain end,"
	" e.evidence, e.report, coalesce(r.incidents, 1)"
	" from unnest($1::int4[], $2::text[], $3::timestamptz[], $4::uuid[]) as t(n, recipient, at, key)"
	" join events e on e.recipient = t.recipient and e.at = t.at and e.key = t.key"
	" left join reports r on r.id = e.report and r.received_at = e.at" };

static void
add_strike(Column *const columns[6], unsigned n, const Item *item, const Target *target)
{
	bool release = item->plan.kind == PLAN_RELEASE;

	column_add_number(columns[0], n);
	column_add_text(columns[1], target->target, ADDRESS_BYTES + 1);
	column_add_text(columns[2], target->scope, ADDRESS_BYTES);
	column_add_text(columns[3], release ? "" : category_name(item->finding->verdict.category), ADDRESS_BYTES);
	column_add_time(columns[4], item->at);
	column_add_number(columns[5], release ? 0 : MAX(item->plan.window_days, 1));
}

/* The day of a strike is that on which the event was first told: told again with better evidence, it counts no second day. */
static bool
queue_strikes(Batch *batch, GError **error)
{
	static const ColumnType types[] = { COLUMN_INT4, COLUMN_TEXT, COLUMN_TEXT, COLUMN_TEXT, COLUMN_TIME,
		COLUMN_INT4 };
	g_autoptr(Params) params = params_new();
	Column *columns[G_N_ELEMENTS(types)];

	for (size_t i = 0; i < G_N_ELEMENTS(types); i++)
		columns[i] = params_add_column(params, types[i]);
	for (unsigned i = 0; i < batch->count; i++) {
		const Item *item = &batch->items[i];

		if (item->plan.kind == PLAN_COUNT)
			add_strike(columns, i, item, item->target);
		for (unsigned j = 0; j < DELIVERY_TARGETS && item->delivered[j] != NULL; j++)
			add_strike(columns, i, item, item->delivered[j]);
	}
	return database_queue(batch->writer->database, &count_strikes, params, error);
}

static bool
queue_locks(Batch *batch, GError **error)
{
	g_autoptr(Params) params = params_new();
	Column *targets = params_add_column(params, COLUMN_TEXT);
	Column *scopes = params_add_column(params, COLUMN_TEXT);
	GHashTableIter iter;
	void *key;

	g_hash_table_iter_init(&iter, batch->targets);
	while (g_hash_table_iter_next(&iter, &key, NULL)) {
		const Target *target = key;

		if (!target->judged)
			continue;
		column_add_text(targets, target->target, ADDRESS_BYTES + 1);
		column_add_text(scopes, target->scope, ADDRESS_BYTES);
	}
	return database_queue(batch->writer->database, &lock_entries, params, error);
}

static bool
queue_before(Batch *batch, GError **error)
{
	g_autoptr(Params) params = params_new();
	Column *n = params_add_column(params, COLUMN_INT4);
	Column *recipient = params_add_column(params, COLUMN_TEXT);
	Column *at = params_add_column(params, COLUMN_TIME);
	Column *key = params_add_column(params, COLUMN_UUID);

	for (unsigned i = 0; i < batch->count; i++) {
		const Item *item = &batch->items[i];

		if (!item->improved)
			continue;
		column_add_number(n, i);
		column_add_text(recipient, item->address, ADDRESS_BYTES);
		column_add_time(at, item->at);
		column_add_uuid(key, item->key);
	}
	return database_queue(batch->writer->database, &read_before, params, error);
}

static void
read_strikes(Batch *batch, const Rows *rows)
{
	for (int row = 0; row < rows_count(rows); row++)
		batch->items[rows_number(rows, row, 0)].strike_days = (unsigned)rows_number(rows, row, 1);
}

static void
read_locks(Batch *batch, const Rows *rows)
{
	for (int row = 0; row < rows_count(rows); row++) {
		g_autofree char *name = g_strdup(rows_text(rows, row, 0));
		Target wanted = { .target = name, .scope = rows_text(rows, row, 1) };
		Target *target = g_hash_table_lookup(batch->targets, &wanted);

		if (target == NULL)
			continue;
		target->expires_at = rows_time(rows, row, 5);
		target->event_at = rows_number(rows, row, 6);
		target->strikes = (unsigned)rows_number(rows, row, 4);
		target->manual = strcmp(rows_text(rows, row, 2), "auto") != 0 && target->expires_at > batch->now;
		if (!category_parse(rows_text(rows, row, 3), &target->category))
			target->category = CATEGORY_UNDETERMINED;
	}
}

static void
read_befores(Batch *batch, const Rows *rows)
{
	for (int row = 0; row < rows_count(rows); row++) {
		Before *before = &batch->items[rows_number(rows, row, 0)].before;

		*before = (Before){
			.found = true,
			.category = rows_text(rows, row, 1),
			.provider = rows_text(rows, row, 2),
			.sender_domain = rows_text(rows, row, 3),
			.evidence = EVIDENCE_UNVERIFIED,
			.report = rows_number(rows, row, 5),
			.incidents = rows_number(rows, row, 6),
		};
		evidence_parse(rows_text(rows, row, 4), &before->evidence);
	}
}

/* What stands there, under lock; only what the plans ask for. */
bool
batch_weigh(Batch *batch, GError **error)
{
	bool strikes = false, locks = false, before = false;
	unsigned next;

	for (unsigned i = 0; i < batch->count; i++) {
		strikes |= batch->items[i].plan.kind == PLAN_COUNT || batch->items[i].plan.kind == PLAN_RELEASE;
		locks |= batch->items[i].plan.kind != PLAN_NOTHING;
		before |= batch->items[i].improved;
	}
	if (!strikes && !locks && !before)
		return true;
	if ((strikes && !queue_strikes(batch, error)) || (locks && !queue_locks(batch, error))
		|| (before && !queue_before(batch, error)) || !batch_finish_stage(batch, &next, error))
		return false;
	if (strikes)
		read_strikes(batch, g_ptr_array_index(batch->rows, next++));
	if (locks)
		read_locks(batch, g_ptr_array_index(batch->rows, next++));
	if (before)
		read_befores(batch, g_ptr_array_index(batch->rows, next));
	return true;
}
