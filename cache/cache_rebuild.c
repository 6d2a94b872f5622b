#include "cache_private.h"

#include <string.h>

#define BATCH_STATES 256
#define BATCH_BYTES (256 * 1024)
#define SWEEP_KEYS "1000"
#define LOCK_MS "30000"

/* A lock without expiry is none of ours. */
#define SCRIPT_TAKE_LOCK \
	"if redis.call('PTTL', KEYS[1]) == -1 then redis.call('UNLINK', KEYS[1]) end\n" \
	"if not redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', " LOCK_MS ") then return 0 end\n"

/* Whatever a rebuild writes or removes, it does under its lock, which it so renews. */
#define SCRIPT_HOLD_LOCK \
	"if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end\n" \
	"redis.call('PEXPIRE', KEYS[1], " LOCK_MS ")\n"

/* KEYS: rebuild litter. ARGV: token. */
static const char begin_script[] = SCRIPT_TAKE_LOCK "redis.call('SET', KEYS[2], '1')\nreturn 1\n";

/* KEYS: rebuild litter. ARGV: token. */
static const char begin_tidy_script[] =
	"if redis.call('EXISTS', KEYS[2]) == 0 then return 0 end\n" SCRIPT_TAKE_LOCK "return 1\n";

/* KEYS: rebuild. ARGV: token, prefix with generation, then three words a state. */
static const char write_script[] = SCRIPT_HOLD_LOCK
	"for i = 3, #ARGV, 3 do\n"
	"	redis.call('SET', ARGV[2] .. ARGV[i], ARGV[i + 1])\n"
	"	if ARGV[i + 2] ~= '' then redis.call('PEXPIREAT', ARGV[2] .. ARGV[i], ARGV[i + 2]) end\n"
	"end\n"
	"return 1\n";

/* KEYS: rebuild position fresh. ARGV: token, database, generation, xid, id. */
static const char switch_script[] = SCRIPT_HOLD_LOCK
	"redis.call('UNLINK', KEYS[2], KEYS[3])\n"
	"redis.call('HSET', KEYS[2], 'database', ARGV[2], 'generation', ARGV[3], 'xid', ARGV[4], 'id', ARGV[5])\n"
	"return 1\n";

/* KEYS: rebuild. ARGV: token, keys to be removed. */
static const char sweep_script[] = SCRIPT_HOLD_LOCK "for i = 2, #ARGV do redis.call('UNLINK', ARGV[i]) end\n"
						    "return 1\n";

/* KEYS: rebuild litter. ARGV: token, "tidy" when nothing was left behind. */
static const char release_script[] = SCRIPT_HOLD_LOCK "redis.call('UNLINK', KEYS[1])\n"
						      "if ARGV[2] == 'tidy' then redis.call('UNLINK', KEYS[2]) end\n"
						      "return 1\n";

static const char *const lock_keys[] = { "rebuild", NULL };
static const char *const lock_and_litter[] = { "rebuild", "litter", NULL };

struct CacheRebuild {
	Cache *cache;
	char *database, *generation;
	char *token;
	Script batch;
	unsigned batched;
	size_t bytes;
};

static bool
run_held(Script *script, Cache *cache, GError **error)
{
	int64_t held;

	if (!script_run(script, cache, &held, error))
		return false;
	if (held == 0)
		g_set_error(error, RETOUR_ERROR, ERROR_RETRY, "redis: the rebuild lock was lost");
	return held != 0;
}

/*
 * tidy: all that is left are the generation in use and keys of other people. Nothing can be done about a failure: the lock
 * expires.
 */
static void
release(Cache *cache, const char *token, bool tidy)
{
	g_auto(Script) script = { 0 };
	int64_t released;

	script_init(&script, cache, release_script, lock_and_litter);
	script_add(&script, token);
	script_add(&script, tidy ? "tidy" : "");
	script_run(&script, cache, &released, NULL);
}

