#include "mail_host.h"

#include <libpsl.h>

struct MailHosts {
	psl_ctx_t *suffixes; /* NULL: the list is not installed */
};

MailHosts *
mail_hosts_new(void)
{
	MailHosts *hosts = g_new0(MailHosts, 1);

	hosts->suffixes = psl_latest(NULL);
	return hosts;
}

void
mail_hosts_free(MailHosts *hosts)
{
	if (hosts == NULL)
		return;
	psl_free(hosts->suffixes);
	g_free(hosts);
}

/* "mx1.mail.example.co.uk" -> "example.co.uk". Owned by the caller; NULL: a public suffix, an address or a bare name. */
static char *
organisation_of(const MailHosts *hosts, const char *host)
{
	if (hosts->suffixes == NULL || *host == '\0' || *host == '[' || g_hostname_is_ip_address(host))
		return NULL;
	return g_strdup(psl_registrable_domain(hosts->suffixes, host));
}

char *
mail_hosts_provider(const MailHosts *hosts, const Providers *providers, const char *domain, const char *mx)
{
	const char *name = providers_by_domain(providers, domain);
	g_autofree char *organisation = NULL;

	if (name == NULL && *mx != '\0')
		name = providers_by_mx(providers, mx);
	if (name != NULL)
		return g_strdup(name);
	organisation = organisation_of(hosts, *mx == '\0' ? domain : mx);
	if (organisation == NULL)
		return g_strdup(domain);
	name = providers_by_domain(providers, organisation);
	return name == NULL ? g_steal_pointer(&organisation) : g_strdup(name);
}
