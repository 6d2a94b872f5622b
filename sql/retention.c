#include "retention.h"

#include "listing_rows.h"

#define SWEPT_AT_ONCE 10000
#define DROP_TRIES 10
#define DROP_PAUSE_US (G_USEC_PER_SEC / 2)
#define YEARS INT64_C(3650) * 24 * 60 * 60 * 1000

static const Statement list = { "retention_partitions",
	"select retention_partitions($1::text, $2::bigint * interval '1 millisecond')" };
static const Statement drop = { "retention_drop",
	"select retention_drop($1::text, $2::text, $3::bigint * interval '1 millisecond')" };
static const Statement sweep = { "retention_sweep",
	"select retention_sweep($1::text, $2::bigint * interval '1 millisecond', $3::bigint::integer)" };

static const Statement prepare = { "retention_prepare", "select make_partitions()" };

#define KEEP(name, table, usual) \
	{ \
		.key = (name), .type = SETTING_DURATION, .offset = offsetof(RetentionSettings, keep_ms[table]), \
		.fallback = (usual), .low = 0, .high = YEARS \
	}

const Setting retention_settings[] = {
	KEEP("events", RETENTION_EVENTS, "400d"),
	KEEP("reports", RETENTION_REPORTS, "400d"),
	KEEP("sent", RETENTION_SENT, "60d"),
	KEEP("event_keys", RETENTION_EVENT_KEYS, "400d"),
	KEEP("strikes", RETENTION_STRIKES, "400d"),
	KEEP("expired_entries", RETENTION_BLACKLIST, "730d"),
	KEEP("provider_domains", RETENTION_PROVIDER_DOMAINS, "400d"),
	KEEP("alerts", RETENTION_ALERTS, "400d"),
	{ 0 },
};

const RetentionRule retention_rules[RETENTION_COUNT] = {
	[RETENTION_EVENTS] = { "events", true, true },
	[RETENTION_REPORTS] = { "reports", true, true },
	[RETENTION_SENT] = { "sent", true, false },
	[RETENTION_EVENT_KEYS] = { "event_keys", false, true },
	[RETENTION_STRIKES] = { "strikes", false, true },
	[RETENTION_BLACKLIST] = { "blacklist", false, true },
	[RETENTION_PROVIDER_DOMAINS] = { "provider_domains", false, true },
	[RETENTION_ALERTS] = { "reputation_alerts", false, true },
};

bool
retention_prepare(Blacklist *blacklist, GError **error)
{
	g_autoptr(Rows) rows = pool_write(blacklist_pool(blacklist), &prepare, NULL, error);

	return rows != NULL;
}

/* A partition that a long query reads is tried again, but not for ever: writers queue behind each try. */
static bool
drop_partition(Blacklist *blacklist, const char *table, const char *partition, int64_t keep_ms, RetentionDone *done,
	GError **error)
{
	g_autoptr(Params) params = params_new();

	params_add_text(params, table);
	params_add_text(params, partition);
	params_add_number(params, keep_ms);
	for (unsigned try = 1;; try++) {
		g_autoptr(GError) problem = NULL;
		g_autoptr(Rows) rows = pool_write(blacklist_pool(blacklist), &drop, params, &problem);

		if (rows != NULL) {
			done->partitions += rows_bool(rows, 0, 0);
			return true;
		}
		if (try == DROP_TRIES || !g_error_matches(problem, RETOUR_ERROR, ERROR_RETRY)) {
			g_propagate_prefixed_error(error, g_steal_pointer(&problem), "%s: ", partition);
			return false;
		}
		g_usleep(DROP_PAUSE_US);
	}
}

static bool
drop_partitions(Blacklist *blacklist, const char *table, int64_t keep_ms, RetentionDone *done, GError **error)
{
	g_autoptr(Params) params = params_new();
	g_autoptr(Rows) rows = NULL;

	params_add_text(params, table);
	params_add_number(params, keep_ms);
	rows = pool_read(blacklist_pool(blacklist), &list, params, error);
	if (rows == NULL)
		return false;
	for (int row = 0; row < rows_count(rows); row++)
		if (!drop_partition(blacklist, table, rows_text(rows, row, 0), keep_ms, done, error))
			return false;
	return true;
}

bool
retention_run(Blacklist *blacklist, RetentionTable table, const RetentionSettings *settings,
	void (*progress)(void *context, uint64_t rows), void *context, RetentionDone *ret_done, GError **error)
{
	const RetentionRule *rule = &retention_rules[table];
	int64_t keep_ms = settings->keep_ms[table];
	g_autoptr(Params) params = params_new();
	int64_t rows_gone = SWEPT_AT_ONCE;

	*ret_done = (RetentionDone){ 0 };
	if (keep_ms == 0)
		return true;
	if (rule->partitioned && !drop_partitions(blacklist, rule->table, keep_ms, ret_done, error))
		return false;
	params_add_text(params, rule->table);
	params_add_number(params, keep_ms);
	params_add_number(params, SWEPT_AT_ONCE);
	while (rule->swept && rows_gone == SWEPT_AT_ONCE) {
		g_autoptr(Rows) rows = pool_write(blacklist_pool(blacklist), &sweep, params, error);

		if (rows == NULL)
			return false;
		rows_gone = rows_number(rows, 0, 0);
		ret_done->rows += (uint64_t)rows_gone;
		if (progress != NULL)
			progress(context, ret_done->rows);
	}
	return true;
}
