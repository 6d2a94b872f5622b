#ifndef RETOUR_PROVIDER_FINDER_H
#define RETOUR_PROVIDER_FINDER_H

#include "mail_host.h"
#include "provider_domains.h"
#include "resolver.h"

/* Learns which provider hosts the domains that mail goes to. Never in the path of a mail: the table is the queue. */
typedef struct ProviderFinder {
	Blacklist *blacklist;
	Resolver *resolver;
	const MailHosts *hosts;
	const Providers *providers;
	int64_t counted_since; /* where the next search for new domains begins; the finder's own */
} ProviderFinder;

/*
 * Puts newly counted domains into the table, and asks for those whose turn it is, 200 at most. *ret_more: there were as many,
 * so come again soon. An answer is kept for a week, a missing domain is asked for after a day, then two, four and so on up to
 * a month, and one for which no server answered after five minutes and so on up to a day.
 */
bool provider_finder_turn(ProviderFinder *finder, bool *ret_more, GError **error);

#endif
