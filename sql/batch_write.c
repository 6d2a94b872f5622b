#include "batch_items.h"

#include "address.h"
#include "text_limits.h"

#include <string.h>

#define COLUMN_LIMIT 12
#define DOMAINS_KEPT 100000
#define OTHER "other"
#define DEFERRED "deferred"
#define NOT_KEPT "not_kept" /* unverified events beyond what a flood may fill */

static const Statement commit = { "commit", "commit" };

static const Statement improve_events = { "improve_events",
	"update events e set evidence = t.evidence, proof = t.proof, category = t.category, confidence = t.confidence, "
	"rule = t.rule,"
	" list = t.list, sender_domain = t.sender_domain, provider = t.provider"
	" from unnest($1::text[], $2::timestamptz[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], "
	"$8::text[],"
	" $9::text[], $10::text[], $11::text[])"
	" as t(recipient, at, key, evidence, proof, category, confidence, rule, list, sender_domain, provider)"
	" where e.recipient = t.recipient and e.at = t.at and e.key = t.key" };

/*
 * The rows that stood there are locked, so the condition only meets what came in between: a person's entry stays, and
 * of two automatic ones the longer holds, with no change where they are as good as the same. A new beginning has a new
 * reference. The audit says what really happened.
 */
static const Statement list_targets = { "list_targets",
	"with made as ("
	" insert into blacklist as b (target, scope, category, reason, source, evidence, expires_at, strikes, "
	"event_at, report, probe_every, probe_at)"
	" select target, scope, category, reason, 'auto', evidence, expires_at, strikes, event_at, report,"
	"  make_interval(secs => nullif(probe, 0)), now() + make_interval(secs => nullif(probe, 0))"
	" from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::int4[],"
	"  $8::timestamptz[], $9::int8[], $10::int8[])"
	"  as t(target, scope, category, reason, evidence, expires_at, strikes, event_at, report, probe)"
	" order by target collate \"C\", scope collate \"C\""
	" on conflict (target, scope) do update set category = excluded.category, reason = excluded.reason, source = "
	"'auto',"
	"  evidence = excluded.evidence, strikes = excluded.strikes, event_at = excluded.event_at, report = "
	"excluded.report,"
	"  probe_every = excluded.probe_every, probe_at = excluded.probe_at,"
	"  expires_at = case when b.expires_at <= now() then excluded.expires_at"
	"   when b.expires_at is null or excluded.expires_at is null then null"
	"   else greatest(b.expires_at, excluded.expires_at) end,"
	"  since = case when b.expires_at <= now() then now() else b.since end,"
	"  number = case when b.expires_at <= now() then excluded.number else b.number end,"
	"  note = case when b.expires_at <= now() then '' else b.note end"
	" where b.expires_at <= now() or (b.source = 'auto' and b.expires_at is not null"
	"  and (excluded.expires_at is null or excluded.expires_at >= b.expires_at + interval '1 day'))"
	" returning b.*"
	") insert into audit (target, scope, action, category, actor, reason, detail)"
	" select target, scope, case when since < now() then 'extend' when strikes > 1 then 'renew' else 'list' end, "
	"category,"
	"  'auto', reason, reference || ' until ' || coalesce(expires_at::text, 'removed') || ' on ' || evidence"
	" from made order by target, scope" };

/* By their places, which the locks keep: a join that was planned while the table was empty would walk through all of it. */
static const Statement release_targets = { "release_targets",
	"with ended as ("
	" update blacklist b set expires_at = now(), probe_at = null where b.ctid = any(array("
	"  select e.place from unnest($1::text[], $2::text[]) as t(target, scope),"
	"  lateral (select ctid as place from blacklist where target = t.target and scope = t.scope and source = 'auto'"
	"   and (expires_at is null or expires_at > now()) for update) as e))"
	" returning b.*"
	") insert into audit (target, scope, action, category, actor, reason, detail)"
	" select target, scope, 'release', category, 'auto', 'mail was delivered', reference || ' since ' || since"
	" from ended order by target, scope" };

