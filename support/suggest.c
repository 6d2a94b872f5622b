#include "suggest.h"

#include <glib.h>
#include <stdbool.h>
#include <string.h>

#define WORD_MAX 32

static bool
are_swapped(const char *a, size_t i, const char *b, size_t j)
{
	return i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
}

/* Optimal string alignment distance: insertions, deletions, substitutions and swapped neighbours cost 1. */
static unsigned
distance(const char *a, size_t a_size, const char *b, size_t b_size)
{
	unsigned row[3][WORD_MAX + 1] = { 0 };

	for (size_t j = 0; j <= b_size; j++)
		row[0][j] = (unsigned)j;
	for (size_t i = 1; i <= a_size; i++) {
		unsigned *now = row[i % 3], *last = row[(i + 2) % 3], *before = row[(i + 1) % 3];

		now[0] = (unsigned)i;
		for (size_t j = 1; j <= b_size; j++) {
			unsigned cost = a[i - 1] == b[j - 1] ? 0 : 1;

			now[j] = MIN(MIN(last[j] + 1, now[j - 1] + 1), last[j - 1] + cost);
			if (are_swapped(a, i, b, j))
				now[j] = MIN(now[j], before[j - 2] + 1);
		}
	}
	return row[a_size % 3][b_size];
}

const char *
suggest_name(const char *const *names, size_t count, const char *word)
{
	return suggest_near(names, count, word, (unsigned)MAX(1, MIN(3, strlen(word) / 2)));
}

const char *
suggest_near(const char *const *names, size_t count, const char *word, unsigned most)
{
	const char *best = NULL;
	size_t size = strlen(word);
	unsigned least = most + 1;

	if (size == 0 || size > WORD_MAX)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		size_t name_size = strlen(names[i]);
		unsigned far;

		if (name_size > WORD_MAX)
			continue;
		far = size >= 3 && strncmp(names[i], word, size) == 0 ? 0 : distance(word, size, names[i], name_size);
		if (far < least) {
			least = far;
			best = names[i];
		}
	}
	return best;
}
