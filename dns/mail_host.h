#ifndef RETOUR_MAIL_HOST_H
#define RETOUR_MAIL_HOST_H

#include "providers.h"

/* Whose host is it? The public suffix list that Debian keeps tells where an organisation's name begins. */
typedef struct MailHosts MailHosts;

MailHosts *mail_hosts_new(void);
void mail_hosts_free(MailHosts *hosts);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MailHosts, mail_hosts_free)

/*
 * The provider of a domain (normalised) whose mail goes to that MX ("": to the domain itself): by the domain list, by MX
 * suffix, else the organisation that the host belongs to, by its name in the domain list where it has one; the domain where the
 * host tells nothing. Owned by the caller.
 */
char *mail_hosts_provider(const MailHosts *hosts, const Providers *providers, const char *domain, const char *mx);

#endif