static const Statement note_rule_sets = { "note_rule_sets",
	"insert into rule_sets as r (hash) select distinct hash from unnest($1::text[]) as t(hash) order by hash"
	" on conflict (hash) do update set active_since = now()"
	" where r.active_since < (select max(active_since) from rule_sets)" };

/* What a person, the list or DNS says of a domain is not overruled by where a report came from. */
static const Statement note_domains = { "note_domains",
	"insert into provider_domains as p (domain, provider, source)"
	" select distinct on (domain) domain, provider, 'report' from unnest($1::text[], $2::text[]) as t(domain, "
	"provider) "
	"order by domain"
	" on conflict (domain) do update set provider = excluded.provider, source = 'report', seen_at = now()"
	" where p.source in ('', 'report') and p.provider <> excluded.provider" };

static const Statement count_events = { "count_events",
	"insert into counters as c (hour, provider, sender_domain, category, shard, n, verified)"
	" select date_trunc('hour', at) as hour, provider, sender_domain, category, pg_backend_pid() % 32, sum(n), "
	"sum(verified)"
	" from unnest($1::timestamptz[], $2::text[], $3::text[], $4::text[], $5::int4[], $6::int4[])"
	"  as t(at, provider, sender_domain, category, n, verified)"
	" group by 1, 2, 3, 4 order by 1, 2, 3, 4"
	" on conflict (hour, provider, sender_domain, category, shard)"
	" do update set n = c.n + excluded.n, verified = c.verified + excluded.verified" };

typedef struct Columns {
	Params *params;
	Column *column[COLUMN_LIMIT];
	unsigned next; /* of the row that is being written */
} Columns;

static ColumnType
column_type(char letter)
{
	switch (letter) {
	case 't':
		return COLUMN_TEXT;
	case 'T':
		return COLUMN_TIME;
	case '2':
		return COLUMN_INT2;
	case '4':
		return COLUMN_INT4;
	case '8':
		return COLUMN_INT8;
	default:
		return COLUMN_UUID;
	}
}

/* One letter per column: t text, T time, 2 4 8 integers of so many octets, u uuid. */
static void
columns_init(Columns *columns, const char *types)
{
	*columns = (Columns){ .params = params_new() };
	for (unsigned i = 0; types[i] != '\0'; i++) {
		g_assert(i < COLUMN_LIMIT);
		columns->column[i] = params_add_column(columns->params, column_type(types[i]));
	}
}

static void
row_begin(Columns *columns)
{
	columns->next = 0;
}

static void
put_text(Columns *columns, const char *text, size_t limit)
{
	column_add_text(columns->column[columns->next++], text == NULL ? "" : text, limit);
}

static void
put_number(Columns *columns, int64_t number)
{
	column_add_number(columns->column[columns->next++], number);
}

static void
put_time(Columns *columns, int64_t seconds)
{
	column_add_time(columns->column[columns->next++], seconds);
}

static void
put_uuid(Columns *columns, const unsigned char *uuid)
{
	column_add_uuid(columns->column[columns->next++], uuid);
}

/* Frees the columns; no statement for no rows. */
static bool
send_columns(Batch *batch, const Statement *statement, Columns *columns, bool any, GError **error)
{
	bool done = !any || database_queue(batch->writer->database, statement, columns->params, error);

	params_free(columns->params);
	return done;
}

const char *
item_provider(const Item *item)
{
	bool named = item->provider_known || item->evidence != EVIDENCE_UNVERIFIED;

	return named && *item->provider != '\0' ? item->provider : OTHER;
}

static const char *
counted_domain(const Item *item)
{
	return item->evidence == EVIDENCE_UNVERIFIED ? "" : item->sender_domain;
}

/* Mail that is still being tried has not failed, whatever holds it up; should it fail, that is an event of its own. */
static const char *
counted_category(const Item *item)
{
	return item->finding->event->action == ACTION_DELAYED ? DEFERRED
							      : category_name(item->finding->verdict.category);
}

