#ifndef RETOUR_SUGGEST_H
#define RETOUR_SUGGEST_H

#include <stddef.h>

/* The name that a mistyped word most likely means; NULL when none is near. Borrowed from names. */
const char *suggest_name(const char *const *names, size_t count, const char *word);

/* The same, at most so many slips of the finger away: a letter too many, missing, wrong, or two swapped. */
const char *suggest_near(const char *const *names, size_t count, const char *word, unsigned most);

#endif
