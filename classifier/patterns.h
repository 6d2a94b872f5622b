#ifndef RETOUR_PATTERNS_H
#define RETOUR_PATTERNS_H

#include "errors.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * All literals and regexes of a rule set, found in a text by one pass over it, however many there are.
 * The only place that touches libhs. Immutable once compiled, shared by threads: what a scan scribbles on comes from
 * a pool, not from thread-locals, for libmilter moves a session between threads.
 */
typedef struct Patterns Patterns;

/* Collects patterns; equal ones get the same number. Numbers count from 0. */
typedef struct PatternList PatternList;

PatternList *pattern_list_new(void);
void pattern_list_free(PatternList *list);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PatternList, pattern_list_free)

/* place: "file:line" for complaints. A literal is compared as it is, so it must be normalised like the text. */
unsigned pattern_list_add_literal(PatternList *list, const char *literal, const char *place);
/* Caseless, UTF-8, '.' is any character. */
unsigned pattern_list_add_regex(PatternList *list, const char *regex, const char *place);
size_t pattern_list_count(const PatternList *list);

/*
 * cache_dir: where compiled databases are kept, NULL or "" for none; a cache that cannot be read or written is no error.
 * ERROR_CONFIG names the place of a pattern that libhs refuses. The list may be freed afterwards.
 */
Patterns *patterns_compile(const PatternList *list, const char *cache_dir, GError **error);
void patterns_free(Patterns *patterns);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Patterns, patterns_free)

/* Which patterns occur in a text. */
typedef struct Hits {
	GArray *numbers; /* unsigned, each once, in no order */
	uint64_t *bits;
} Hits;

static inline bool
hits_has(const Hits *hits, unsigned number)
{
	return (hits->bits[number / 64] >> (number % 64)) & 1;
}

/* Borrowed from the pool: give them back with patterns_release(). text: valid UTF-8. */
Hits *patterns_scan(const Patterns *patterns, const char *text);
void patterns_release(const Patterns *patterns, Hits *hits);

#endif
