#ifndef RETOUR_GUARD_H
#define RETOUR_GUARD_H

#include "mail_limits.h"

#include <glib.h>
#include <stdbool.h>

/*
 * One pass over the raw bytes before GMime sees them, for GMime 3.2 can be crashed (nested address groups recurse
 * in every address header, also of embedded messages), made to allocate gigabytes (empty parts, headers) and to
 * burn minutes (nested boundaries). What is dangerous is cut out; what is left still reads as the same report.
 * The body of a returned message is left out as well: no reader may look at it, and it is most of the bytes.
 */
typedef struct Guarded {
	GByteArray *bytes; /* safe to parse */
	bool cut;          /* something was left out for a limit */
	bool original_cut; /* the body of a returned message was left out, as always */
} Guarded;

void guard_run(const char *bytes, size_t size, const Limits *limits, Guarded *ret_guarded);
void guard_clear(Guarded *guarded);

#endif
