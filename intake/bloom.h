#ifndef RETOUR_BLOOM_H
#define RETOUR_BLOOM_H

#include <stdbool.h>
#include <stdint.h>

/*
 * A set of texts that says "no" only of what was never added, and "perhaps" of the rest and of about one stranger in a
 * hundred (a blocked Bloom filter: one cache line a question, 10 bits an entry). One thread adds while any number ask.
 */
typedef struct Bloom Bloom;

Bloom *bloom_new(uint64_t capacity); /* entries; beyond it "perhaps" becomes frequent, and never wrong */
void bloom_free(Bloom *bloom);
void bloom_add(Bloom *bloom, const char *text);
bool bloom_may_hold(const Bloom *bloom, const char *text);

#endif
