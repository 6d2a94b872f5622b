#ifndef RETOUR_REFUSAL_H
#define RETOUR_REFUSAL_H

#include "listing.h"

/* What the SMTP client is told when mail to a listed address is refused. */
#define REFUSAL_CODE "550"
#define REFUSAL_STATUS "5.7.1"

/*
 * Why, and whom to ask with which reference: printable ASCII that makes, behind code and status, a line of at most 512 octets.
 * Owned by the caller.
 */
char *refusal_text(const Listing *listing, const char *address, const char *support);

#endif
