#include "batch.h"

#include "address.h"
#include "batch_items.h"
#include "mail_key.h"
#include "text_limits.h"

#include <string.h>

#define REPORT_BLOCK 1000 /* as in the sequence report_ids */
#define SECONDS_A_DAY 86400

static const Statement begin = { "begin", "begin" };
static const Statement take_numbers = { "take_numbers", "select nextval('report_ids')" };

/*
 * Known mail raises the grade (4 is known_message); then the keys decide what is new. One copy of each key goes in, so
 * that a batch may hold several. All mail is looked up in one pass over each day's index: a nested loop with a probe per
 * event and day took a quarter of the processor time of the whole batch.
 */
static const Statement tell = { "tell",
	"with given as materialized ("
	" select * from unnest($1::int4[], $2::uuid[], $3::timestamptz[], $4::int2[], $5::int8[], $6::text[], "
	"$7::text[])"
	"  as t(n, key, at, grade, mail_key, message_id, address)"
	"), found as ("
	" select distinct on (g.n) g.n, s.sender_domain from sent s"
	"  join given g using (mail_key, message_id) where s.mail_key = any($8::int8[]) and s.recipient = g.address"
	"  order by g.n, s.at desc"
	"), told as materialized ("
	" select g.n, g.key, g.at, f.sender_domain as known,"
	"  case when f.n is not null then least(g.grade, 4) else g.grade end as grade from given g left join found f "
	"using (n)"
	"), kept as ("
	" insert into event_keys as k (key, grade, first_at)"
	" select key, min(grade), min(at) from told group by key order by key"
	" on conflict (key) do update set grade = excluded.grade, improved = true where k.grade > excluded.grade"
	" returning k.key, k.grade, k.improved, k.first_at"
	") select t.n, t.grade, t.known, k.grade, k.improved, extract(epoch from k.first_at)::bigint,"
	" extract(epoch from now())::bigint from told t left join kept k using (key) order by t.n" };

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
	"   where g.window_days = 0) as strike"
	" group by target, scope, category order by target, scope, category"
	" on conflict (target, scope, category) do update set"
	"  last_at = greatest(s.last_at, excluded.last_at), window_days = excluded.window_days,"
	"  days = case when excluded.window_days = 0 then excluded.days else"
	"   (select array_agg(distinct day order by day) from unnest(s.days || excluded.days) as day where day >"
	"    (select max(newest) from unnest(s.days || excluded.days) as newest) - excluded.window_days) end"
	" returning s.target, s.scope, s.category, cardinality(s.days) as days"
	") select g.n, k.days from given g join kept k using (target, scope, category) where g.window_days > 0" };

static const Statement lock_entries = { "lock_entries",
	"select t.target, t.scope, b.source, b.category, b.strikes, extract(epoch from b.expires_at)::bigint"
	" from unnest($1::text[], $2::text[]) as t(target, scope) join blacklist b using (target, scope)"
	" order by b.target, b.scope for update of b" };

static const Statement read_before = { "read_before",
	"select t.n, e.category, e.provider, case when e.evidence = 'unverified' then '' else e.sender_domain end,"
	" e.evidence <> 'unverified', e.report"
	" from unnest($1::int4[], $2::text[], $3::timestamptz[], $4::uuid[]) as t(n, recipient, at, key)"
	" join events e on e.recipient = t.recipient and e.at = t.at and e.key = t.key" };

Writer *
writer_new(Database *database)
{
	Writer *writer = g_new0(Writer, 1);

	writer->database = database;
	writer->rule_sets = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	writer->domains = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	return writer;
}

void
writer_free(Writer *writer)
{
	if (writer == NULL)
		return;
	database_close(writer->database);
	g_hash_table_unref(writer->rule_sets);
	g_hash_table_unref(writer->domains);
	g_free(writer);
}

static guint
target_hash(gconstpointer data)
{
	const Target *target = data;

	return g_str_hash(target->target) * 31 + g_str_hash(target->scope);
}

static gboolean
target_equal(gconstpointer a, gconstpointer b)
{
	const Target *left = a, *right = b;

	return strcmp(left->target, right->target) == 0 && strcmp(left->scope, right->scope) == 0;
}

