#include "patterns.h"

#include "patterns_cache.h"

#include <hs/hs.h>
#include <pthread.h>
#include <string.h>

/* A longer regex is a mistake, and compiling it may take minutes. */
#define REGEX_LIMIT 1000
#define LITERAL_FLAGS HS_FLAG_SINGLEMATCH
#define REGEX_FLAGS (HS_FLAG_SINGLEMATCH | HS_FLAG_UTF8 | HS_FLAG_CASELESS | HS_FLAG_DOTALL)

typedef struct Kind {
	GPtrArray *texts;  /* char * */
	GPtrArray *places; /* char * */
	GArray *numbers;   /* unsigned */
} Kind;

struct PatternList {
	Kind literals, regexes;
	GHashTable *known; /* "=literal" or "~regex" -> number + 1 */
	unsigned count;
};

typedef struct Scratch {
	Hits hits;
	hs_scratch_t *scratch;
} Scratch;

typedef struct Pool {
	pthread_mutex_t lock;
	GPtrArray *idle; /* Scratch * */
} Pool;

/* Literals have a compiler of their own: twenty times as fast as the one for regexes. */
struct Patterns {
	hs_database_t *literals, *regexes; /* NULL: none of that kind */
	hs_scratch_t *prototype;
	size_t count;
	Pool *pool;
};

static void
kind_init(Kind *kind)
{
	kind->texts = g_ptr_array_new_with_free_func(g_free);
	kind->places = g_ptr_array_new_with_free_func(g_free);
	kind->numbers = g_array_new(FALSE, FALSE, sizeof(unsigned));
}

static void
kind_clear(Kind *kind)
{
	g_ptr_array_unref(kind->texts);
	g_ptr_array_unref(kind->places);
	g_array_unref(kind->numbers);
}

PatternList *
pattern_list_new(void)
{
	PatternList *list = g_new0(PatternList, 1);

	kind_init(&list->literals);
	kind_init(&list->regexes);
	list->known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	return list;
}

void
pattern_list_free(PatternList *list)
{
	if (list == NULL)
		return;
	kind_clear(&list->literals);
	kind_clear(&list->regexes);
	g_hash_table_unref(list->known);
	g_free(list);
}

static unsigned
add(PatternList *list, Kind *kind, char mark, const char *text, const char *place)
{
	char *key = g_strdup_printf("%c%s", mark, text);
	size_t known = GPOINTER_TO_SIZE(g_hash_table_lookup(list->known, key));
	unsigned number = list->count;

	if (known != 0) {
		g_free(key);
		return (unsigned)known - 1;
	}
	list->count++;
	g_hash_table_insert(list->known, key, GSIZE_TO_POINTER((size_t)number + 1));
	g_ptr_array_add(kind->texts, g_strdup(text));
	g_ptr_array_add(kind->places, g_strdup(place));
	g_array_append_val(kind->numbers, number);
	return number;
}

unsigned
pattern_list_add_literal(PatternList *list, const char *literal, const char *place)
{
	return add(list, &list->literals, '=', literal, place);
}

unsigned
pattern_list_add_regex(PatternList *list, const char *regex, const char *place)
{
	return add(list, &list->regexes, '~', regex, place);
}

size_t
pattern_list_count(const PatternList *list)
{
	return list->count;
}

static const char *
text_of(const Kind *kind, size_t index)
{
	return g_ptr_array_index(kind->texts, index);
}

static bool
fail_compile(const Kind *kind, hs_compile_error_t *failure, GError **error)
{
	int index = failure->expression;

	if (index >= 0 && (unsigned)index < kind->texts->len)
		g_set_error(error, RETOUR_ERROR, ERROR_CONFIG, "%s: bad pattern '%s': %s",
			(const char *)g_ptr_array_index(kind->places, index), text_of(kind, (size_t)index),
			failure->message);
	else
		g_set_error(error, RETOUR_ERROR, ERROR_CONFIG, "the patterns cannot be compiled: %s", failure->message);
	hs_free_compile_error(failure);
	return false;
}