static void
batch_start(CacheRebuild *rebuild)
{
	g_autofree char *stem = g_strconcat(rebuild->cache->prefix, rebuild->generation, ":", NULL);

	script_init(&rebuild->batch, rebuild->cache, write_script, lock_keys);
	script_add(&rebuild->batch, rebuild->token);
	script_add(&rebuild->batch, stem);
	rebuild->batched = 0;
	rebuild->bytes = 0;
}

static bool
batch_send(CacheRebuild *rebuild, GError **error)
{
	bool sent = run_held(&rebuild->batch, rebuild->cache, error);

	script_clear(&rebuild->batch);
	batch_start(rebuild);
	return sent;
}

CacheRebuild *
cache_rebuild_begin(Cache *cache, const char *database, GError **error)
{
	g_autofree char *token = generation_new();
	g_auto(Script) script = { 0 };
	int64_t taken;

	if (!cache_is_there(cache, error))
		return NULL;
	script_init(&script, cache, begin_script, lock_and_litter);
	script_add(&script, token);
	if (!script_run(&script, cache, &taken, error))
		return NULL;
	if (taken == 0) {
		g_set_error(error, RETOUR_ERROR, ERROR_RETRY, "redis: another rebuild is running");
		return NULL;
	}
	CacheRebuild *rebuild = g_new0(CacheRebuild, 1);

	rebuild->cache = cache;
	rebuild->database = g_strdup(database);
	rebuild->generation = generation_new();
	rebuild->token = g_steal_pointer(&token);
	batch_start(rebuild);
	return rebuild;
}

bool
cache_rebuild_add(CacheRebuild *rebuild, const TargetState *state, GError **error)
{
	if (state->listings->len == 0)
		return true;
	script_add_state(&rebuild->batch, state);
	rebuild->batched++;
	rebuild->bytes += strlen(g_ptr_array_index(rebuild->batch.words, rebuild->batch.words->len - 2));
	return (rebuild->batched < BATCH_STATES && rebuild->bytes < BATCH_BYTES) || batch_send(rebuild, error);
}

static void
rebuild_free(CacheRebuild *rebuild)
{
	script_clear(&rebuild->batch);
	g_free(rebuild->token);
	g_free(rebuild->generation);
	g_free(rebuild->database);
	g_free(rebuild);
}

void
cache_rebuild_abandon(CacheRebuild *rebuild)
{
	if (rebuild == NULL)
		return;
	release(rebuild->cache, rebuild->token, false);
	rebuild_free(rebuild);
}

/* The prefix as a SCAN pattern. */
static char *
sweep_pattern(const Cache *cache)
{
	GString *pattern = g_string_new(NULL);

	for (const char *p = cache->prefix; *p != '\0'; p++) {
		if (strchr("*?[]\\^", *p) != NULL)
			g_string_append_c(pattern, '\\');
		g_string_append_c(pattern, *p);
	}
	g_string_append(pattern, "*:*");
	return g_string_free(pattern, FALSE);
}

/* "<prefix><generation>:..." of a generation other than keep. */
static bool
is_litter(const Cache *cache, const char *key, const char *keep)
{
	g_autofree char *generation = g_strndup(key + strlen(cache->prefix), GENERATION_DIGITS);

	return generation_is_valid(generation) && key[strlen(cache->prefix) + GENERATION_DIGITS] == ':'
	       && strcmp(generation, keep) != 0;
}

static bool
sweep_keys(Cache *cache, const char *token, const char *keep, const redisReply *found, GError **error)
{
	g_auto(Script) script = { 0 };

	script_init(&script, cache, sweep_script, lock_keys);
	script_add(&script, token);
	for (size_t i = 0; i < found->elements; i++) {
		const char *key = reply_text(found->element[i]);

		if (key != NULL && g_str_has_prefix(key, cache->prefix) && is_litter(cache, key, keep))
			script_add(&script, key);
	}
	return run_held(&script, cache, error);
}

