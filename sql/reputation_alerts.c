#include "reputation_alerts.h"

#include "listing_rows.h"
#include "text_limits.h"

#include <string.h>

static const Statement recall = { "reputation_recall",
	"select s.state, s.leaning, extract(epoch from s.leaning_since)::bigint, extract(epoch from now())::bigint"
	" from unnest($1::text[], $2::text[]) with ordinality as g(subject, name, n)"
	" left join reputation_states s on s.subject = g.subject and s.name = g.name order by g.n" };

/* Only what stands as it was recalled: of two watchers that find the same, the second waits for the row and changes nothing. */
static const Statement note = { "reputation_note",
	"with given as materialized ("
	" select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::int8[], $7::int8[],"
	"  $8::int8[], $9::int8[])"
	"  as g(subject, name, was, state, leaning, leaning_since, sent, hard, complaints)"
	"), noted as ("
	" insert into reputation_states as s (subject, name, state, leaning, leaning_since)"
	" select subject, name, state, leaning, to_timestamp(nullif(leaning_since, 0)) from given order by 1, 2"
	" on conflict (subject, name) do update set leaning = excluded.leaning, leaning_since = excluded.leaning_since,"
	"  was = case s.state when excluded.state then s.was else s.state end,"
	"  since = case s.state when excluded.state then s.since else now() end, state = excluded.state"
	"  where s.state = (select was from given g where g.subject = s.subject and g.name = s.name)"
	" returning s.subject, s.name"
	") insert into reputation_alerts (subject, name, was, state, told_at, detail)"
	" select g.subject, g.name, g.was, g.state, case when $11::bigint <> 0 then now() end,"
	"  json_build_object('window', $10::text, 'sent', g.sent, 'hard_bounces',"
	"   json_build_object('count', g.hard, 'low', rate_low(g.hard, g.sent), 'high', rate_high(g.hard, g.sent)),"
	"   'complaints', json_build_object('count', g.complaints, 'low', rate_low(g.complaints, g.sent),"
	"    'high', rate_high(g.complaints, g.sent)))"
	" from noted join given g using (subject, name)"
	" where g.state <> g.was and (g.state <> 'good' or g.was <> '') order by g.subject, g.name"
	" returning subject, name, was, state" };

static const Statement take_next = { "reputation_alert_next",
	"with due as ("
	" select id from reputation_alerts a where told_at is null and due_at <= now() and not exists ("
	"  select from reputation_alerts e where e.told_at is null and e.subject = a.subject and e.name = a.name and "
	"e.id < a.id)"
	" order by id limit 1 for update skip locked"
	") update reputation_alerts a set tries = tries + 1, due_at = now() + least(interval '1 minute' * 2 ^ "
	"least(tries, 10), interval '1 hour')"
	" from due where a.id = due.id"
	" returning a.id, a.subject, a.name, a.was, a.state,"
	"  json_build_object('id', a.id, 'at', a.at, 'subject', a.subject, 'name', a.name, 'was', a.was, 'state', "
	"a.state,"
	"   'figures', a.detail::json), a.tries, a.at < now() - interval '7 days'" };

static const Statement count_waiting = { "reputation_alerts_waiting",
	"select count(*) from reputation_alerts where told_at is null and at < now() - interval '10 minutes'" };

static const Statement mark_told = { "reputation_alert_told",
	"update reputation_alerts set told_at = now() where id = $1::bigint" };

static void
change_clear(ReputationChange *change)
{
	g_free(change->subject);
	g_free(change->name);
	g_free(change->was);
	g_free(change->state);
}

static void
change_free(void *data)
{
	change_clear(data);
	g_free(data);
}

static ReputationChange
change_read(const Rows *rows, int row, int first)
{
	return (ReputationChange){
		.subject = g_strdup(rows_text(rows, row, first)),
		.name = g_strdup(rows_text(rows, row, first + 1)),
		.was = g_strdup(rows_text(rows, row, first + 2)),
		.state = g_strdup(rows_text(rows, row, first + 3)),
	};
}

/* "" for none. */
static const char *
state_of(Standing standing)
{
	return standing == STANDING_UNKNOWN ? "" : standing_name(standing);
}

static Standing
standing_of(const char *state)
{
	for (Standing standing = STANDING_GOOD; standing <= STANDING_BAD; standing++)
		if (strcmp(state, standing_name(standing)) == 0)
			return standing;
	return STANDING_UNKNOWN;
}

/* A row for each of found, in the same order. */
static Rows *
recall_all(Pool *pool, const GPtrArray *found, GError **error)
{
	g_autoptr(Params) params = params_new();
	Column *subjects = params_add_column(params, COLUMN_TEXT), *names = params_add_column(params, COLUMN_TEXT);

	for (unsigned i = 0; i < found->len; i++) {
		const Reputation *reputation = g_ptr_array_index(found, i);

		column_add_text(subjects, reputation_subject_name(reputation->subject), NAME_BYTES);
		column_add_text(names, reputation->name, NAME_BYTES);
	}
	return pool_read(pool, &recall, params, error);
}

