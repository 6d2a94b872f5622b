#include "cache_private.h"

#include "address.h"
#include "cache_entry.h"

#include <string.h>
#include <sys/random.h>

/* Look-ups may ask a replica; the mirror must find the primary. */
static bool
open_pools(Cache *cache, const CacheSettings *settings, GError **error)
{
	if (!cache_settings_name_any(settings))
		return true;
	cache->pool = cache->primary = redis_pool_new(settings, REDIS_ROLE_ANY, error);
	if (cache->pool != NULL && redis_pool_has_choice(cache->pool))
		cache->primary = redis_pool_new(settings, REDIS_ROLE_PRIMARY, error);
	return cache->primary != NULL;
}

Cache *
cache_open(const CacheSettings *settings, GError **error)
{
	Cache *cache = g_new0(Cache, 1);

	cache->prefix = g_strdup(settings->prefix);
	cache->database = g_strdup("");
	cache->fresh_ms = settings->fresh_ms;
	pthread_mutex_init(&cache->lock, NULL);
	if (open_pools(cache, settings, error))
		return cache;
	cache_close(cache);
	return NULL;
}

void
cache_close(Cache *cache)
{
	if (cache == NULL)
		return;
	if (cache->primary != cache->pool)
		redis_pool_free(cache->primary);
	redis_pool_free(cache->pool);
	pthread_mutex_destroy(&cache->lock);
	g_free(cache->database);
	g_free(cache->prefix);
	g_free(cache);
}

bool
cache_is_configured(const Cache *cache)
{
	return cache->pool != NULL;
}

bool
cache_is_there(const Cache *cache, GError **error)
{
	if (cache->pool == NULL)
		g_set_error(error, RETOUR_ERROR, ERROR_RETRY, "no Redis is configured");
	return cache->pool != NULL;
}

char *
cache_key(const Cache *cache, const char *name)
{
	return g_strconcat(cache->prefix, name, NULL);
}

char *
generation_new(void)
{
	unsigned char bytes[GENERATION_DIGITS / 2];
	GString *text = g_string_new(NULL);

	g_assert(getentropy(bytes, sizeof bytes) == 0);
	for (size_t i = 0; i < sizeof bytes; i++)
		g_string_append_printf(text, "%02x", bytes[i]);
	return g_string_free(text, FALSE);
}

bool
generation_is_valid(const char *text)
{
	return strlen(text) == GENERATION_DIGITS && strspn(text, "0123456789abcdef") == GENERATION_DIGITS;
}

/* One question: the names of an address, and its domain. */
typedef struct Question {
	const char *targets[NAMES_LIMIT + 1]; /* "@domain" is the last */
	unsigned count;
	const char *sender_domain;
	int64_t now;
} Question;

static const Listing *
find_scope(const TargetState *state, const char *scope, const Question *question)
{
	for (unsigned i = 0; i < state->listings->len; i++) {
		const Listing *listing = g_ptr_array_index(state->listings, i);

		if (strcmp(listing->scope, scope) == 0
			&& listing_applies(listing, question->sender_domain, question->now))
			return listing;
	}
	return NULL;
}

/* Takes the listing that applies out of the state. */
static Listing *
take_listing(TargetState *state, const Question *question)
{
	const Listing *found = find_scope(state, SCOPE_ALL, question);
	unsigned index;

	if (found == NULL)
		found = find_scope(state, question->sender_domain, question);
	if (found == NULL || !g_ptr_array_find(state->listings, found, &index))
		return NULL;
	return g_ptr_array_steal_index(state->listings, index);
}

static CacheAnswer
read_entry(const redisReply *reply, const char *target, const Question *question, Listing **ret_listing)
{
	if (reply->type == REDIS_REPLY_NIL)
		return CACHE_NOT_LISTED;
	if (reply->type != REDIS_REPLY_STRING)
		return CACHE_UNKNOWN;
	TargetState *state = cache_entry_parse(target, reply->str, reply->len);

	if (state == NULL)
		return CACHE_UNKNOWN;
	Listing *listing = take_listing(state, question);

	target_state_free(state);
	if (listing == NULL)
		return CACHE_NOT_LISTED;
	*ret_listing = listing;
	return CACHE_LISTED;
}

static CacheAnswer
read_entries(const GPtrArray *replies, const Question *question, Listing **ret_listing)
{
	CacheAnswer answer = CACHE_NOT_LISTED;

	for (unsigned i = 0; i < question->count && answer == CACHE_NOT_LISTED; i++)
		answer = read_entry(g_ptr_array_index(replies, i), question->targets[i], question, ret_listing);
	return answer;
}

/*
 * One round trip. Plain GETs instead of MGET, which takes a key of a foreign type for a missing one. What says which
 * generation stands is asked last: Redis answers in order, so if it still stands at the end, it stood when the entries
 * were read.
 */
