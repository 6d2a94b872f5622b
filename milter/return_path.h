#ifndef RETOUR_RETURN_PATH_H
#define RETOUR_RETURN_PATH_H

#include "session.h"

/*
 * The other end of a signed return path: nothing but replies to our mail comes to these domains, so what has no token of ours
 * is forged, or backscatter. postmaster, abuse and feedback addresses are exempt.
 */

/* Does an answer at RCPT make a difference now? Else the step needs no reply. */
bool return_path_refuses(const Conduct *conduct, int64_t now);

/* NULL: nothing is wrong. Else what is: "missing", or the token's state; static. */
const char *return_path_problem(const Conduct *conduct, const Recipient *recipient, int64_t now);

#endif
