#ifndef RETOUR_PHRASES_H
#define RETOUR_PHRASES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Many lists of phrases, searched for in one pass over a text. Immutable once made, so threads may share it. */
typedef struct Phrases Phrases;

/*
 * At most 64 lists, each of which ends with NULL and lives as long as the result. Phrases below three bytes are not searched
 * for.
 */
Phrases *phrases_new(const char *const *const *lists, size_t count);

/*
 * Which lists have a phrase in the line of size bytes at text, of those that end in it. Those that go on behind it, up to end,
 * are added to *also together with the rest.
 */
uint64_t phrases_find_in_line(const Phrases *phrases, const char *text, size_t size, const char *end, uint64_t *also);

/* Whether text begins with a phrase of the lists in starts, or is one of those in whole. */
bool phrases_begin(const Phrases *phrases, const char *text, uint64_t starts, uint64_t whole);

/* Which of the wanted lists (bits by their place) have a phrase in text. */
uint64_t phrases_find(const Phrases *phrases, const char *text, uint64_t wanted);

#endif