static bool
queue_improvements(Batch *batch, GError **error)
{
	Columns columns;
	bool any = false;

	columns_init(&columns, "tTutttttttt");
	for (unsigned i = 0; i < batch->count; i++) {
		const Item *item = &batch->items[i];
		const Verdict *verdict = &item->finding->verdict;

		if (!item->improved)
			continue;
		any = true;
		row_begin(&columns);
		put_text(&columns, item->address, ADDRESS_BYTES);
		put_time(&columns, item->at);
		put_uuid(&columns, item->key);
		put_text(&columns, evidence_name(item->evidence), NAME_BYTES);
		put_text(&columns, item->proof, LINE_BYTES);
		put_text(&columns, category_name(verdict->category), NAME_BYTES);
		put_text(&columns, confidence_name(verdict->confidence), NAME_BYTES);
		put_text(&columns, verdict->rule, NAME_BYTES);
		put_text(&columns, verdict->list, NAME_BYTES);
		put_text(&columns, item->sender_domain, NAME_BYTES);
		put_text(&columns, item_provider(item), NAME_BYTES);
	}
	return send_columns(batch, &improve_events, &columns, any, error);
}

static bool
queue_listings(Batch *batch, GError **error)
{
	GHashTableIter iter;
	Columns columns;
	bool any = false;
	void *key;

	columns_init(&columns, "tttttT4T88");
	g_hash_table_iter_init(&iter, batch->targets);
	while (g_hash_table_iter_next(&iter, &key, NULL)) {
		const Target *target = key;
		const char *reply;

		if (!target->listed)
			continue;
		any = true;
		reply = target->cause->finding->event->diagnostic;
		row_begin(&columns);
		put_text(&columns, target->target, ADDRESS_BYTES + 1);
		put_text(&columns, target->scope, NAME_BYTES);
		put_text(&columns, category_name(target->category), NAME_BYTES);
		put_text(&columns, *reply == '\0' ? category_text(target->category) : reply, REASON_BYTES);
		put_text(&columns, evidence_name(target->cause->evidence), NAME_BYTES);
		put_time(&columns, target->until);
		put_number(&columns, target->strikes);
		put_time(&columns, target->cause->request->submission->inbound->received_at);
		put_number(&columns, target->cause->report);
		put_number(&columns, target->cause->plan.probe_seconds);
	}
	return send_columns(batch, &list_targets, &columns, any, error);
}

static bool
queue_releases(Batch *batch, GError **error)
{
	GHashTableIter iter;
	Columns columns;
	bool any = false;
	void *key;

	columns_init(&columns, "tt");
	g_hash_table_iter_init(&iter, batch->targets);
	while (g_hash_table_iter_next(&iter, &key, NULL)) {
		const Target *target = key;

		if (!target->released)
			continue;
		any = true;
		row_begin(&columns);
		put_text(&columns, target->target, ADDRESS_BYTES + 1);
		put_text(&columns, target->scope, NAME_BYTES);
	}
	return send_columns(batch, &release_targets, &columns, any, error);
}

static bool
queue_rule_sets(Batch *batch, GError **error)
{
	const char *last = NULL;
	Columns columns;

	columns_init(&columns, "t");
	for (unsigned i = 0; i < batch->request_count; i++) {
		const char *hash = batch->requests[i]->submission->rule_set;

		if (g_hash_table_contains(batch->writer->rule_sets, hash) || (last != NULL && strcmp(hash, last) == 0))
			continue;
		row_begin(&columns);
		put_text(&columns, last = hash, NAME_BYTES);
	}
	return send_columns(batch, &note_rule_sets, &columns, last != NULL, error);
}

/* A provider by name whose domain is not yet known to be its; only on evidence. NULL: nothing to learn. */
static const char *
learned_domain(const Batch *batch, const Item *item)
{
	const char *domain = address_domain(item->address);
	const char *known;

	if ((!item->fresh && !item->improved) || item->evidence == EVIDENCE_UNVERIFIED || !item->provider_known
		|| *domain == '\0' || strlen(domain) > NAME_BYTES)
		return NULL;
	known = g_hash_table_lookup(batch->writer->domains, domain);
	return known != NULL && strcmp(known, item->provider) == 0 ? NULL : domain;
}