/* One step of SCAN; *cursor is owned by the caller and moves on. */
static bool
sweep_step(Cache *cache, const char *token, const char *keep, const char *pattern, char **cursor, GError **error)
{
	g_autoptr(GString) request = g_string_new(NULL);

	request_add(request, "SCAN", *cursor, "MATCH", pattern, "COUNT", SWEEP_KEYS, NULL);
	g_autoptr(GPtrArray) replies = redis_pool_ask(cache->primary, request, 1, PATIENCE_MIRROR, error);

	if (replies == NULL)
		return false;
	const redisReply *reply = g_ptr_array_index(replies, 0);

	if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2 || reply_text(reply->element[0]) == NULL
		|| reply->element[1]->type != REDIS_REPLY_ARRAY)
		return reply_fail(reply, error);
	g_free(*cursor);
	*cursor = g_strdup(reply_text(reply->element[0]));
	return sweep_keys(cache, token, keep, reply->element[1], error);
}

/* Removes, under the lock, all generations but one. */
static bool
sweep(Cache *cache, const char *token, const char *keep, GError **error)
{
	g_autofree char *pattern = sweep_pattern(cache);
	g_autofree char *cursor = g_strdup("0");

	do {
		if (!sweep_step(cache, token, keep, pattern, &cursor, error))
			return false;
	} while (strcmp(cursor, "0") != 0);
	return true;
}

static bool
switch_over(CacheRebuild *rebuild, ChangePosition position, GError **error)
{
	static const char *const keys[] = { "rebuild", "position", "fresh", NULL };
	g_autofree char *xid = g_strdup_printf("%" G_GUINT64_FORMAT, position.xid);
	g_auto(Script) script = { 0 };

	script_init(&script, rebuild->cache, switch_script, keys);
	script_add(&script, rebuild->token);
	script_add(&script, rebuild->database);
	script_add(&script, rebuild->generation);
	script_add(&script, xid);
	script_add_number(&script, position.id);
	return run_held(&script, rebuild->cache, error);
}

bool
cache_rebuild_finish(CacheRebuild *rebuild, ChangePosition position, GError **error)
{
	if ((rebuild->batched > 0 && !batch_send(rebuild, error)) || !switch_over(rebuild, position, error)) {
		cache_rebuild_abandon(rebuild);
		return false;
	}
	/* The switch is what counts; what a failed sweep leaves is for cache_tidy(). */
	bool swept = sweep(rebuild->cache, rebuild->token, rebuild->generation, NULL);

	release(rebuild->cache, rebuild->token, swept);
	rebuild_free(rebuild);
	return true;
}

/* "": no generation is in use. NULL: error. Owned by the caller. */
static char *
generation_in_use(Cache *cache, GError **error)
{
	g_autofree char *key = cache_key(cache, "position");
	g_autoptr(GString) request = g_string_new(NULL);

	request_add(request, "HMGET", key, "generation", NULL);
	g_autoptr(GPtrArray) replies = redis_pool_ask(cache->primary, request, 1, PATIENCE_MIRROR, error);

	if (replies == NULL)
		return NULL;
	const redisReply *reply = g_ptr_array_index(replies, 0);

	if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 1) {
		reply_fail(reply, error);
		return NULL;
	}
	const char *generation = reply_text(reply->element[0]);

	return g_strdup(generation == NULL ? "" : generation);
}

bool
cache_tidy(Cache *cache, GError **error)
{
	g_autofree char *token = generation_new();
	g_auto(Script) script = { 0 };
	int64_t taken;

	if (!cache_is_there(cache, error))
		return false;
	script_init(&script, cache, begin_tidy_script, lock_and_litter);
	script_add(&script, token);
	if (!script_run(&script, cache, &taken, error))
		return false;
	if (taken == 0)
		return true;
	g_autofree char *keep = generation_in_use(cache, error);
	bool swept = keep != NULL && sweep(cache, token, keep, error);

	release(cache, token, swept);
	return swept;
}
