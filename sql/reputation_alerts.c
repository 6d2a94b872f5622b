#include "reputation_alerts.h"

#include "listing_rows.h"
#include "text_limits.h"

/* Of two watchers that find the same, the second waits for the row and then changes nothing. */
static const Statement note = { "reputation_note",
	"with given as materialized ("
	" select * from unnest($1::text[], $2::text[], $3::text[], $4::int8[], $5::int8[], $6::int8[])"
	"  as g(subject, name, state, sent, hard, complaints)"
	"), changed as ("
	" insert into reputation_states as s (subject, name, state)"
	" select subject, name, state from given g where not exists (select from reputation_states s"
	"  where s.subject = g.subject and s.name = g.name and s.state = g.state) order by 1, 2"
	" on conflict (subject, name) do update set was = s.state, state = excluded.state, since = now()"
	"  where s.state <> excluded.state"
	" returning s.subject, s.name, s.was, s.state"
	") insert into reputation_alerts (subject, name, was, state, told_at, detail)"
	" select c.subject, c.name, c.was, c.state, case when $8::bigint <> 0 then now() end,"
	"  json_build_object('window', $7::text, 'sent', g.sent, 'hard_bounces',"
	"   json_build_object('count', g.hard, 'low', rate_low(g.hard, g.sent), 'high', rate_high(g.hard, g.sent)),"
	"   'complaints', json_build_object('count', g.complaints, 'low', rate_low(g.complaints, g.sent),"
	"    'high', rate_high(g.complaints, g.sent)))"
	" from changed c join given g using (subject, name)"
	" where c.state <> 'good' or c.was <> '' order by c.subject, c.name"
	" returning subject, name, was, state" };

static const Statement next = { "reputation_alert_next",
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

static const Statement told = { "reputation_alert_told",
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

static void
add_found(Column *const columns[6], const GPtrArray *found)
{
	for (unsigned i = 0; i < found->len; i++) {
		const Reputation *reputation = g_ptr_array_index(found, i);

		if (reputation->standing == STANDING_UNKNOWN)
			continue;
		column_add_text(columns[0], reputation_subject_name(reputation->subject), NAME_BYTES);
		column_add_text(columns[1], reputation->name, NAME_BYTES);
		column_add_text(columns[2], standing_name(reputation->standing), NAME_BYTES);
		column_add_number(columns[3], reputation->now.sent);
		column_add_number(columns[4], reputation->now.hard);
		column_add_number(columns[5], reputation->now.complaints);
	}
}

GPtrArray *
reputation_note(
	Blacklist *blacklist, const GPtrArray *found, ReputationWindow window, bool told_already, GError **error)
{
	g_autoptr(Params) params = params_new();
	g_autoptr(Rows) rows = NULL;
	Column *columns[6];
	GPtrArray *changes;

	for (size_t i = 0; i < G_N_ELEMENTS(columns); i++)
		columns[i] = params_add_column(params, i < 3 ? COLUMN_TEXT : COLUMN_INT8);
	add_found(columns, found);
	params_add_text(params, reputation_windows[window]);
	params_add_number(params, told_already);
	rows = pool_write(blacklist_pool(blacklist), &note, params, error);
	if (rows == NULL)
		return NULL;
	changes = g_ptr_array_new_with_free_func(change_free);
	for (int row = 0; row < rows_count(rows); row++) {
		ReputationChange change = change_read(rows, row, 0);

		g_ptr_array_add(changes, g_memdup2(&change, sizeof(change)));
	}
	return changes;
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
	g_autoptr(Rows) rows = pool_write(blacklist_pool(blacklist), &next, NULL, error);
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
	rows = pool_write(blacklist_pool(blacklist), &told, params, error);
	return rows != NULL;
}
