#include "batch_items.h"

#include "text_limits.h"

/* Sharded by writer like the counters, so that the row of a busy programme is not hot. */
static const Statement count_programmes = { "count_programmes",
	"insert into programme_days as p"
	" (programme, day, shard, last_at, reports, complaints, unattributed, verified)"
	" select programme, (at at time zone 'UTC')::date as day, pg_backend_pid() % 32, max(at), sum(reports),"
	"  sum(complaints), sum(unattributed), sum(verified)"
	" from unnest($1::text[], $2::timestamptz[], $3::int4[], $4::int4[], $5::int4[], $6::int4[])"
	"  as t(programme, at, reports, complaints, unattributed, verified)"
	" group by programme, day order by programme collate \"C\", day"
	" on conflict (programme, day, shard) do update set last_at = greatest(p.last_at, excluded.last_at),"
	"  reports = p.reports + excluded.reports, complaints = p.complaints + excluded.complaints,"
	"  unattributed = p.unattributed + excluded.unattributed, verified = p.verified + excluded.verified" };

/* An event is counted on the day on which it was first told; told again with better evidence, it becomes a verified one. */
static bool
counts(const Item *item)
{
	bool verified = item->evidence != EVIDENCE_UNVERIFIED;

	return *item->request->submission->programme != '\0'
	       && (item->fresh || (item->before.found && verified && item->before.evidence == EVIDENCE_UNVERIFIED));
}

static void
add_row(Column *const columns[], const Item *item)
{
	bool complaint = category_disposition(item->finding->verdict.category) == DISPOSITION_COMPLAINT;
	bool hidden = *item->address == '\0';

	column_add_text(columns[0], item->request->submission->programme, NAME_BYTES);
	column_add_time(columns[1], item->at);
	column_add_number(columns[2], item->fresh);
	column_add_number(columns[3], item->fresh && complaint);
	column_add_number(columns[4], item->fresh && complaint && hidden);
	column_add_number(columns[5], item->evidence != EVIDENCE_UNVERIFIED);
}

bool
batch_queue_programmes(Batch *batch, GError **error)
{
	static const ColumnType types[] = { COLUMN_TEXT, COLUMN_TIME, COLUMN_INT4, COLUMN_INT4, COLUMN_INT4,
		COLUMN_INT4 };
	g_autoptr(Params) params = params_new();
	Column *columns[G_N_ELEMENTS(types)];
	bool any = false;

	for (size_t i = 0; i < G_N_ELEMENTS(types); i++)
		columns[i] = params_add_column(params, types[i]);
	for (unsigned i = 0; i < batch->count; i++)
		if (counts(&batch->items[i])) {
			add_row(columns, &batch->items[i]);
			any = true;
		}
	return !any || database_queue(batch->writer->database, &count_programmes, params, error);
}
