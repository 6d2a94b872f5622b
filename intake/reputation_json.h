#ifndef RETOUR_REPUTATION_JSON_H
#define RETOUR_REPUTATION_JSON_H

#include "reputation.h"

#include <json-glib/json-glib.h>

/* One reputation as programs see it, in `retour reputation --json` and in Redis alike; retour-reputation(1). */
JsonObject *reputation_json(const Reputation *reputation, ReputationWindow window);
char *reputation_json_text(const Reputation *reputation, ReputationWindow window); /* owned by the caller */
/* The counts alone: what follows from them is the caller's to judge anew. False: not readable. */
bool reputation_json_parse(Reputation *reputation, const char *text);

#endif
