#ifndef RETOUR_PROOF_STATE_H
#define RETOUR_PROOF_STATE_H

#include "blacklist.h"

/* How much of what came back in the last seven days was proven, by provider. */
typedef struct ProofShare {
	char *provider;
	uint64_t events, verified;
} ProofShare;

/* The five with most unproven events, of at least 20 events each. Array of ProofShare, owned by the caller. */
GArray *proof_shares(Blacklist *blacklist, GError **error);
/* Unproven events beyond what a flood may fill: counted, not kept. */
bool proof_not_kept(Blacklist *blacklist, uint64_t *ret_events, GError **error);

#endif
