#ifndef RETOUR_GUARD_H
#define RETOUR_GUARD_H

#include "mail_limits.h"

#include <glib.h>
#include <stdbool.h>

/*
 * One pass over the raw bytes cuts a mail into its parts. GMime's parser is not asked: 3.2 can be crashed (nested
 * address groups recurse in every address header, also of embedded messages), made to allocate gigabytes (empty parts,
 * headers) and to burn minutes (nested boundaries), and its objects cost more than all else that is done to a bounce.
 * What is kept is type, encoding and description of parts, and bodies; the other fields are set apart. The body of a
 * returned message is left out as well: no reader may look at it, and it is most of the bytes. All lines end with LF;
 * nothing that could be a delivery-status part is cut.
 */

/* One part, as its boundaries cut it: offsets into mime. */
typedef struct GuardedPart {
	unsigned depth;   /* 0: the message itself */
	size_t headers;   /* its fields begin here and reach to body */
	size_t body, end; /* of a multipart: what stands before its first part */
} GuardedPart;

typedef struct Guarded {
	GByteArray *headers;  /* fields of the message itself */
	GByteArray *original; /* fields of the first returned message that stands there unencoded; may be empty */
	GByteArray *mime;     /* fields that tell the structure, boundaries, and bodies; begins with a header block */
	GArray *parts;        /* GuardedPart, in the order of the mail; the first is the message itself */
	bool cut;             /* something was left out for a limit */
	bool original_cut;    /* the body of a returned message was left out, as always */
} Guarded;

void guard_run(const char *bytes, size_t size, const Limits *limits, Guarded *ret_guarded);
void guard_clear(Guarded *guarded);

#endif
