#ifndef RETOUR_PROOF_H
#define RETOUR_PROOF_H

#include "finding.h"
#include "rulebook.h"

/*
 * What a report proves of each of its events, and what recorded mail is to be asked: sets evidence, proof, sender_domain and
 * token of the findings, whose addresses are known by then. Best first: the path (our own mail server's bounce), a token
 * of ours that names the recipient, a feedback programme in which we are enrolled and whose signature a server of ours
 * has verified. Nothing that the mail says of itself counts. Pure.
 */
void proof_find(const Rulebook *book, const Inbound *inbound, const Report *report, Finding *findings, size_t count);

#endif