static StandingMemory
memory_read(const Rows *rows, int row)
{
	StandingMemory memory = { 0 };

	if (rows_is_null(rows, row, 0))
		return memory;
	memory.said = standing_of(rows_text(rows, row, 0));
	memory.leaning = standing_of(rows_text(rows, row, 1));
	memory.since = rows_is_null(rows, row, 2) ? 0 : rows_number(rows, row, 2);
	return memory;
}

/* Of subject, name, was, state, leaning, since and the counts. */
#define NOTE_COLUMNS 9

static void
add_note(Column *const columns[NOTE_COLUMNS], const Reputation *reputation, Standing was, const StandingMemory *memory)
{
	const char *const texts[] = { reputation_subject_name(reputation->subject), reputation->name, state_of(was),
		state_of(memory->said), state_of(memory->leaning) };
	const int64_t numbers[] = { memory->since, reputation->now.sent, reputation->now.hard,
		reputation->now.complaints };

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
		column_add_text(columns[i], texts[i], NAME_BYTES);
	for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++)
		column_add_number(columns[G_N_ELEMENTS(texts) + i], numbers[i]);
}

/* Those of which something is to be noted; returns how many. */
static unsigned
follow_all(Column *const columns[NOTE_COLUMNS], const GPtrArray *found, const Rows *recalled, int64_t hold)
{
	unsigned count = 0;

	for (unsigned i = 0; i < found->len; i++) {
		const Reputation *reputation = g_ptr_array_index(found, i);
		StandingMemory memory = memory_read(recalled, (int)i);
		StandingMemory next = standing_follow(
			memory, reputation->standing, reputation->range, rows_number(recalled, (int)i, 3), hold);

		if (next.said == memory.said && next.leaning == memory.leaning && next.since == memory.since)
			continue;
		add_note(columns, reputation, memory.said, &next);
		count++;
	}
	return count;
}

static GPtrArray *
changes_read(const Rows *rows)
{
	GPtrArray *changes = g_ptr_array_new_with_free_func(change_free);

	for (int row = 0; row < rows_count(rows); row++) {
		ReputationChange change = change_read(rows, row, 0);

		g_ptr_array_add(changes, g_memdup2(&change, sizeof(change)));
	}
	return changes;
}

GPtrArray *
reputation_note(
	Blacklist *blacklist, const GPtrArray *found, const ReputationSettings *settings, bool told, GError **error)
{
	Pool *pool = blacklist_pool(blacklist);
	g_autoptr(Rows) recalled = recall_all(pool, found, error), rows = NULL;
	g_autoptr(Params) params = params_new();
	Column *columns[NOTE_COLUMNS];

	if (recalled == NULL)
		return NULL;
	for (size_t i = 0; i < G_N_ELEMENTS(columns); i++)
		columns[i] = params_add_column(params, i < 5 ? COLUMN_TEXT : COLUMN_INT8);
	if (follow_all(columns, found, recalled, settings->hold_ms / 1000) == 0)
		return g_ptr_array_new_with_free_func(change_free);
	params_add_text(params, reputation_windows[settings->alert_window]);
	params_add_number(params, told);
	rows = pool_write(pool, &note, params, error);
	return rows == NULL ? NULL : changes_read(rows);
}

void
reputation_alert_free(ReputationAlert *alert)
{
	if (alert == NULL)
		return;
	change_clear(&alert->change);
	g_free(alert->json);
	g_free(alert);
}

bool
reputation_alert_next(Blacklist *blacklist, ReputationAlert **ret_alert, GError **error)
{
	g_autoptr(Rows) rows = pool_write(blacklist_pool(blacklist), &take_next, NULL, error);
	ReputationAlert *alert = NULL;

	if (rows == NULL)
		return false;
	if (rows_count(rows) > 0) {
		alert = g_new0(ReputationAlert, 1);
		alert->id = rows_number(rows, 0, 0);
		alert->change = change_read(rows, 0, 1);
		alert->json = g_strdup(rows_text(rows, 0, 5));
		alert->tries = (unsigned)rows_number(rows, 0, 6);
		alert->late = rows_bool(rows, 0, 7);
	}
	*ret_alert = alert;
	return true;
}

bool
reputation_alerts_waiting(Blacklist *blacklist, uint64_t *ret_count, GError **error)
{
	g_autoptr(Rows) rows = pool_read(blacklist_pool(blacklist), &count_waiting, NULL, error);

	if (rows == NULL)
		return false;
	*ret_count = (uint64_t)rows_number(rows, 0, 0);
	return true;
}

bool
reputation_alert_told(Blacklist *blacklist, int64_t id, GError **error)
{
	g_autoptr(Params) params = params_new();
	g_autoptr(Rows) rows = NULL;

	params_add_number(params, id);
	rows = pool_write(blacklist_pool(blacklist), &mark_told, params, error);
	return rows != NULL;
}
