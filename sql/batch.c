#include "batch.h"

#include "address.h"
#include "batch_items.h"
#include "mail_key.h"
#include "subaddress_rules.h"
#include "text_limits.h"

#include <string.h>

#define REPORT_BLOCK 1000 /* as in the sequence report_ids */
#define SECONDS_A_DAY 86400
#define ARCHIVED_DAYS 14 /* mail servers try for five days, and some report late */

static const Statement begin = { "begin", "begin" };
static const Statement take_numbers = { "take_numbers", "select nextval('report_ids')" };

/* The keys decide what is new. One copy of each goes in, so that a batch may hold several. */
static const Statement tell = { "tell",
	"with given as materialized ("
	" select * from unnest($1::int4[], $2::uuid[], $3::timestamptz[], $4::int2[], $5::int2[])"
	"  as t(n, key, at, grade, keeps)"
	"), kept as ("
	" insert into event_keys as k (key, grade, first_at)"
	" select key, min(grade), min(at) from given where grade <= keeps group by key order by key"
	" on conflict (key) do update set grade = excluded.grade, improved = true where k.grade > excluded.grade"
	" returning k.key, k.grade, k.improved, k.first_at"
	") select g.n, k.grade, k.improved, extract(epoch from k.first_at)::bigint, extract(epoch from now())::bigint,"
	" g.grade > g.keeps and k.key is null and not exists (select from event_keys e where e.key = g.key)"
	" from given g left join kept k using (key) order by g.n" };

Writer *
writer_new(Database *database, Flood *flood, Meter *meter)
{
	Writer *writer = g_new0(Writer, 1);

	writer->database = database;
	writer->flood = flood;
	writer->meter = meter;
	writer->rule_sets = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	writer->domains = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	writer->guards = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
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
	g_hash_table_unref(writer->guards);
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

	memcpy(&hash, ((const Item *)data)->key, sizeof(hash));
	return hash;
}

static gboolean
item_equal(gconstpointer a, gconstpointer b)
{
	return memcmp(((const Item *)a)->key, ((const Item *)b)->key, EVENT_KEY_SIZE) == 0;
}

/* As the report tells it, so far. */
static void
item_init(Item *item, Request *request, const Finding *finding)
{
	const Submission *submission = request->submission;
	bool token = finding->evidence == EVIDENCE_SIGNED;

	item->request = request;
	item->finding = finding;
	item->address = finding->address;
	item->provider = finding->provider;
	item->provider_known = finding->provider_known;
	item->message_id = submission->report->original.message_id;
	item->evidence = finding->evidence;
	item->proof = finding->proof;
	item->sender_domain = token ? finding->sender_domain : submission->sender_domain;
	memcpy(item->key, finding->key, EVENT_KEY_SIZE);
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
		requests[i]->recorded = (Recorded){ .evidence = EVIDENCE_UNVERIFIED };
		for (size_t j = 0; j < requests[i]->submission->finding_count; j++, item++)
			item_init(item, requests[i], &requests[i]->submission->findings[j]);
	}
	batch->targets = g_hash_table_new_full(target_hash, target_equal, target_free, NULL);
	batch->rows = g_ptr_array_new_with_free_func((GDestroyNotify)rows_free);
}

/* Room that was taken for what got no row in the end. */
static void
give_back(const Batch *batch, bool done)
{
	for (unsigned i = 0; i < batch->count; i++) {
		const Item *item = &batch->items[i];
		const Inbound *inbound = item->request->submission->inbound;

		if (item->taken && !(done && item->fresh && item->evidence == EVIDENCE_UNVERIFIED))
			flood_give_back(batch->writer->flood, inbound->client_address, inbound->received_at);
	}
}

static void
count_batch(const Batch *batch, int64_t microseconds)
{
	Meter *meter = batch->writer->meter;

	meter_time(meter, METRIC_COMMIT_SECONDS, microseconds);
	meter_add(meter, METRIC_COMMIT_MESSAGES, 0, batch->request_count);
	meter_add(meter, METRIC_COMMIT_EVENTS, 0, batch->count);
	for (unsigned i = 0; i < batch->count; i++)
		if (batch->items[i].fresh)
			meter_count_as_both(meter, METRIC_EVENTS, batch->items[i].finding->verdict.category,
				batch->items[i].evidence);
}

