#ifndef RETOUR_GUARD_H
#define RETOUR_GUARD_H

#include "mail_limits.h"

#include <glib.h>
#include <stdbool.h>

/*
 * One pass over the raw bytes before GMime sees them, for GMime 3.2 can be crashed (nested address groups recurse
 * in every address header, also of embedded messages), made to allocate gigabytes (empty parts, headers) and to
 * burn minutes (nested boundaries). So it is shown the MIME structure alone: type, encoding and description of parts, and bodies. The other fields
 * are set apart. The body of a returned message is left out as well: no reader may look at it, and it is most of
 * the bytes. All lines end with LF; nothing that could be a delivery-status part is cut.
 */
typedef struct Guarded {
	GByteArray *headers;  /* fields of the message itself */
	GByteArray *original; /* fields of the first returned message that stands there unencoded; may be empty */
	GByteArray *mime;     /* what the MIME parser may see; begins with a header block */
	bool cut;             /* something was left out for a limit */
	bool original_cut;    /* the body of a returned message was left out, as always */
} Guarded;

void guard_run(const char *bytes, size_t size, const Limits *limits, Guarded *ret_guarded);
void guard_clear(Guarded *guarded);

#endif