static void
target_free(void *data)
{
	Target *target = data;

	g_free(target->target);
	g_free(target);
}

static guint
item_hash(gconstpointer data)
{
	guint hash;

	memcpy(&hash, ((const Item *)data)->finding->key, sizeof(hash));
	return hash;
}

static gboolean
item_equal(gconstpointer a, gconstpointer b)
{
	return memcmp(((const Item *)a)->finding->key, ((const Item *)b)->finding->key, EVENT_KEY_SIZE) == 0;
}

static void
batch_init(Batch *batch, Writer *writer, Request *const *requests, unsigned request_count)
{
	Item *item;

	*batch = (Batch){ .writer = writer, .requests = requests, .request_count = request_count };
	for (unsigned i = 0; i < request_count; i++)
		batch->count += (unsigned)requests[i]->submission->finding_count;
	item = batch->items = g_new0(Item, batch->count + 1);
	for (unsigned i = 0; i < request_count; i++) {
		requests[i]->recorded = (Recorded){ .evidence = requests[i]->submission->evidence };
		for (size_t j = 0; j < requests[i]->submission->finding_count; j++, item++) {
			item->request = requests[i];
			item->finding = &requests[i]->submission->findings[j];
		}
	}
	batch->targets = g_hash_table_new_full(target_hash, target_equal, target_free, NULL);
	batch->rows = g_ptr_array_new_with_free_func((GDestroyNotify)rows_free);
}

static void
batch_clear(Batch *batch)
{
	g_hash_table_unref(batch->targets);
	g_ptr_array_unref(batch->rows);
	g_free(batch->items);
}

/* Sends what is queued and keeps the answers for as long as the batch lives; returns the first of these. */
static bool
finish_stage(Batch *batch, unsigned *ret_first, GError **error)
{
	g_autoptr(GPtrArray) answers = database_finish(batch->writer->database, error);

	if (answers == NULL)
		return false;
	*ret_first = batch->rows->len;
	g_ptr_array_extend_and_steal(batch->rows, g_steal_pointer(&answers));
	return true;
}

static bool
queue_tell(Batch *batch, GError **error)
{
	g_autoptr(Params) params = params_new();
	Column *n = params_add_column(params, COLUMN_INT4);
	Column *key = params_add_column(params, COLUMN_UUID);
	Column *at = params_add_column(params, COLUMN_TIME);
	Column *grade = params_add_column(params, COLUMN_INT2);
	Column *mail = params_add_column(params, COLUMN_INT8);
	Column *message_id = params_add_column(params, COLUMN_TEXT);
	Column *address = params_add_column(params, COLUMN_TEXT);
	Column *wanted = params_add_column(params, COLUMN_INT8);

	for (unsigned i = 0; i < batch->count; i++) {
		const Submission *submission = batch->items[i].request->submission;
		const Finding *finding = batch->items[i].finding;
		const char *original = submission->report->original.message_id;

		column_add_number(n, i);
		column_add_uuid(key, finding->key);
		column_add_time(at, submission->inbound->received_at);
		column_add_number(grade, submission->evidence);
		column_add_number(mail, mail_key(original, finding->address));
		if (*original != '\0' && *finding->address != '\0')
			column_add_number(wanted, mail_key(original, finding->address));
		column_add_text(message_id, original, MAIL_MESSAGE_ID_BYTES);
		column_add_text(address, finding->address, ADDRESS_BYTES);
	}
	return database_queue(batch->writer->database, &tell, params, error);
}

/* The best copy of a key within the batch carries the event; the others are copies. */
static void
read_told(Batch *batch, const Rows *told)
{
	g_autoptr(GHashTable) carried = g_hash_table_new(item_hash, item_equal);

	for (unsigned i = 0; i < batch->count; i++) {
		Item *item = &batch->items[i];
		const Submission *submission = item->request->submission;
		Recorded *recorded = &item->request->recorded;

		item->evidence = (Evidence)rows_number(told, (int)i, 1);
		item->sender_domain =
			rows_is_null(told, (int)i, 2) ? submission->sender_domain : rows_text(told, (int)i, 2);
		recorded->evidence = MIN(recorded->evidence, item->evidence);
		batch->now = rows_number(told, (int)i, 6);
		if (rows_is_null(told, (int)i, 3) || item->evidence != (Evidence)rows_number(told, (int)i, 3)
			|| !g_hash_table_add(carried, item)) {
			recorded->duplicate_events++;
			continue;
		}
		item->improved = rows_bool(told, (int)i, 4);
		item->fresh = !item->improved;
		item->at = rows_number(told, (int)i, 5);
		recorded->new_events += item->fresh;
		recorded->improved_events += item->improved;
	}
}

