#ifndef RETOUR_ERASURE_KEYS_H
#define RETOUR_ERASURE_KEYS_H

#include "blacklist.h"

/*
 * Under which keys addresses were erased. The keys are in no database; a mark of each is, by which it is known again: what
 * the key makes of ERASURE_MARK.
 */
#define ERASURE_MARK "the.key@retour.invalid" /* an address that nobody has */

/*
 * Before an address is erased. ERROR_CONFIG: others were erased under other keys alone, and another (the old one is lost) is not
 * meant. The role: retour_admin.
 */
bool erasure_key_note(Blacklist *blacklist, const char *mark, bool another, GError **error);

typedef struct ErasureState {
	uint64_t entries; /* of erased addresses, on the blacklist */
	unsigned keys;    /* under which addresses were erased */
	bool known;       /* the one asked for is among them */
} ErasureState;

/* mark NULL: no key is there. */
bool erasure_state_read(Blacklist *blacklist, const char *mark, ErasureState *ret_state, GError **error);

#endif
