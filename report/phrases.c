#include "phrases.h"

#include <glib.h>
#include <stdbool.h>
#include <string.h>

#define KEY_BYTES 3 /* of a phrase, by which it is filed: Chinese has phrases of two characters */
#define BUCKETS_LOG2 13
#define BUCKETS (1u << BUCKETS_LOG2)

typedef struct Entry {
	const char *phrase;
	size_t size;
	uint64_t list;
} Entry;

struct Phrases {
	GArray *entries;             /* Entry, by bucket */
	uint16_t first[BUCKETS + 1]; /* of a bucket's entries */
	uint64_t used[BUCKETS / 64]; /* a bit per bucket that is not empty: small enough to stay in the nearest cache */
};

static unsigned
bucket_of(const char *key)
{
	const unsigned char *p = (const unsigned char *)key;
	uint32_t bytes = p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16;

	return (bytes * 2654435761u) >> (32 - BUCKETS_LOG2);
}

static bool
is_used(const Phrases *phrases, unsigned bucket)
{
	return (phrases->used[bucket / 64] >> bucket % 64 & 1) != 0;
}

static int
compare_buckets(const void *left, const void *right)
{
	unsigned a = bucket_of(((const Entry *)left)->phrase), b = bucket_of(((const Entry *)right)->phrase);

	return a < b ? -1 : a > b;
}

/* Entries are sorted by bucket. */
static void
index_entries(Phrases *phrases)
{
	unsigned at = 0;

	for (unsigned bucket = 0; bucket <= BUCKETS; bucket++) {
		while (at < phrases->entries->len
			&& bucket_of(g_array_index(phrases->entries, Entry, at).phrase) < bucket)
			at++;
		phrases->first[bucket] = (uint16_t)at;
		if (bucket > 0 && phrases->first[bucket] > phrases->first[bucket - 1])
			phrases->used[(bucket - 1) / 64] |= UINT64_C(1) << (bucket - 1) % 64;
	}
}

Phrases *
phrases_new(const char *const *const *lists, size_t count)
{
	Phrases *phrases = g_new0(Phrases, 1);

	phrases->entries = g_array_new(FALSE, FALSE, sizeof(Entry));
	for (size_t list = 0; list < count; list++)
		for (const char *const *phrase = lists[list]; *phrase != NULL; phrase++) {
			Entry entry = { *phrase, strlen(*phrase), UINT64_C(1) << list };

			if (entry.size >= KEY_BYTES)
				g_array_append_val(phrases->entries, entry);
		}
	g_assert(count <= 64 && phrases->entries->len <= UINT16_MAX);
	g_array_sort(phrases->entries, compare_buckets);
	index_entries(phrases);
	return phrases;
}

bool
phrases_begin(const Phrases *phrases, const char *text, uint64_t starts, uint64_t whole)
{
	size_t size = strlen(text);
	unsigned bucket = size < KEY_BYTES ? 0 : bucket_of(text);

	if (size < KEY_BYTES || !is_used(phrases, bucket))
		return false;
	for (unsigned i = phrases->first[bucket]; i < phrases->first[bucket + 1]; i++) {
		const Entry *entry = &g_array_index(phrases->entries, Entry, i);
		bool fits = (entry->list & starts) != 0 ? size >= entry->size
							: (entry->list & whole) != 0 && size == entry->size;

		if (fits && memcmp(text, entry->phrase, entry->size) == 0)
			return true;
	}
	return false;
}

uint64_t
phrases_find_in_line(const Phrases *phrases, const char *text, size_t size, const char *end, uint64_t *also)
{
	uint64_t found = 0;

	for (const char *p = text; p < text + size && end - p >= KEY_BYTES; p++) {
		unsigned bucket = bucket_of(p);

		if (!is_used(phrases, bucket))
			continue;
		for (unsigned i = phrases->first[bucket]; i < phrases->first[bucket + 1]; i++) {
			const Entry *entry = &g_array_index(phrases->entries, Entry, i);

			if ((size_t)(end - p) < entry->size || memcmp(p, entry->phrase, entry->size) != 0)
				continue;
			*also |= entry->list;
			if (p + entry->size <= text + size)
				found |= entry->list;
		}
	}
	return found;
}

uint64_t
phrases_find(const Phrases *phrases, const char *text, uint64_t wanted)
{
	const char *end = text + strlen(text);
	uint64_t found = 0;

	for (const char *p = text; end - p >= KEY_BYTES && wanted != 0; p++) {
		unsigned bucket = bucket_of(p);

		if (!is_used(phrases, bucket))
			continue;
		for (unsigned i = phrases->first[bucket]; i < phrases->first[bucket + 1]; i++) {
			const Entry *entry = &g_array_index(phrases->entries, Entry, i);

			if ((entry->list & wanted) == 0 || (size_t)(end - p) < entry->size
				|| memcmp(p, entry->phrase, entry->size) != 0)
				continue;
			found |= entry->list;
			wanted &= ~entry->list;
		}
	}
	return found;
}