static bool
stage_tell(Batch *batch, GError **error)
{
	Writer *writer = batch->writer;
	bool numbers = writer->reports_left < batch->request_count;
	unsigned first;

	if (!database_queue(writer->database, &begin, NULL, error)
		|| (numbers && !database_queue(writer->database, &take_numbers, NULL, error))
		|| !queue_tell(batch, error) || !finish_stage(batch, &first, error))
		return false;
	if (numbers) {
		writer->last_report = rows_number(g_ptr_array_index(batch->rows, first + 1), 0, 0) - 1;
		writer->reports_left = REPORT_BLOCK;
	}
	read_told(batch, g_ptr_array_index(batch->rows, batch->rows->len - 1));
	return true;
}

static Target *
find_target(Batch *batch, const Item *item)
{
	Target wanted = { .scope = item->plan.scope == SCOPE_EVERYBODY ? SCOPE_ALL : item->sender_domain };
	Target *target;

	wanted.target = item->plan.whole_domain ? g_strconcat("@", address_domain(item->finding->address), NULL)
						: g_strdup(item->finding->address);
	target = g_hash_table_lookup(batch->targets, &wanted);
	if (target != NULL) {
		g_free(wanted.target);
		return target;
	}
	target = g_memdup2(&wanted, sizeof(wanted));
	g_hash_table_add(batch->targets, target);
	return target;
}

static bool
is_name(const char *text, size_t limit)
{
	return *text != '\0' && strlen(text) <= limit;
}

/* Whatever a policy says: an unverified report counts and is shown, and does nothing to the blacklist. */
static void
plan_item(Batch *batch, Item *item)
{
	const Submission *submission = item->request->submission;
	Case subject = {
		.action = item->finding->event->action,
		.verdict = item->finding->verdict,
		.evidence = item->evidence,
		.has_recipient = is_name(item->finding->address, ADDRESS_BYTES),
		.has_sender_domain = is_name(item->sender_domain, NAME_BYTES),
	};

	item->plan = (Plan){ .kind = PLAN_NOTHING };
	if (item->evidence == EVIDENCE_UNVERIFIED || !subject.has_recipient)
		return;
	item->plan = submission->plan(submission->policy, &subject);
	if (item->plan.kind == PLAN_NOTHING)
		return;
	if (item->plan.scope == SCOPE_SENDER_DOMAIN && !subject.has_sender_domain)
		item->plan.kind = PLAN_NOTHING;
	else
		item->target = find_target(batch, item);
	if (item->plan.kind == PLAN_COUNT || item->plan.kind == PLAN_LIST)
		item->target->judged = true;
}

static void
add_strike(Column *const columns[6], unsigned n, const Item *item, const char *scope)
{
	bool release = item->plan.kind == PLAN_RELEASE;

	column_add_number(columns[0], n);
	column_add_text(columns[1], item->target->target, ADDRESS_BYTES + 1);
	column_add_text(columns[2], scope, ADDRESS_BYTES);
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

		if (item->plan.kind != PLAN_COUNT && item->plan.kind != PLAN_RELEASE)
			continue;
		add_strike(columns, i, item, item->target->scope);
		/* Mail of one sender that arrived also proves that the address works for everybody. */
		if (item->plan.kind == PLAN_RELEASE && item->plan.scope == SCOPE_EVERYBODY
			&& is_name(item->sender_domain, NAME_BYTES))
			add_strike(columns, i, item, item->sender_domain);
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
		column_add_text(recipient, item->finding->address, ADDRESS_BYTES);
		column_add_time(at, item->at);
		column_add_uuid(key, item->finding->key);
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
		target->strikes = (unsigned)rows_number(rows, row, 4);
		target->manual = strcmp(rows_text(rows, row, 2), "auto") != 0 && target->expires_at > batch->now;
		if (!category_parse(rows_text(rows, row, 3), &target->category))
			target->category = CATEGORY_UNDETERMINED;
	}
}

