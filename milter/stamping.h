#ifndef RETOUR_STAMPING_H
#define RETOUR_STAMPING_H

#include "networks.h"
#include "settings.h"

/* Section "stamping" of retour.yaml: what mail that leaves is given, so that what comes back proves something. Immutable. */
typedef enum KeepEnvelopes {
	KEEP_OWN_BOUNCES, /* senders that handle bounces themselves keep theirs: VERP, SRS, BATV, lists */
	KEEP_NONE,
} KeepEnvelopes;

/* Of one sender domain. Text is "" where nothing is done. */
typedef struct StampTerms {
	bool stamp;
	char *return_path;      /* domain of the signed return path; "": the envelope sender stays */
	bool trace;             /* X-Retour-Trace */
	char *feedback_address; /* CFBL-Address, with CFBL-Feedback-ID */
	char *feedback_id;      /* sender id that ends Feedback-ID */
	char *unsubscribe;      /* domain of the List-Unsubscribe address */
	int keep;               /* KeepEnvelopes */
} StampTerms;

typedef struct Stamping Stamping;

/* map: the section; NULL: nothing is stamped. ERROR_CONFIG with file:line. */
Stamping *stamping_read(const YamlNode *map, GError **error);
void stamping_free(Stamping *stamping);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Stamping, stamping_free)

/* Is anything stamped at all? */
bool stamping_is_on(const Stamping *stamping);
/* NULL: mail of that domain (normalised) is left alone. */
const StampTerms *stamping_terms(const Stamping *stamping, const char *sender_domain);
/* Is mail of this client ours, though it did not log in? */
bool stamping_knows_client(const Stamping *stamping, const char *client);
/* Is there a domain for signed return paths? */
bool stamping_has_return_path(const Stamping *stamping);
/* Does that domain (normalised) take only what comes back by a signed return path? */
bool stamping_is_return_path(const Stamping *stamping, const char *domain);

/* By its form: does whoever sends in this name deal with bounces himself? Pure. */
bool sender_keeps_bounces(const char *address);

#endif
