#ifndef RETOUR_GENERIC_H
#define RETOUR_GENERIC_H

#include "reader.h"

/*
 * Bounces in no format: prose of any MTA in any language, read by cue lines, address paragraphs, quoted replies and
 * transcripts. Asked last of all readers that know bounces; NULL unless a machine sent it and its text speaks of a failure.
 */
Report *generic_read(const Message *message, const Inbound *inbound, const Limits *limits);

extern const Reader generic_reader;

#endif
