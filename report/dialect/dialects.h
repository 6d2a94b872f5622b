#ifndef RETOUR_DIALECTS_H
#define RETOUR_DIALECTS_H

#include "reader.h"

/* Reports that need a reader of their own; one file each. What is written in prose, whatever the MTA, generic.c reads. */
extern const Reader google_groups_reader;
extern const Reader sns_reader;
extern const Reader fml_reader;
extern const Reader spamcop_reader;

#endif
