#ifndef RETOUR_PROOF_H
#define RETOUR_PROOF_H

#include "finding.h"

/*
 * What a report proves of each of its events without a look into the database: sets evidence and proof of the findings, whose
 * addresses are known by then. Pure.
 */
void proof_find(const Inbound *inbound, const Report *report, Finding *findings, size_t count);

#endif
