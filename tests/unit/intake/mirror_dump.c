#include "mirror_dump.h"

#include "database.h"

static void
add_redis(GString *text, const RedisServer *redis, const char *command, const char *key)
{
	g_autofree char *answer = redis_server_do(redis, command, key, NULL);

	g_string_append_printf(text, "%s %s: %s\n", command, key, answer);
}

/* $1: the target. */
static const Statement statements[] = {
	{ "dump_row", "select 'row ' || b::text from blacklist b where target = $1::text" },
	{ "dump_audit", "select 'audit ' || a::text from audit a where target = $1::text order by xid, id" },
	{ "dump_end", "select 'feed ends at ' || xid || ',' || id || ', now ' || pg_current_snapshot() from audit"
		      " where $1::text is not null order by xid desc, id desc limit 1" },
};

static void
add_rows(GString *text, const char *url, const char *target)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Database) database = database_open(url, 0, &error);

	g_assert_no_error(error);
	for (size_t i = 0; i < G_N_ELEMENTS(statements); i++) {
		g_autoptr(Params) params = params_new();

		params_add_text(params, target);
		g_autoptr(Rows) rows = database_ask(database, &statements[i], params, &error);

		g_assert_no_error(error);
		for (int row = 0; row < rows_count(rows); row++)
			g_string_append_printf(text, "%s\n", rows_text(rows, row, 0));
	}
}

char *
mirror_dump(const RedisServer *redis, const char *url, const char *target)
{
	static const char *const own[] = { "retour:fresh", "retour:rebuild", "retour:litter" };
	g_autofree char *pattern = g_strdup_printf("retour:*:%s", target);
	g_autofree char *found = redis_server_do(redis, "KEYS", pattern, NULL);
	g_auto(GStrv) keys = g_strsplit(found, " ", -1);
	GString *text = g_string_new(NULL);

	g_string_append_printf(text, "%s\n", target);
	add_redis(text, redis, "HGETALL", "retour:position");
	for (size_t i = 0; i < G_N_ELEMENTS(own); i++) {
		add_redis(text, redis, "GET", own[i]);
		add_redis(text, redis, "PTTL", own[i]);
	}
	for (char **key = keys; *key != NULL && **key != '\0'; key++) {
		add_redis(text, redis, "GET", *key);
		add_redis(text, redis, "PTTL", *key);
	}
	add_redis(text, redis, "INFO", "server");
	add_redis(text, redis, "INFO", "stats");
	add_rows(text, url, target);
	return g_string_free(text, FALSE);
}
