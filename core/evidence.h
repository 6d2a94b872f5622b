#ifndef RETOUR_EVIDENCE_H
#define RETOUR_EVIDENCE_H

#include <stdbool.h>

/* How much a report proves, best first: a lower value is the better grade. Stored as text. */
typedef enum Evidence {
	EVIDENCE_IN_SESSION,    /* our own MTA saw the reply */
	EVIDENCE_LOCAL,         /* our own MTA's bounce, by its internal path */
	EVIDENCE_SIGNED,        /* our token, bound to message and recipient, came back */
	EVIDENCE_REPORTER,      /* an enrolled programme, proven by DKIM */
	EVIDENCE_KNOWN_MESSAGE, /* Message-ID and recipient match mail that we recorded */
	EVIDENCE_UNVERIFIED,    /* anybody could have sent it */
} Evidence;

const char *evidence_name(Evidence evidence);
bool evidence_parse(const char *name, Evidence *ret_evidence);

#endif
