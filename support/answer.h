#ifndef RETOUR_ANSWER_H
#define RETOUR_ANSWER_H

#include "lookup.h"

/*
 * "Mail to person@example.org does not arrive: why?" in one English sentence without a full stop, from what the database
 * knows. Pure; owned by the caller.
 */
char *answer_text(const Lookup *lookup, int64_t now);

/* Mail does not arrive, or nothing is known: a slip in the address may be why. */
bool answer_is_trouble(const Lookup *lookup);

/* The entry that matters most of those in force, or NULL: all senders before one, then the newest. */
const Listing *answer_listing(const Lookup *lookup, int64_t now);

/* "all senders" or "news.example.org". Owned by the caller. */
char *answer_scope(const char *scope);

/* What a report said of the address, in words: "mail failed because the mailbox is full". Owned by the caller. */
char *answer_event(const LookupEvent *event);

#endif
