#ifndef RETOUR_DISPOSAL_H
#define RETOUR_DISPOSAL_H

#include "inbound.h"

/* What becomes of a message after the intake has seen it. Pure. REJECT is no choice: by SMTP it loses a bounce. */
typedef enum Disposal {
	DISPOSAL_PASS,        /* untouched, to all recipients */
	DISPOSAL_DISCARD,     /* taken: the MTA forgets it */
	DISPOSAL_DELETE_OURS, /* taken for our recipients, passed on to the others */
	DISPOSAL_TEMPFAIL,    /* the sender's queue keeps it */
} Disposal;

/*
 * A report that went to none of our addresses is somebody's own copy (Postfix bounces to the sender through the internal
 * path): it is recorded and passes on.
 */
Disposal disposal_of(Outcome outcome, bool discard, size_t ours, size_t others);

#endif
