#ifndef RETOUR_ADDRESS_H
#define RETOUR_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Mail addresses as keys. RFC 5321 addr-spec without angle brackets; the local part keeps its
 * spelling for display, the key folds its case, for no provider that matters tells them apart.
 */

/*
 * Reads one address out of a field value: "<a@b>", "rfc822; a@b", "Name <a@b>", "a@b (comment)",
 * a source route "@x,@y:a@b", IMCEA and quoted local parts. Refuses what is no address: no '@', a path,
 * blanks outside quotes, longer than 254 octets, a redaction word. Owned by the caller; NULL: none.
 */
char *address_parse(const char *text);

/* The key: case-folded local part, '@', domain in lower-case A-labels (IDNA 2008, UTS 46). NULL: not an address. */
char *address_key(const char *address);
/* The same of what address_parse() returned; never NULL. */
char *address_key_of_parsed(const char *parsed);

/* Borrowed: what follows the last '@', "" when there is none. */
const char *address_domain(const char *address);

/* Lower-case A-labels without trailing dot; NULL when it is no domain (address literals are kept as they are). */
char *domain_normalise(const char *domain);

/* "redacted", "hashed@", "undisclosed", md5 local parts ...: the reporter hid the recipient. */
bool address_is_redacted(const char *address);

#endif
