#ifndef RETOUR_TARGET_H
#define RETOUR_TARGET_H

#include "blacklist.h"

/*
 * What people type to name an entry of the blacklist: an address, "@domain", or a reference that stood in a refusal
 * ("r-1042"). True: *ret_target is owned by the caller. A reference is found even after its entry was replaced or removed;
 * ERROR_INPUT: it was never given.
 */
bool target_of(Blacklist *blacklist, const char *word, char **ret_target, GError **error);
bool target_is_reference(const char *word);

#endif
