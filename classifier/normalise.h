#ifndef RETOUR_NORMALISE_H
#define RETOUR_NORMALISE_H

#include <glib.h>

/*
 * A reply as rules see it: lines joined, repeated codes gone, white space single, case folded, typographic quotes plain.
 * What differs from message to message becomes a token: <addr>, <host>, <ip>, <id>. Stays as it is: enhanced codes,
 * providers' own marks (S3140, TSS04, AS(201806281), OFR004_402, RESOLVER.ADR.RecipNotFound) and each host that is
 * one of kept or lies below it, for a rule names it.
 */
typedef void (*HostFunc)(void *context, const char *host);

/*
 * kept: set of lower-case host names, may be NULL. saw_host (may be NULL) is told of each host outside of URL paths. Owned by
 * the caller.
 */
char *normalise(const char *text, GHashTable *kept, HostFunc saw_host, void *context);

/* The part that also holds for what is written in a rule: case, quotes, white space. Owned by the caller. */
char *normalise_literal(const char *text);

/* Host names in a literal or a regex are put into the set (lower case, owned by it). */
void normalise_collect_hosts(const char *pattern, GHashTable *kept);

#endif
