#include "bloom.h"

#include <glib.h>
#include <stdatomic.h>

#define BITS_PER_ENTRY 10
#define BLOCK_BITS 512 /* a cache line */
#define WORD_BITS 64
#define POSITION_BITS 9 /* of one bit in its block */
#define BITS_SET 6

struct Bloom {
	uint64_t blocks;
	atomic_uint_fast64_t *words;
};

/* What one text sets: a block, and positions in it. */
typedef struct Mark {
	atomic_uint_fast64_t *words;
	uint64_t positions;
} Mark;

/* The finaliser of SplitMix64. */
static uint64_t
mix(uint64_t x)
{
	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

/* FNV-1a. Who makes texts collide gains "perhaps", which is answered by asking. */
static Mark
mark_of(const Bloom *bloom, const char *text)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (; *text != '\0'; text++)
		hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
	hash = mix(hash);
	return (Mark){ .words = bloom->words
				+ (uint64_t)((unsigned __int128)hash * bloom->blocks >> WORD_BITS)
					  * (BLOCK_BITS / WORD_BITS),
		.positions = mix(hash ^ UINT64_C(0x9e3779b97f4a7c15)) };
}

Bloom *
bloom_new(uint64_t capacity)
{
	Bloom *bloom = g_new0(Bloom, 1);

	bloom->blocks = capacity * BITS_PER_ENTRY / BLOCK_BITS + 1;
	bloom->words = g_new0(atomic_uint_fast64_t, bloom->blocks * (BLOCK_BITS / WORD_BITS));
	return bloom;
}

void
bloom_free(Bloom *bloom)
{
	if (bloom == NULL)
		return;
	g_free(bloom->words);
	g_free(bloom);
}

void
bloom_add(Bloom *bloom, const char *text)
{
	Mark mark = mark_of(bloom, text);

	for (unsigned i = 0; i < BITS_SET; i++, mark.positions >>= POSITION_BITS) {
		unsigned at = mark.positions % BLOCK_BITS;

		atomic_fetch_or_explicit(
			&mark.words[at / WORD_BITS], UINT64_C(1) << at % WORD_BITS, memory_order_relaxed);
	}
}

bool
bloom_may_hold(const Bloom *bloom, const char *text)
{
	Mark mark = mark_of(bloom, text);

	for (unsigned i = 0; i < BITS_SET; i++, mark.positions >>= POSITION_BITS) {
		unsigned at = mark.positions % BLOCK_BITS;
		uint64_t word = atomic_load_explicit(&mark.words[at / WORD_BITS], memory_order_relaxed);

		if ((word >> at % WORD_BITS & 1) == 0)
			return false;
	}
	return true;
}
