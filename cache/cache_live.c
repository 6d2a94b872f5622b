#include "cache_private.h"

#include <string.h>

#define BATCH_FIGURES 256
#define STAGE_MS 60000 /* what is left of a publication that came to nothing */
#define READ_TRIES 3   /* it is replaced under the reader once in a minute */

/* KEYS: stage. ARGV: lifetime, then name and text in turns. */
static const char stage_script[] = "for i = 2, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end\n"
				   "redis.call('PEXPIRE', KEYS[1], ARGV[1])\n"
				   "return 1\n";

/* KEYS: window, providers, senders, stage of each. ARGV: database, as_of, service, number of each, lifetime, id. -1: not all is there. */
static const char publish_script[] =
	"local at = redis.pcall('HMGET', KEYS[1], 'database', 'as_of')\n"
	"if at[1] == ARGV[1] and (tonumber(at[2]) or 0) > tonumber(ARGV[2]) then return 0 end\n"
	"for i = 4, 5 do if redis.call('HLEN', KEYS[i]) ~= tonumber(ARGV[i]) then return -1 end end\n"
	"redis.call('UNLINK', KEYS[1], KEYS[2], KEYS[3])\n"
	"redis.call('HSET', KEYS[1], 'database', ARGV[1], 'as_of', ARGV[2], 'service', ARGV[3],\n"
	"	'providers', ARGV[4], 'senders', ARGV[5], 'id', ARGV[7])\n"
	"for i = 2, 3 do\n"
	"	if redis.call('EXISTS', KEYS[i + 2]) == 1 then redis.call('RENAME', KEYS[i + 2], KEYS[i]) end\n"
	"end\n"
	"for i = 1, 3 do redis.call('PEXPIRE', KEYS[i], ARGV[6]) end\n"
	"return 1\n";

LiveFigures *
live_figures_new(void)
{
	LiveFigures *figures = g_new0(LiveFigures, 1);

	figures->providers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	figures->senders = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	return figures;
}

void
live_figures_free(LiveFigures *figures)
{
	if (figures == NULL)
		return;
	g_hash_table_unref(figures->providers);
	g_hash_table_unref(figures->senders);
	g_free(figures->service);
	g_free(figures);
}

static bool
send_stage(Cache *cache, Script *script, GError **error)
{
	int64_t done;

	return script_run(script, cache, &done, error);
}

static bool
stage(Cache *cache, const char *key, GHashTable *texts, GError **error)
{
	const char *const keys[] = { key, NULL };
	GHashTableIter iter;
	void *name, *text;
	bool more;

	g_hash_table_iter_init(&iter, texts);
	more = g_hash_table_iter_next(&iter, &name, &text);
	while (more) {
		g_auto(Script) script = { 0 };

		script_init(&script, cache, stage_script, keys);
		script_add_number(&script, STAGE_MS);
		for (unsigned i = 0; more && i < BATCH_FIGURES; i++) {
			script_add(&script, name);
			script_add(&script, text);
			more = g_hash_table_iter_next(&iter, &name, &text);
		}
		if (!send_stage(cache, &script, error))
			return false;
	}
	return true;
}

bool
cache_live_publish(Cache *cache, const char *database, const char *window, const LiveFigures *figures,
	int64_t lifetime_ms, GError **error)
{
	g_autofree char *token = generation_new(), *key = g_strconcat("live:", window, NULL);
	g_autofree char *providers = g_strconcat(key, ":provider", NULL), *senders = g_strconcat(key, ":sender", NULL);
	g_autofree char *next_providers = g_strconcat(providers, ":", token, NULL);
	g_autofree char *next_senders = g_strconcat(senders, ":", token, NULL);
	const char *const keys[] = { key, providers, senders, next_providers, next_senders, NULL };
	g_auto(Script) script = { 0 };
	int64_t done;

	if (!cache_is_there(cache, error) || !stage(cache, next_providers, figures->providers, error)
		|| !stage(cache, next_senders, figures->senders, error))
		return false;
	script_init(&script, cache, publish_script, keys);
	script_add(&script, database);
	script_add_number(&script, figures->as_of);
	script_add(&script, figures->service);
	script_add_number(&script, g_hash_table_size(figures->providers));
	script_add_number(&script, g_hash_table_size(figures->senders));
	script_add_number(&script, lifetime_ms);
	script_add(&script, token);
	if (!script_run(&script, cache, &done, error))
		return false;
	if (done < 0)
		g_set_error(error, RETOUR_ERROR, ERROR_RETRY, "redis: live figures were lost while they were written");
	return done >= 0;
}

