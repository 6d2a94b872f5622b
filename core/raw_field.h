#ifndef RETOUR_RAW_FIELD_H
#define RETOUR_RAW_FIELD_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Fields of a mail's header block as they stand there, from the top: for those few that are believed because of where they
 * stand. Nothing is decoded or unfolded; any line ends.
 */
typedef struct RawField {
	const char *name; /* borrowed, as the others; "" for a line that is no field */
	size_t name_size;
	const char *value; /* what follows the colon, line breaks included */
	size_t value_size;
} RawField;

/* The field at *at, 0 for the first, which moves on. False: the header block is over. */
bool raw_field_next(const char *bytes, size_t size, size_t *at, RawField *ret_field);
/* Caseless. */
bool raw_field_is(const RawField *field, const char *name);
/* Also with blanks before the colon: what some readers take for it, and others do not. For what takes belief away. */
bool raw_field_may_be(const RawField *field, const char *name);

#endif
