#include "spelling.h"

#include "address.h"
#include "suggest.h"

char *
spelling_meant(const Providers *providers, const char *address)
{
	const char *domain = address_domain(address);
	g_autofree const char **known = NULL;
	const char *meant;
	size_t count;

	if (*domain == '\0' || providers_by_domain(providers, domain) != NULL)
		return NULL;
	known = providers_domains(providers, &count);
	meant = suggest_near(known, count, domain, 1);
	return meant == NULL ? NULL : g_strdup_printf("%.*s%s", (int)(domain - address), address, meant);
}