/* False: not so many as there should be. */
static bool
take_texts(GHashTable *texts, const redisReply *reply, const redisReply *count)
{
	const char *wanted = reply_text(count);

	if (reply->type != REDIS_REPLY_ARRAY || wanted == NULL)
		return false;
	for (size_t i = 0; i + 1 < reply->elements; i += 2) {
		const char *name = reply_text(reply->element[i]), *text = reply_text(reply->element[i + 1]);

		if (name == NULL || text == NULL)
			return false;
		g_hash_table_insert(texts, g_strdup(name), g_strdup(text));
	}
	return g_ascii_strtoull(wanted, NULL, 10) == g_hash_table_size(texts);
}

enum {
	FIELD_DATABASE,
	FIELD_AS_OF,
	FIELD_SERVICE,
	FIELD_PROVIDERS,
	FIELD_SENDERS,
	FIELD_ID,
	FIELD_COUNT
};

/* NULL: none of this database that are whole. */
static LiveFigures *
take_figures(const GPtrArray *replies, const char *database)
{
	const redisReply *head = g_ptr_array_index(replies, 0);
	g_autoptr(LiveFigures) figures = live_figures_new();
	const char *texts[FIELD_COUNT];

	if (head->type != REDIS_REPLY_ARRAY || head->elements != FIELD_COUNT)
		return NULL;
	for (unsigned i = 0; i < FIELD_COUNT; i++) {
		texts[i] = reply_text(head->element[i]);
		if (texts[i] == NULL)
			return NULL;
	}
	if (strcmp(texts[FIELD_DATABASE], database) != 0
		|| !g_ascii_string_to_signed(texts[FIELD_AS_OF], 10, 0, INT64_MAX, &figures->as_of, NULL)
		|| !take_texts(figures->providers, g_ptr_array_index(replies, 1), head->element[FIELD_PROVIDERS])
		|| !take_texts(figures->senders, g_ptr_array_index(replies, 2), head->element[FIELD_SENDERS]))
		return NULL;
	figures->service = g_strdup(texts[FIELD_SERVICE]);
	return g_steal_pointer(&figures);
}

static void
add_head(const Cache *cache, GString *request, const char *name)
{
	g_autofree char *key = cache_key(cache, name);

	request_add(request, "HMGET", key, "database", "as_of", "service", "providers", "senders", "id", NULL);
}

/* The head is asked for before and after: if the same stands there still, all is of one publication. */
static GPtrArray *
fetch(Cache *cache, const char *window, GError **error)
{
	static const char *const tails[] = { ":provider", ":sender" };
	g_autofree char *head = g_strconcat("live:", window, NULL);
	g_autoptr(GString) request = g_string_new(NULL);

	add_head(cache, request, head);
	for (size_t i = 0; i < G_N_ELEMENTS(tails); i++) {
		g_autofree char *name = g_strconcat(head, tails[i], NULL), *key = cache_key(cache, name);

		request_add(request, "HGETALL", key, NULL);
	}
	add_head(cache, request, head);
	return redis_pool_ask(cache->pool, request, G_N_ELEMENTS(tails) + 2, PATIENCE_MIRROR, error);
}

/* An error such as "no permission" is told; a key of a foreign type holds no figures. */
static bool
check_replies(const GPtrArray *replies, GError **error)
{
	for (unsigned i = 0; i < replies->len; i++) {
		const redisReply *reply = g_ptr_array_index(replies, i);

		if (reply->type == REDIS_REPLY_ERROR && !g_str_has_prefix(reply->str, "WRONGTYPE"))
			return reply_fail(reply, error);
	}
	return true;
}

/* NULL: none. */
static const char *
id_of(const redisReply *head)
{
	return head->type == REDIS_REPLY_ARRAY && head->elements == FIELD_COUNT ? reply_text(head->element[FIELD_ID])
										: NULL;
}

bool
cache_live_read(Cache *cache, const char *database, const char *window, LiveFigures **ret_figures, GError **error)
{
	if (!cache_is_there(cache, error))
		return false;
	*ret_figures = NULL;
	for (unsigned i = 0; i < READ_TRIES; i++) {
		g_autoptr(GPtrArray) replies = fetch(cache, window, error);

		if (replies == NULL || !check_replies(replies, error))
			return false;
		if (g_strcmp0(id_of(g_ptr_array_index(replies, 0)), id_of(g_ptr_array_index(replies, replies->len - 1)))
			!= 0)
			continue;
		*ret_figures = take_figures(replies, database);
		break;
	}
	return true;
}