static bool
compile_literals(const Kind *kind, hs_database_t **ret_database, GError **error)
{
	unsigned count = kind->texts->len;
	g_autofree unsigned *flags = g_new(unsigned, count);
	g_autofree size_t *sizes = g_new(size_t, count);
	hs_compile_error_t *failure = NULL;

	for (unsigned i = 0; i < count; i++) {
		flags[i] = LITERAL_FLAGS;
		sizes[i] = strlen(text_of(kind, i));
	}
	if (hs_compile_lit_multi((const char *const *)kind->texts->pdata, flags,
		    (const unsigned *)(const void *)kind->numbers->data, sizes, count, HS_MODE_BLOCK, NULL,
		    ret_database, &failure)
		!= HS_SUCCESS)
		return fail_compile(kind, failure, error);
	return true;
}

static bool
compile_regexes(const Kind *kind, hs_database_t **ret_database, GError **error)
{
	unsigned count = kind->texts->len;
	g_autofree unsigned *flags = g_new(unsigned, count);
	hs_compile_error_t *failure = NULL;

	for (unsigned i = 0; i < count; i++) {
		flags[i] = REGEX_FLAGS;
		if (strlen(text_of(kind, i)) > REGEX_LIMIT) {
			g_set_error(error, RETOUR_ERROR, ERROR_CONFIG, "%s: the pattern is longer than %d characters",
				(const char *)g_ptr_array_index(kind->places, i), REGEX_LIMIT);
			return false;
		}
	}
	if (hs_compile_multi((const char *const *)kind->texts->pdata, flags,
		    (const unsigned *)(const void *)kind->numbers->data, count, HS_MODE_BLOCK, NULL, ret_database,
		    &failure)
		!= HS_SUCCESS)
		return fail_compile(kind, failure, error);
	return true;
}

/* What the compiled form depends on. */
static char *
digest(const Kind *kind, const char *name)
{
	g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);

	g_checksum_update(checksum, (const guchar *)name, -1);
	g_checksum_update(checksum, (const guchar *)hs_version(), -1);
	for (unsigned i = 0; i < kind->texts->len; i++) {
		g_checksum_update(checksum, (const guchar *)text_of(kind, i), (gssize)strlen(text_of(kind, i)) + 1);
		g_checksum_update(
			checksum, (const guchar *)&g_array_index(kind->numbers, unsigned, i), sizeof(unsigned));
	}
	return g_strdup(g_checksum_get_string(checksum));
}

static hs_database_t *
load_compiled(const char *cache_dir, const char *key)
{
	g_autoptr(GBytes) bytes = patterns_cache_read(cache_dir, key);
	hs_database_t *database = NULL;

	if (bytes == NULL
		|| hs_deserialize_database(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), &database)
			   != HS_SUCCESS)
		return NULL;
	return database;
}

static void
save_compiled(const char *cache_dir, const char *key, const hs_database_t *database)
{
	char *bytes = NULL;
	size_t size = 0;

	if (hs_serialize_database(database, &bytes, &size) == HS_SUCCESS)
		patterns_cache_write(cache_dir, key, bytes, size);
	free(bytes);
}

static bool
obtain(const Kind *kind, const char *name, const char *cache_dir,
	bool (*compile)(const Kind *kind, hs_database_t **ret_database, GError **error), hs_database_t **ret_database,
	GError **error)
{
	g_autofree char *key = NULL;

	if (kind->texts->len == 0)
		return true;
	if (cache_dir == NULL || *cache_dir == '\0')
		return compile(kind, ret_database, error);
	key = digest(kind, name);
	*ret_database = load_compiled(cache_dir, key);
	if (*ret_database != NULL)
		return true;
	if (!compile(kind, ret_database, error))
		return false;
	save_compiled(cache_dir, key, *ret_database);
	return true;
}

