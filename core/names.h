#ifndef RETOUR_NAMES_H
#define RETOUR_NAMES_H

#include <stdbool.h>
#include <stddef.h>

/* Index of name in a table of names, caseless; false when it is not there. What enum parsers share. */
bool names_find(const char *const *names, size_t count, const char *name, unsigned *ret_index);

#endif
