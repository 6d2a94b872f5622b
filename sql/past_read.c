#include "past_read.h"

#include "decision.h"
#include "listing_rows.h"

#include <string.h>

/* Nothing older can be told again: its partition may be gone, while the entry that rests on it still holds. */
static const Statement first_event = { "past_first",
	"select coalesce(extract(epoch from min(at))::bigint, extract(epoch from now())::bigint)"
	" from events where at >= to_timestamp($1::bigint)" };

static const Statement entries = { "past_entries",
	"select target, scope, coalesce(b.category, ''), case when b.target is null then 0 else floor(extract(epoch "
	"from b.expires_at)) end::bigint,"
	" coalesce(extract(epoch from b.event_at)::bigint, 0), coalesce(b.strikes, 0),"
	" coalesce(b.source <> 'auto', false), h.target is not null,"
	" coalesce(coalesce(b.event_at, b.since) < to_timestamp($1::bigint) or target like 'hash:%', false),"
	" greatest(coalesce(b.strikes, 0) - coalesce(l.times, 0), 0)::integer"
	" from blacklist b full join held h using (target, scope) left join ("
	"  select blacklist_key(target) as target, scope, count(*) as times from audit"
	"  where at >= to_timestamp($1::bigint) and action in ('list', 'renew') group by 1, 2"
	" ) as l using (target, scope)" };

/* Under the names that hold now. The end of an entry by hand stands in the words of its trail alone. */
static const Statement facts = { "past_facts",
	"select extract(epoch from at)::bigint, 'event' as deed, blacklist_key(recipient) as target, sender_domain as "
	"scope, action, "
	"category,"
	"  confidence, evidence, null::bigint as expires_at, at, report, key::text as tie"
	" from events where at >= to_timestamp($1::bigint) and evidence <> 'unverified' and recipient <> ''"
	"  and action in ('failed', 'complained', 'delivered')"
	" union all"
	" select extract(epoch from at)::bigint, action, blacklist_key(target), scope, '', category, '', '',"
	"  extract(epoch from substring(detail from ' until ([0-9]{4}-[0-9-]+ "
	"[0-9:.]+[+-][0-9:]+)')::timestamptz)::bigint,"
	"  at, 9223372036854775807, lpad(id::text, 20, '0')"
	" from audit where at >= to_timestamp($1::bigint) and (action in ('add', 'replace', 'remove', 'erase')"
	"  or (action = 'release' and reason <> 'mail was delivered'))"
	" order by at, report, tie" };

static Category
category_of(const char *name)
{
	Category category;

	return category_parse(name, &category) ? category : CATEGORY_UNDETERMINED; /* of a newer version */
}

static bool
hand_entry(void *context, const Rows *row)
{
	const PastReader *reader = context;
	PastEntry now = {
		.category = category_of(rows_text(row, 0, 2)),
		.expires_at = rows_time(row, 0, 3),
		.event_at = rows_number(row, 0, 4),
		.strikes = (unsigned)rows_number(row, 0, 5),
		.manual = rows_bool(row, 0, 6),
	};
	PastEntry before = { .strikes = (unsigned)rows_number(row, 0, 9) };

	if (rows_bool(row, 0, 8))
		before = now;
	reader->entry(reader->context, rows_text(row, 0, 0), rows_text(row, 0, 1), &now, &before, rows_bool(row, 0, 7));
	return true;
}

static PastKind
kind_of(const char *deed)
{
	if (strcmp(deed, "event") == 0)
		return PAST_EVENT;
	if (strcmp(deed, "add") == 0 || strcmp(deed, "replace") == 0)
		return PAST_ADDED;
	return strcmp(deed, "release") == 0 ? PAST_ENDED : PAST_REMOVED;
}

static bool
hand_fact(void *context, const Rows *row)
{
	const PastReader *reader = context;
	PastFact fact = {
		.kind = kind_of(rows_text(row, 0, 1)),
		.at = rows_number(row, 0, 0),
		.target = rows_text(row, 0, 2),
		.scope = rows_text(row, 0, 3),
		.verdict = { .category = category_of(rows_text(row, 0, 5)), .rule = "", .contact = "", .list = "" },
		.evidence = EVIDENCE_UNVERIFIED,
		.expires_at = rows_time(row, 0, 8),
	};

	if (fact.kind == PAST_EVENT
		&& (!action_parse(rows_text(row, 0, 4), &fact.action)
			|| !confidence_parse(rows_text(row, 0, 6), &fact.verdict.confidence)
			|| !evidence_parse(rows_text(row, 0, 7), &fact.evidence)))
		return true; /* of a newer version */
	reader->fact(reader->context, &fact);
	return true;
}

static bool
stream(Database *database, const Statement *statement, int64_t since, bool (*each)(void *context, const Rows *row),
	const PastReader *reader, GError **error)
{
	g_autoptr(Params) params = params_new();

	params_add_number(params, since);
	return database_stream(database, statement, params, each, (void *)(uintptr_t)reader, error);
}

static bool
read_all(Database *database, int64_t since, int64_t lead, const PastReader *reader, GError **error)
{
	g_autoptr(Params) params = params_new();
	g_autoptr(Rows) first = NULL;

	params_add_number(params, since);
	first = database_ask(database, &first_event, params, error);
	return first != NULL && stream(database, &entries, rows_number(first, 0, 0), hand_entry, reader, error)
	       && stream(database, &facts, MAX(since - lead, 0), hand_fact, reader, error);
}

bool
past_read(Blacklist *blacklist, int64_t since, int64_t lead, const PastReader *reader, GError **error)
{
	g_autoptr(Database) database = database_open(pool_url(blacklist_pool(blacklist)), 0, error);

	return database != NULL && database_run(database, "begin isolation level repeatable read read only", error)
	       && read_all(database, since, lead, reader, error) && database_run(database, "commit", error);
}