static void
batch_clear(Batch *batch)
{
	g_hash_table_unref(batch->targets);
	g_ptr_array_unref(batch->rows);
	subaddressing_unref(batch->subaddressing);
	g_free(batch->items);
}

/* Sends what is queued and keeps the answers for as long as the batch lives; returns the first of these. */
bool
batch_finish_stage(Batch *batch, unsigned *ret_first, GError **error)
{
	g_autoptr(GPtrArray) answers = database_finish(batch->writer->database, error);

	if (answers == NULL)
		return false;
	*ret_first = batch->rows->len;
	g_ptr_array_extend_and_steal(batch->rows, g_steal_pointer(&answers));
	return true;
}

bool
batch_is_name(const char *text, size_t limit)
{
	return *text != '\0' && strlen(text) <= limit;
}

static bool
may_keep(const Batch *batch, Item *item)
{
	const Inbound *inbound = item->request->submission->inbound;

	if (item->evidence == EVIDENCE_UNVERIFIED)
		item->taken = flood_take(batch->writer->flood, inbound->client_address, inbound->received_at);
	return item->taken || item->evidence != EVIDENCE_UNVERIFIED;
}

static bool
queue_tell(Batch *batch, GError **error)
{
	g_autoptr(Params) params = params_new();
	Column *n = params_add_column(params, COLUMN_INT4);
	Column *key = params_add_column(params, COLUMN_UUID);
	Column *at = params_add_column(params, COLUMN_TIME);
	Column *grade = params_add_column(params, COLUMN_INT2);
	Column *keeps = params_add_column(params, COLUMN_INT2);

	for (unsigned i = 0; i < batch->count; i++) {
		Item *item = &batch->items[i];

		column_add_number(n, i);
		column_add_uuid(key, item->key);
		column_add_time(at, item->request->submission->inbound->received_at);
		column_add_number(grade, item->evidence);
		column_add_number(keeps, may_keep(batch, item) ? EVIDENCE_UNVERIFIED : EVIDENCE_UNVERIFIED - 1);
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
		Recorded *recorded = &item->request->recorded;

		recorded->evidence = MIN(recorded->evidence, item->evidence);
		batch->now = rows_number(told, (int)i, 4);
		item->unkept = rows_bool(told, (int)i, 5);
		if (item->unkept) {
			item->at = item->request->submission->inbound->received_at;
			recorded->unkept_events++;
			continue;
		}
		if (rows_is_null(told, (int)i, 1) || item->evidence != (Evidence)rows_number(told, (int)i, 1)
			|| !g_hash_table_add(carried, item)) {
			recorded->duplicate_events++;
			continue;
		}
		item->improved = rows_bool(told, (int)i, 2);
		item->fresh = !item->improved;
		item->at = rows_number(told, (int)i, 3);
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

	if (!database_queue(writer->database, &begin, NULL, error) || !batch_ask_tokens(batch, error)
		|| !batch_ask_mail(batch, error)
		|| (numbers && !database_queue(writer->database, &take_numbers, NULL, error))
		|| !database_queue(writer->database, &subaddress_rules_ask, NULL, error) || !queue_tell(batch, error)
		|| !batch_finish_stage(batch, &first, error))
		return false;
	if (numbers) {
		writer->last_report = rows_number(g_ptr_array_index(batch->rows, batch->rows->len - 3), 0, 0) - 1;
		writer->reports_left = REPORT_BLOCK;
	}
	batch->subaddressing = subaddress_rules_read(g_ptr_array_index(batch->rows, batch->rows->len - 2));
	read_told(batch, g_ptr_array_index(batch->rows, batch->rows->len - 1));
	return true;
}

/* name: owned, and passed on. scope: lives as long as the batch. */
static Target *
find_target(Batch *batch, char *name, const char *scope)
{
	Target wanted = { .target = name, .scope = scope };
	Target *target = g_hash_table_lookup(batch->targets, &wanted);

	if (target != NULL) {
		g_free(name);
		return target;
	}
	target = g_memdup2(&wanted, sizeof(wanted));
	g_hash_table_add(batch->targets, target);
	return target;
}

static char *
name_domain(const Item *item)
{
	return g_strconcat("@", address_domain(item->address), NULL);
}

static void
plan_failure(Batch *batch, Item *item)
{
	char *name =
		item->plan.whole_domain ? name_domain(item) : subaddressing_key(batch->subaddressing, item->address);

	item->target = find_target(batch, name, item->plan.scope == SCOPE_EVERYBODY ? SCOPE_ALL : item->sender_domain);
	item->target->judged = true;
}

static void
plan_delivery(Batch *batch, Item *item, bool has_sender_domain)
{
	char *names[SUBADDRESS_NAMES + 1];
	unsigned name_count = subaddressing_others(batch->subaddressing, item->address, names), count = 0;

	names[name_count++] = g_strdup(item->address);
	names[name_count++] = name_domain(item);
	for (unsigned i = 0; i < name_count; i++) {
		if (has_sender_domain)
			item->delivered[count++] = find_target(batch, g_strdup(names[i]), item->sender_domain);
		item->delivered[count++] = find_target(batch, names[i], SCOPE_ALL);
	}
	for (unsigned i = 0; i < count; i++)
		item->delivered[i]->judged |= item->plan.released != 0;
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
		.has_recipient = batch_is_name(item->address, ADDRESS_BYTES),
		.has_sender_domain = batch_is_name(item->sender_domain, NAME_BYTES),
	};

	item->plan = (Plan){ .kind = PLAN_NOTHING };
	if (item->evidence == EVIDENCE_UNVERIFIED || !subject.has_recipient)
		return;
	item->plan = submission->plan(submission->policy, &subject);
	if (item->plan.scope == SCOPE_SENDER_DOMAIN && !subject.has_sender_domain)
		item->plan.kind = PLAN_NOTHING;
	if (item->plan.kind == PLAN_RELEASE)
		plan_delivery(batch, item, subject.has_sender_domain);
	else if (item->plan.kind != PLAN_NOTHING)
		plan_failure(batch, item);
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
	if (!listed) {
		target->strikes++;
		target->begins = true;
	}
	target->category = item->finding->verdict.category;
	target->expires_at = target->until = decision->expires_at;
	target->event_at = item->request->submission->inbound->received_at;
	target->listed = true;
	target->released = false;
	target->cause = item;
	item->request->recorded.listed++;
}