static void
read_befores(Batch *batch, const Rows *rows)
{
	for (int row = 0; row < rows_count(rows); row++)
		batch->items[rows_number(rows, row, 0)].before = (Before){
			.found = true,
			.category = rows_text(rows, row, 1),
			.provider = rows_text(rows, row, 2),
			.sender_domain = rows_text(rows, row, 3),
			.verified = rows_bool(rows, row, 4),
			.report = rows_number(rows, row, 5),
		};
}

/* What stands there, under lock; only what the plans ask for. */
static bool
stage_weigh(Batch *batch, GError **error)
{
	bool strikes = false, locks = false, before = false;
	unsigned next;

	for (unsigned i = 0; i < batch->count; i++) {
		strikes |= batch->items[i].plan.kind == PLAN_COUNT || batch->items[i].plan.kind == PLAN_RELEASE;
		locks |= batch->items[i].plan.kind == PLAN_COUNT || batch->items[i].plan.kind == PLAN_LIST;
		before |= batch->items[i].improved;
	}
	if (!strikes && !locks && !before)
		return true;
	if ((strikes && !queue_strikes(batch, error)) || (locks && !queue_locks(batch, error))
		|| (before && !queue_before(batch, error)) || !finish_stage(batch, &next, error))
		return false;
	if (strikes)
		read_strikes(batch, g_ptr_array_index(batch->rows, next++));
	if (locks)
		read_locks(batch, g_ptr_array_index(batch->rows, next++));
	if (before)
		read_befores(batch, g_ptr_array_index(batch->rows, next));
	return true;
}

/*
 * An entry in force is extended, which is no new strike; only one that had expired is. It changes when the end moves by
 * a day or more, so that a flood of bounces of one address is not a flood of changes.
 */
static void
apply_decision(Batch *batch, Item *item, const Decision *decision)
{
	Target *target = item->target;
	bool listed = target->expires_at > batch->now;

	if (!decision->list || decision->expires_at <= batch->now || target->manual)
		return;
	if (listed
		&& (target->expires_at == NEVER_EXPIRES || decision->expires_at < target->expires_at + SECONDS_A_DAY))
		return;
	if (!listed)
		target->strikes++;
	target->category = item->finding->verdict.category;
	target->expires_at = decision->expires_at;
	target->changed = true;
	target->cause = item;
	item->request->recorded.listed++;
}

static void
stage_decide(Batch *batch)
{
	for (unsigned i = 0; i < batch->count; i++) {
		Item *item = &batch->items[i];
		const Submission *submission = item->request->submission;
		History history = { .strike_days = item->strike_days };
		Decision decision;

		if (item->plan.kind != PLAN_COUNT && item->plan.kind != PLAN_LIST)
			continue;
		history.listed = item->target->expires_at > batch->now;
		/* What is in force is extended by the period that it was given, not by that of the next time. */
		history.listings = item->target->strikes - (history.listed && item->target->strikes > 0);
		history.manual = item->target->manual;
		decision = submission->decide(&item->plan, &history, batch->now);
		apply_decision(batch, item, &decision);
	}
}

static bool
run(Batch *batch, GError **error)
{
	if (batch->count == 0)
		return true;
	if (!stage_tell(batch, error))
		return false;
	for (unsigned i = 0; i < batch->count; i++)
		if (batch->items[i].fresh || batch->items[i].improved)
			plan_item(batch, &batch->items[i]);
	if (!stage_weigh(batch, error))
		return false;
	stage_decide(batch);
	return batch_write(batch, error);
}

bool
batch_record(Writer *writer, Request *const *requests, unsigned count, GError **error)
{
	Batch batch;
	bool done;

	batch_init(&batch, writer, requests, count);
	done = run(&batch, error);
	if (!done && !database_is_lost(writer->database))
		database_run(writer->database, "rollback", NULL);
	batch_clear(&batch);
	return done;
}
