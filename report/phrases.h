#ifndef RETOUR_PHRASES_H
#define RETOUR_PHRASES_H

#include <stddef.h>
#include <stdint.h>

/* Many lists of phrases, searched for in one pass over a text. Immutable once made, so threads may share it. */
typedef struct Phrases Phrases;

/* At most 64 lists, each of which ends with NULL and lives as long as the result. Phrases below three bytes are not searched for. */
Phrases *phrases_new(const char *const *const *lists, size_t count);

/* Which of the wanted lists (bits by their place) have a phrase in text. */
uint64_t phrases_find(const Phrases *phrases, const char *text, uint64_t wanted);

#endif
