#ifndef RETOUR_LOOKUP_OUT_H
#define RETOUR_LOOKUP_OUT_H

#include "lookup.h"
#include "providers.h"

/*
 * The support agent's answer: one sentence first, then what it rests on. objection: where one can be filed with the
 * recipient's provider; NULL when that is not known. meant: the address as it may have been meant; NULL: it looks right.
 */
void lookup_print(const Lookup *lookup, const Contact *objection, const char *meant);
void lookup_print_json(const Lookup *lookup, const Contact *objection, const char *meant);

#endif
