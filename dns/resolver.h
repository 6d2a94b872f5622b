#ifndef RETOUR_RESOLVER_H
#define RETOUR_RESOLVER_H

#include "errors.h"
#include "settings.h"

/*
 * Does a domain accept mail, and where? The only folder that touches c-ares. Nothing here is in the path of a mail: an answer
 * may take seconds.
 */
typedef struct ResolverSettings { /* section `dns` of retour.yaml */
	char **servers;           /* "192.0.2.53", "192.0.2.53:5353", "[2001:db8::53]:53"; none: as in resolv.conf */
	int64_t timeout_ms;       /* of one try; it doubles with every further one */
	int64_t tries;            /* per server */
} ResolverSettings;

extern const Setting resolver_settings[]; /* of ResolverSettings */

typedef enum MailDomainAnswer {
	MAIL_DOMAIN_UNKNOWN,   /* no server answered, or what came was no answer: says nothing of the domain */
	MAIL_DOMAIN_FOUND,     /* it has an MX, or no MX and an address (RFC 5321 section 5.1) */
	MAIL_DOMAIN_NULL_MX,   /* it says that it takes no mail (RFC 7505) */
	MAIL_DOMAIN_NOT_FOUND, /* there is no such name, or it has neither MX nor address */
} MailDomainAnswer;

typedef struct MailDomain {
	MailDomainAnswer answer;
	/* FOUND: the most preferred host, lower case, of several the first by name; "": the domain itself. Else "". */
	char *mx;
} MailDomain;

void mail_domain_clear(MailDomain *domain);
const char *mail_domain_answer_name(MailDomainAnswer answer); /* "found", "null_mx", "not_found", "unknown" */

typedef struct Resolver Resolver;

/* settings are borrowed for as long as the resolver lives. ERROR_CONFIG: what `servers` names is no address. */
Resolver *resolver_open(const ResolverSettings *settings, GError **error);
void resolver_close(Resolver *resolver); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Resolver, resolver_close)

/*
 * Asks for all domains (normalised) side by side, at most 100 questions at a time, and returns when all are answered or half
 * a minute has passed; what is open then is UNKNOWN. ret_domains has count elements; clear each. One thread at a
 * time. ERROR_RETRY: nobody could be asked, for want of descriptors or memory.
 */
bool resolver_ask(
	Resolver *resolver, const char *const *domains, size_t count, MailDomain *ret_domains, GError **error);

/*
 * The same for what shall have consequences: everything is asked twice, of different servers where there are several, and where
 * the two answers differ the result is UNKNOWN.
 */
bool resolver_confirm(
	Resolver *resolver, const char *const *domains, size_t count, MailDomain *ret_domains, GError **error);

#endif