static GPtrArray *
fetch(Cache *cache, const char *generation, const Question *question, bool stale)
{
	g_autofree char *fresh = cache_key(cache, "fresh");
	g_autofree char *position = cache_key(cache, "position");
	g_autoptr(GString) request = g_string_sized_new(256);

	for (unsigned i = 0; i < question->count; i++) {
		g_autofree char *key = g_strconcat(cache->prefix, generation, ":", question->targets[i], NULL);

		request_add(request, "GET", key, NULL);
	}
	if (stale)
		request_add(request, "HMGET", position, "database", "generation", NULL);
	else
		request_add(request, "GET", fresh, NULL);
	return redis_pool_ask(
		cache->pool, request, question->count + 1, stale ? PATIENCE_INSIST : PATIENCE_LOOKUP, NULL);
}

static void
get_generation(Cache *cache, char generation[static GENERATION_DIGITS + 1])
{
	pthread_mutex_lock(&cache->lock);
	g_strlcpy(generation, cache->generation, GENERATION_DIGITS + 1);
	pthread_mutex_unlock(&cache->lock);
}

void
cache_set_generation(Cache *cache, const char *generation)
{
	pthread_mutex_lock(&cache->lock);
	g_strlcpy(cache->generation, generation, sizeof cache->generation);
	pthread_mutex_unlock(&cache->lock);
}

void
cache_set_database(Cache *cache, const char *database)
{
	pthread_mutex_lock(&cache->lock);
	if (strcmp(cache->database, database) != 0) {
		g_free(cache->database);
		cache->database = g_strdup(database);
	}
	pthread_mutex_unlock(&cache->lock);
}

static char *
get_database(Cache *cache)
{
	pthread_mutex_lock(&cache->lock);
	char *database = g_strdup(cache->database);

	pthread_mutex_unlock(&cache->lock);
	return database;
}

/* NULL: there is no mirror to go by. */
static const char *
read_fresh(Cache *cache, const redisReply *reply)
{
	const char *generation = reply_text(reply);

	/* Not authorised, loading, no contact with its primary: that will not change within the second. */
	if (reply->type == REDIS_REPLY_ERROR && !g_str_has_prefix(reply->str, "WRONGTYPE"))
		redis_pool_distrust(cache->pool, reply->str);
	return generation != NULL && generation_is_valid(generation) ? generation : NULL;
}

/* NULL: there is no mirror of that database. */
static const char *
read_standing(const redisReply *reply, const char *database)
{
	if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2)
		return NULL;
	const char *whose = reply_text(reply->element[0]), *generation = reply_text(reply->element[1]);

	if (whose == NULL || strcmp(whose, database) != 0 || generation == NULL || !generation_is_valid(generation))
		return NULL;
	return generation;
}

/* database: for a stale list, whose it must be; NULL: only a fresh one counts. */
static CacheAnswer
ask(Cache *cache, const Question *question, const char *database, Listing **ret_listing)
{
	char generation[GENERATION_DIGITS + 1];

	get_generation(cache, generation);
	for (unsigned attempt = 0; attempt < 2; attempt++) {
		g_autoptr(GPtrArray) replies = fetch(cache, generation, question, database != NULL);

		if (replies == NULL)
			return CACHE_UNKNOWN;
		const redisReply *last = g_ptr_array_index(replies, question->count);
		const char *current = database == NULL ? read_fresh(cache, last) : read_standing(last, database);

		if (current == NULL)
			return CACHE_UNKNOWN;
		if (strcmp(current, generation) == 0)
			return read_entries(replies, question, ret_listing);
		g_strlcpy(generation, current, sizeof generation);
		cache_set_generation(cache, current);
	}
	return CACHE_UNKNOWN;
}

/* database: as for ask(). */
static CacheAnswer
check(Cache *cache, const char *const *names, const char *sender_domain, int64_t now, const char *database,
	Listing **ret_listing)
{
	g_autofree char *domain = g_strconcat("@", address_domain(*names), NULL);
	Question question = { .sender_domain = sender_domain, .now = now };

	while (*names != NULL) {
		g_assert(question.count < NAMES_LIMIT);
		question.targets[question.count++] = *names++;
	}
	question.targets[question.count++] = domain;
	return ask(cache, &question, database, ret_listing);
}

CacheAnswer
cache_check(Cache *cache, const char *const *names, const char *sender_domain, int64_t now, Listing **ret_listing)
{
	return cache->pool == NULL ? CACHE_UNKNOWN : check(cache, names, sender_domain, now, NULL, ret_listing);
}

CacheAnswer
cache_check_stale(Cache *cache, const char *const *names, const char *sender_domain, int64_t now, Listing **ret_listing)
{
	g_autofree char *database = get_database(cache);

	return cache->pool == NULL || *database == '\0'
		       ? CACHE_UNKNOWN
		       : check(cache, names, sender_domain, now, database, ret_listing);
}