/* What arrived after the failure shows that the reason is gone. */
static void
apply_delivery(Batch *batch, Item *item)
{
	for (unsigned i = 0; i < DELIVERY_TARGETS && item->delivered[i] != NULL; i++) {
		Target *target = item->delivered[i];

		if (target->manual || target->expires_at <= batch->now || item->at <= target->event_at
			|| ((item->plan.released >> target->category) & 1) == 0)
			continue;
		target->expires_at = batch->now;
		target->released = true;
		item->request->recorded.released++;
	}
}

/* A period begins with the listing; with what comes out of an archive, it began when that was news. */
static int64_t
period_begins(const Batch *batch, const Item *item)
{
	return item->at < batch->now - ARCHIVED_DAYS * SECONDS_A_DAY ? item->at : batch->now;
}

static void
apply_failure(Batch *batch, Item *item)
{
	const Submission *submission = item->request->submission;
	History history = { .strike_days = item->strike_days };
	Decision decision;

	history.listed = item->target->expires_at > batch->now;
	/* What is in force is extended by the period that it was given, not by that of the next time. */
	history.listings = item->target->strikes - (history.listed && item->target->strikes > 0);
	history.manual = item->target->manual;
	decision = submission->decide(&item->plan, &history, period_begins(batch, item));
	apply_decision(batch, item, &decision);
}

static void
stage_decide(Batch *batch)
{
	for (unsigned i = 0; i < batch->count; i++) {
		Item *item = &batch->items[i];

		if (item->plan.kind == PLAN_RELEASE)
			apply_delivery(batch, item);
		else if (item->plan.kind != PLAN_NOTHING)
			apply_failure(batch, item);
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
	if (!batch_weigh(batch, error))
		return false;
	stage_decide(batch);
	return batch_guard(batch, error) && batch_write(batch, error);
}

bool
batch_record(Writer *writer, Request *const *requests, unsigned count, GError **error)
{
	int64_t started = g_get_monotonic_time();
	Batch batch;
	bool done;

	batch_init(&batch, writer, requests, count);
	done = run(&batch, error);
	if (!done && !database_is_lost(writer->database))
		database_run(writer->database, "rollback", NULL);
	if (done && batch.count > 0)
		count_batch(&batch, g_get_monotonic_time() - started);
	give_back(&batch, done);
	batch_clear(&batch);
	return done;
}