static bool
alloc_scratch(Patterns *patterns, GError **error)
{
	const hs_database_t *databases[] = { patterns->literals, patterns->regexes };

	for (size_t i = 0; i < G_N_ELEMENTS(databases); i++)
		if (databases[i] != NULL && hs_alloc_scratch(databases[i], &patterns->prototype) != HS_SUCCESS) {
			g_set_error(error, RETOUR_ERROR, ERROR_CONFIG, "libhs does not take the compiled patterns");
			return false;
		}
	return true;
}

static void
scratch_free(void *data)
{
	Scratch *scratch = data;

	hs_free_scratch(scratch->scratch);
	g_array_unref(scratch->hits.numbers);
	g_free(scratch->hits.bits);
	g_free(scratch);
}

Patterns *
patterns_compile(const PatternList *list, const char *cache_dir, GError **error)
{
	g_autoptr(Patterns) patterns = g_new0(Patterns, 1);

	patterns->count = list->count;
	patterns->pool = g_new0(Pool, 1);
	patterns->pool->idle = g_ptr_array_new_with_free_func(scratch_free);
	pthread_mutex_init(&patterns->pool->lock, NULL);
	if (!obtain(&list->literals, "literals", cache_dir, compile_literals, &patterns->literals, error)
		|| !obtain(&list->regexes, "regexes", cache_dir, compile_regexes, &patterns->regexes, error)
		|| !alloc_scratch(patterns, error))
		return NULL;
	return g_steal_pointer(&patterns);
}

void
patterns_free(Patterns *patterns)
{
	if (patterns == NULL)
		return;
	g_ptr_array_unref(patterns->pool->idle);
	pthread_mutex_destroy(&patterns->pool->lock);
	g_free(patterns->pool);
	hs_free_scratch(patterns->prototype);
	hs_free_database(patterns->literals);
	hs_free_database(patterns->regexes);
	g_free(patterns);
}

static Scratch *
scratch_new(const Patterns *patterns)
{
	Scratch *scratch = g_new0(Scratch, 1);

	scratch->hits.numbers = g_array_new(FALSE, FALSE, sizeof(unsigned));
	scratch->hits.bits = g_new0(uint64_t, patterns->count / 64 + 1);
	if (patterns->prototype != NULL && hs_clone_scratch(patterns->prototype, &scratch->scratch) != HS_SUCCESS)
		g_error("out of memory");
	return scratch;
}

static Scratch *
take_scratch(const Patterns *patterns)
{
	Scratch *scratch = NULL;

	pthread_mutex_lock(&patterns->pool->lock);
	if (patterns->pool->idle->len > 0)
		scratch = g_ptr_array_steal_index_fast(patterns->pool->idle, patterns->pool->idle->len - 1);
	pthread_mutex_unlock(&patterns->pool->lock);
	return scratch != NULL ? scratch : scratch_new(patterns);
}

static int
note_hit(unsigned number, unsigned long long from, unsigned long long to, unsigned flags, void *context)
{
	Hits *hits = context;

	(void)from, (void)to, (void)flags;
	if (!hits_has(hits, number)) {
		hits->bits[number / 64] |= UINT64_C(1) << (number % 64);
		g_array_append_val(hits->numbers, number);
	}
	return 0;
}

Hits *
patterns_scan(const Patterns *patterns, const char *text)
{
	Scratch *scratch = take_scratch(patterns);
	unsigned size = (unsigned)strlen(text);

	if (patterns->literals != NULL)
		hs_scan(patterns->literals, text, size, 0, scratch->scratch, note_hit, &scratch->hits);
	if (patterns->regexes != NULL)
		hs_scan(patterns->regexes, text, size, 0, scratch->scratch, note_hit, &scratch->hits);
	return &scratch->hits;
}

void
patterns_release(const Patterns *patterns, Hits *hits)
{
	Scratch *scratch = (Scratch *)hits; /* its first member */

	for (unsigned i = 0; i < hits->numbers->len; i++)
		hits->bits[g_array_index(hits->numbers, unsigned, i) / 64] = 0;
	g_array_set_size(hits->numbers, 0);
	pthread_mutex_lock(&patterns->pool->lock);
	g_ptr_array_add(patterns->pool->idle, scratch);
	pthread_mutex_unlock(&patterns->pool->lock);
}
