#ifndef RETOUR_LOOKUP_OUT_H
#define RETOUR_LOOKUP_OUT_H

#include "lookup.h"

/* The support agent's answer: one sentence first, then what it rests on. */
void lookup_print(const Lookup *lookup);
void lookup_print_json(const Lookup *lookup);

#endif
