#include "cache_private.h"

#include "cache_entry.h"
#include "decision.h"

#include <string.h>

enum {
	WORD_COMMAND,
	WORD_BODY,
	WORD_KEY_COUNT
};

void
script_init(Script *script, const Cache *cache, const char *body, const char *const *keys)
{
	script->body = body;
	script->words = g_ptr_array_new_with_free_func(g_free);
	script_add(script, "EVALSHA");
	g_ptr_array_add(script->words, g_compute_checksum_for_string(G_CHECKSUM_SHA1, body, -1));
	unsigned count = 0;

	while (keys[count] != NULL)
		count++;
	script_add_number(script, count);
	for (; *keys != NULL; keys++)
		g_ptr_array_add(script->words, cache_key(cache, *keys));
}

void
script_clear(Script *script)
{
	g_clear_pointer(&script->words, g_ptr_array_unref);
}

void
script_add(Script *script, const char *argument)
{
	g_ptr_array_add(script->words, g_strdup(argument));
}

void
script_add_number(Script *script, int64_t argument)
{
	g_ptr_array_add(script->words, g_strdup_printf("%" G_GINT64_FORMAT, argument));
}

void
script_add_state(Script *script, const TargetState *state)
{
	int64_t expiry = cache_entry_expiry(state);

	script_add(script, state->target);
	g_ptr_array_add(script->words, cache_entry_format(state));
	/* A time beyond what Redis can count to is as good as never. */
	if (expiry >= INT64_MAX / 2000)
		script_add(script, "");
	else
		script_add_number(script, MAX(expiry, 1) * 1000);
}

static redisReply *
send_words(Cache *cache, const GPtrArray *words, GError **error)
{
	g_autoptr(GString) request = g_string_new(NULL);

	request_add_array(request, words);
	g_autoptr(GPtrArray) replies = redis_pool_ask(cache->primary, request, 1, PATIENCE_MIRROR, error);

	return replies == NULL ? NULL : g_ptr_array_steal_index(replies, 0);
}

static bool
is_unknown_script(const redisReply *reply)
{
	return reply->type == REDIS_REPLY_ERROR && g_str_has_prefix(reply->str, "NOSCRIPT");
}

static void
replace_word(Script *script, unsigned index, const char *word)
{
	g_free(script->words->pdata[index]);
	script->words->pdata[index] = g_strdup(word);
}

bool
script_run(Script *script, Cache *cache, int64_t *ret_number, GError **error)
{
	g_autoptr(redisReply) reply = send_words(cache, script->words, error);

	if (reply != NULL && is_unknown_script(reply)) {
		replace_word(script, WORD_COMMAND, "EVAL");
		replace_word(script, WORD_BODY, script->body);
		freeReplyObject(reply);
		reply = send_words(cache, script->words, error);
	}
	if (reply == NULL)
		return false;
	if (reply->type != REDIS_REPLY_INTEGER) {
		/* Not the primary any more, or not of use as one: look for another. */
		if (reply->type == REDIS_REPLY_ERROR && redis_pool_has_choice(cache->primary))
			redis_pool_distrust(cache->primary, reply->str);
		return reply_fail(reply, error);
	}
	*ret_number = reply->integer;
	return true;
}
