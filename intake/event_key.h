#ifndef RETOUR_EVENT_KEY_H
#define RETOUR_EVENT_KEY_H

#include "finding.h"

/*
 * The key of core/finding.h. What names the original message is, best first: its Message-ID, which every path and every
 * retry tells alike and which no copy of a bounce can change without becoming a bounce of unknown mail; its queue id at
 * the reporting MTA with that MTA's name and the arrival date; the digest of the report. Neither category nor status is
 * part of it: rules change between two tries.
 *
 * address "" (hidden): the place in the report stands for it; of complaints, where one campaign of one Message-ID may
 * bring many of different people, the digest names the message then.
 *
 * message: a better name of the original than any that the report tells, which might be made up; NULL: none.
 */
void event_key(const Report *report, unsigned index, const char *address, const char *message,
	unsigned char ret_key[static EVENT_KEY_SIZE]);

#endif
