#ifndef RETOUR_CACHE_ENTRY_H
#define RETOUR_CACHE_ENTRY_H

#include "listing.h"

/*
 * The entries of one target as a Redis value: "R1" and netstrings ("3:abc,"): their number, then ten for each. No byte is NUL,
 * every length is stated, and nothing but exactly this is read: a value that is damaged, foreign or of another
 * version says nothing about its target.
 */

/* "" when the target is on no list. Owned by the caller. */
char *cache_entry_format(const TargetState *state);

/* NULL: not readable. target is that of the key. Owned by the caller. */
TargetState *cache_entry_parse(const char *target, const char *text, size_t size);

/* When the last of its listings ends, seconds since the epoch; NEVER_EXPIRES if one never does. */
int64_t cache_entry_expiry(const TargetState *state);

#endif
