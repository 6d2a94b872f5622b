#include "cache_private.h"

#include <string.h>

/* A mirror that Redis may evict from would answer "not listed" for what it has thrown away. */
static bool
check_eviction(const redisReply *reply, GError **error)
{
	const char *info = reply->type == REDIS_REPLY_STRING ? reply->str : NULL;

	if (info == NULL)
		return reply_fail(reply, error);
	if (strstr(info, "\nmaxmemory:0\r") != NULL || strstr(info, "\nmaxmemory_policy:noeviction\r") != NULL)
		return true;
	g_set_error(error, RETOUR_ERROR, ERROR_CONFIG,
		"redis: maxmemory is set and its policy would evict blacklist entries; set maxmemory-policy "
		"noeviction");
	return false;
}

/* Not there, of a foreign type or database, or damaged: all mean a rebuild. */
static bool
read_position(Cache *cache, const redisReply *reply, const char *database, ChangePosition *ret_position)
{
	const char *fields[4];
	bool usable;

	if (reply->type != REDIS_REPLY_ARRAY || reply->elements != G_N_ELEMENTS(fields))
		return false;
	for (unsigned i = 0; i < G_N_ELEMENTS(fields); i++) {
		fields[i] = reply_text(reply->element[i]);
		if (fields[i] == NULL)
			return false;
	}
	usable = strcmp(fields[0], database) == 0 && generation_is_valid(fields[1])
		 && g_ascii_string_to_unsigned(fields[2], 10, 0, UINT64_MAX, &ret_position->xid, NULL)
		 && g_ascii_string_to_signed(fields[3], 10, INT64_MIN, INT64_MAX, &ret_position->id, NULL);
	if (usable)
		cache_set_generation(cache, fields[1]);
	return usable;
}

bool
cache_position(Cache *cache, const char *database, bool *ret_usable, ChangePosition *ret_position, GError **error)
{
	g_autofree char *key = cache_key(cache, "position");
	g_autoptr(GString) request = g_string_new(NULL);
	ChangePosition position = { 0 };

	if (!cache_is_there(cache, error))
		return false;
	cache_set_database(cache, database);
	request_add(request, "INFO", "memory", NULL);
	request_add(request, "HMGET", key, "database", "generation", "xid", "id", NULL);
	g_autoptr(GPtrArray) replies = redis_pool_ask(cache->primary, request, 2, PATIENCE_MIRROR, error);

	if (replies == NULL || !check_eviction(g_ptr_array_index(replies, 0), error))
		return false;
	const redisReply *reply = g_ptr_array_index(replies, 1);

	if (reply->type == REDIS_REPLY_ERROR && !g_str_has_prefix(reply->str, "WRONGTYPE"))
		return reply_fail(reply, error);
	*ret_usable = read_position(cache, reply, database, &position);
	*ret_position = position;
	return true;
}

/* KEYS: position fresh. ARGV: prefix, database, from, to, how long fresh (0: not current), then three words a state. */
static const char apply_script[] =
	"local at = redis.call('HMGET', KEYS[1], 'database', 'generation', 'xid', 'id')\n"
	"if not at[2] or at[1] ~= ARGV[2] or at[3] ~= ARGV[3] or at[4] ~= ARGV[4] then return 0 end\n"
	"for i = 8, #ARGV, 3 do\n"
	"	local key = ARGV[1] .. at[2] .. ':' .. ARGV[i]\n"
	"	if ARGV[i + 1] == '' then\n"
	"		redis.call('UNLINK', key)\n"
	"	else\n"
	"		redis.call('SET', key, ARGV[i + 1])\n"
	"		if ARGV[i + 2] ~= '' then redis.call('PEXPIREAT', key, ARGV[i + 2]) end\n"
	"	end\n"
	"end\n"
	"redis.call('HSET', KEYS[1], 'xid', ARGV[5], 'id', ARGV[6])\n"
	"if ARGV[7] ~= '0' then redis.call('SET', KEYS[2], at[2], 'PX', ARGV[7]) end\n"
	"return 1\n";

static void
add_position(Script *script, ChangePosition position)
{
	g_autofree char *xid = g_strdup_printf("%" G_GUINT64_FORMAT, position.xid);

	script_add(script, xid);
	script_add_number(script, position.id);
}

bool
cache_apply(Cache *cache, const char *database, ChangePosition from, ChangePosition to, const GPtrArray *states,
	bool current, bool *ret_applied, GError **error)
{
	static const char *const keys[] = { "position", "fresh", NULL };
	g_auto(Script) script = { 0 };
	int64_t applied;

	if (!cache_is_there(cache, error))
		return false;
	script_init(&script, cache, apply_script, keys);
	script_add(&script, cache->prefix);
	script_add(&script, database);
	add_position(&script, from);
	add_position(&script, to);
	script_add_number(&script, current ? cache->fresh_ms : 0);
	for (unsigned i = 0; i < states->len; i++)
		script_add_state(&script, g_ptr_array_index(states, i));
	if (!script_run(&script, cache, &applied, error))
		return false;
	*ret_applied = applied == 1;
	return true;
}
