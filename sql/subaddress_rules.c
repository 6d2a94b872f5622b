#include "subaddress_rules.h"

#include "listing_rows.h"
#include "text_limits.h"

#include <string.h>

#define TARGETS_AT_ONCE 500
/*
 * A mirror reads the rules once a second, or every five while it has trouble. Until all know them, nobody may be taken away
 * from under the name by which he is asked for.
 */
#define SETTLE_US (6 * G_USEC_PER_SEC)
/* What began before the rules came may still make an entry by the old ones. A dump would be waited for too long. */
#define PATIENCE_US (30 * G_USEC_PER_SEC)
#define PAUSE_US (G_USEC_PER_SEC / 10)

const Statement subaddress_rules_ask = { "subaddress_rules",
	"select domain, dots, tag, folds from subaddressing order by domain, folds desc, since desc" };
static const Statement set_rules = { "subaddressing_set",
	"select subaddressing_set($1::text[], $2::boolean[], $3::text[], $4::text)" };
static const Statement horizon = { "subaddressing_horizon", "select pg_snapshot_xmax(pg_current_snapshot())::text" };
static const Statement have_ended = { "subaddressing_ended",
	"select pg_snapshot_xmin(pg_current_snapshot()) >= $1::text::xid8" };
static const Statement rekey = { "blacklist_rekey",
	"select last, moved, merged from blacklist_rekey($1::text, $2::bigint::integer, $3::text)" };
static const Statement count = { "blacklist_rekey_count", "select entries, merged from blacklist_rekey_count()" };

Subaddressing *
subaddress_rules_read(const Rows *rows)
{
	Subaddressing *set = subaddressing_new();

	for (int row = 0; row < rows_count(rows); row++)
		subaddressing_add(set, &(SubaddressRule){
					       .domain = rows_text(rows, row, 0),
					       .dots = rows_bool(rows, row, 1),
					       .tag = *rows_text(rows, row, 2),
					       .folds = rows_bool(rows, row, 3),
				       });
	return set;
}

Subaddressing *
subaddress_rules_load(Blacklist *blacklist, GError **error)
{
	g_autoptr(Rows) rows = pool_read(blacklist_pool(blacklist), &subaddress_rules_ask, NULL, error);

	return rows == NULL ? NULL : subaddress_rules_read(rows);
}

typedef struct RuleColumns {
	Column *domain, *dots, *tag;
} RuleColumns;

static void
add_rule(void *context, const SubaddressRule *rule)
{
	const RuleColumns *columns = context;

	column_add_text(columns->domain, rule->domain, NAME_BYTES);
	column_add_number(columns->dots, rule->dots);
	column_add_text(columns->tag, (char[]){ rule->tag, '\0' }, 1);
}

static bool
change_rules(Database *database, const Subaddressing *set, const char *actor, unsigned *ret_changed, GError **error)
{
	g_autoptr(Params) params = params_new();
	RuleColumns columns = { .domain = params_add_column(params, COLUMN_TEXT),
		.dots = params_add_column(params, COLUMN_BOOL),
		.tag = params_add_column(params, COLUMN_TEXT) };
	g_autoptr(Rows) rows = NULL;

	subaddressing_foreach(set, add_rule, &columns);
	params_add_text(params, actor);
	rows = database_ask(database, &set_rules, params, error);
	if (rows == NULL)
		return false;
	*ret_changed = (unsigned)rows_number(rows, 0, 0);
	return true;
}

static bool
wait_for_all(Database *database, GError **error)
{
	int64_t begun = g_get_monotonic_time(), waited = 0;
	g_autoptr(Rows) next = database_ask(database, &horizon, NULL, error);
	bool ended = false;

	if (next == NULL)
		return false;
	while (waited < SETTLE_US || (!ended && waited < PATIENCE_US)) {
		g_autoptr(Params) params = params_new();
		g_autoptr(Rows) rows = NULL;

		g_usleep(PAUSE_US);
		params_add_text(params, rows_text(next, 0, 0));
		rows = database_ask(database, &have_ended, params, error);
		if (rows == NULL)
			return false;
		ended = rows_bool(rows, 0, 0);
		waited = g_get_monotonic_time() - begun;
	}
	return true;
}

static bool
rekey_all(Database *database, const char *actor, void (*progress)(void *context, uint64_t moved), void *context,
	RekeyCount *ret_count, GError **error)
{
	g_autofree char *after = g_strdup("");

	*ret_count = (RekeyCount){ 0 };
	for (;;) {
		g_autoptr(Params) params = params_new();
		g_autoptr(Rows) rows = NULL;

		params_add_text(params, after);
		params_add_number(params, TARGETS_AT_ONCE);
		params_add_text(params, actor);
		rows = database_ask(database, &rekey, params, error);
		if (rows == NULL)
			return false;
		if (rows_count(rows) == 0)
			return true;
		g_free(after);
		after = g_strdup(rows_text(rows, 0, 0));
		ret_count->moved += (uint64_t)rows_number(rows, 0, 1);
		ret_count->merged += (uint64_t)rows_number(rows, 0, 2);
		if (progress != NULL)
			progress(context, ret_count->moved + ret_count->merged);
	}
}

/* A connection for long work: the pool's answers within a time that a walk through a large list does not keep. */
static Database *
open_patient(Blacklist *blacklist, GError **error)
{
	return database_open(pool_url(blacklist_pool(blacklist)), 0, error);
}

bool
subaddress_rules_apply(Blacklist *blacklist, const Subaddressing *set, const char *actor,
	void (*progress)(void *context, uint64_t moved), void *context, unsigned *ret_changed, RekeyCount *ret_count,
	GError **error)
{
	g_autoptr(Database) database = open_patient(blacklist, error);

	return database != NULL && change_rules(database, set, actor, ret_changed, error)
	       && (*ret_changed == 0 || wait_for_all(database, error))
	       && rekey_all(database, actor, progress, context, ret_count, error);
}

bool
subaddress_rules_try(
	Blacklist *blacklist, const Subaddressing *set, unsigned *ret_changed, RekeyCount *ret_count, GError **error)
{
	g_autoptr(Database) database = open_patient(blacklist, error);
	g_autoptr(Rows) rows = NULL;

	if (database == NULL || !database_run(database, "begin", error)
		|| !change_rules(database, set, "", ret_changed, error)
		|| (rows = database_ask(database, &count, NULL, error)) == NULL)
		return false;
	*ret_count = (RekeyCount){ (uint64_t)rows_number(rows, 0, 0), (uint64_t)rows_number(rows, 0, 1) };
	return database_run(database, "rollback", error);
}

bool
subaddress_rules_rekey(Blacklist *blacklist, const char *actor, void (*progress)(void *context, uint64_t moved),
	void *context, RekeyCount *ret_count, GError **error)
{
	g_autoptr(Database) database = open_patient(blacklist, error);

	return database != NULL && rekey_all(database, actor, progress, context, ret_count, error);
}
