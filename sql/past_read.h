#ifndef RETOUR_PAST_READ_H
#define RETOUR_PAST_READ_H

#include "blacklist.h"
#include "past.h"

/* The blacklist and what led to it, told again. Reads only, from one snapshot, streaming. Role: retour_support. */
typedef struct PastReader {
	void (*entry)(void *context, const char *target, const char *scope, const PastEntry *now,
		const PastEntry *before, bool held);
	void (*fact)(void *context, const PastFact *fact);
	void *context;
} PastReader;

/*
 * First every entry: as it stands, and as it stood at since, as far as is known: what rests on something older stands as it
 * does now, of the rest only how often it had been listed before. Then what happened from since - lead seconds on,
 * in order of time. since 0: from the first event that is still kept.
 */
bool past_read(Blacklist *blacklist, int64_t since, int64_t lead, const PastReader *reader, GError **error);

#endif
