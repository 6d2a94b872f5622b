#ifndef RETOUR_REPUTATION_OUT_H
#define RETOUR_REPUTATION_OUT_H

#include "reputation.h"

/* Reputations as people and programs see them. */

/* As reputation_read() gives them; at most limit providers and limit senders. */
void reputations_print(const GPtrArray *found, ReputationWindow window, int64_t limit);

/* "1.2 % (0.8-1.9)", "- (below 3.7)" without hits; owned by the caller. */
char *rate_text(const Rate *rate);

#endif