static bool
queue_domains(Batch *batch, GError **error)
{
	Columns columns;
	bool any = false;

	columns_init(&columns, "tt");
	for (unsigned i = 0; i < batch->count; i++) {
		const char *domain = learned_domain(batch, &batch->items[i]);

		if (domain == NULL)
			continue;
		any = true;
		row_begin(&columns);
		put_text(&columns, domain, NAME_BYTES);
		put_text(&columns, batch->items[i].provider, NAME_BYTES);
	}
	return send_columns(batch, &note_domains, &columns, any, error);
}

/* Incidents, which a report only claims, need more behind them than a message that somebody has seen. */
static int64_t
counts_for(Evidence evidence, int64_t incidents)
{
	return evidence <= EVIDENCE_REPORTER ? incidents : 1;
}

static void
put_count(Columns *columns, const Item *item, const char *provider, const char *domain, const char *category,
	Evidence evidence, int64_t n)
{
	row_begin(columns);
	put_time(columns, item->at);
	put_text(columns, provider, NAME_BYTES);
	put_text(columns, domain, NAME_BYTES);
	put_text(columns, category, NAME_BYTES);
	put_number(columns, n);
	put_number(columns, evidence == EVIDENCE_UNVERIFIED ? 0 : n);
}

/* An improved event moves from where it was counted to where it belongs. */
static bool
queue_counters(Batch *batch, GError **error)
{
	Columns columns;
	bool any = false;

	columns_init(&columns, "Tttt44");
	for (unsigned i = 0; i < batch->count; i++) {
		const Item *item = &batch->items[i];
		const Before *before = &item->before;
		int64_t incidents = before->found ? before->incidents : submission_incidents(item->request->submission);

		if (item->unkept) {
			any = true;
			put_count(&columns, item, OTHER, "", NOT_KEPT, EVIDENCE_UNVERIFIED, 1);
			continue;
		}
		/* Improved, but its row went with an old partition: its hour is history. */
		if (!item->fresh && !before->found)
			continue;
		any = true;
		if (before->found)
			put_count(&columns, item, before->provider, before->sender_domain, before->category,
				before->evidence, -counts_for(before->evidence, incidents));
		put_count(&columns, item, item_provider(item), counted_domain(item), counted_category(item),
			item->evidence, counts_for(item->evidence, incidents));
	}
	return send_columns(batch, &count_events, &columns, any, error);
}

/* What the database has now, by the commit, need not be told again. */
static void
remember(Batch *batch)
{
	Writer *writer = batch->writer;

	if (g_hash_table_size(writer->domains) > DOMAINS_KEPT)
		g_hash_table_remove_all(writer->domains);
	for (unsigned i = 0; i < batch->count; i++) {
		const char *domain = learned_domain(batch, &batch->items[i]);

		if (domain != NULL)
			g_hash_table_insert(writer->domains, g_strdup(domain), g_strdup(batch->items[i].provider));
	}
	for (unsigned i = 0; i < batch->request_count; i++)
		g_hash_table_add(writer->rule_sets, g_strdup(batch->requests[i]->submission->rule_set));
}

static bool
finish(Database *database, GError **error)
{
	g_autoptr(GPtrArray) answers = database_finish(database, error);

	return answers != NULL;
}

bool
batch_write(Batch *batch, GError **error)
{
	Database *database = batch->writer->database;

	batch_number_reports(batch);
	if (!queue_listings(batch, error) || !batch_queue_held(batch, error) || !queue_releases(batch, error)
		|| !queue_improvements(batch, error) || !queue_rule_sets(batch, error) || !queue_domains(batch, error)
		|| !finish(database, error))
		return false;
	if (!batch_copy_reports(batch, error) || !batch_copy_events(batch, error))
		return false;
	if (!queue_counters(batch, error) || !batch_queue_programmes(batch, error)
		|| !database_queue(database, &commit, NULL, error) || !finish(database, error))
		return false;
	remember(batch);
	return true;
}
