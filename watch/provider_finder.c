#include "provider_finder.h"

#include <string.h>

#define AT_ONCE 200
#define MINUTE 60
#define DAY (24 * 60 * MINUTE)
#define WEEK (7 * DAY)
#define FIRST_SEARCH WEEK /* what was counted while no watcher ran */

/* base, doubled with every failure before, at most limit; a tenth more or less, so that a burst does not stay one. */
static int64_t
pause_seconds(int64_t base, unsigned failures, int64_t limit)
{
	int64_t seconds = MIN(base << MIN(failures, 16), limit);

	return seconds + g_random_int_range(-(int32_t)(seconds / 10), (int32_t)(seconds / 10) + 1);
}

/* provider: in the list, so DNS was not asked. */
static ProviderLearned
from_list(const ProviderDomain *domain, const char *provider)
{
	return (ProviderLearned){ .domain = domain->domain,
		.provider = provider,
		.source = "list",
		.answer = domain->answer,
		.mx = domain->mx,
		.due_seconds = pause_seconds(WEEK, 0, WEEK) };
}

/* provider: of what was found; NULL when nothing was. */
static ProviderLearned
from_dns(const ProviderDomain *domain, const MailDomain *found, const char *provider)
{
	bool silent = found->answer == MAIL_DOMAIN_UNKNOWN;
	ProviderLearned learned = { .domain = domain->domain,
		.provider = provider,
		.source = "dns",
		.answer = mail_domain_answer_name(found->answer),
		.mx = silent ? domain->mx : found->mx };

	if (provider != NULL) {
		learned.due_seconds = pause_seconds(WEEK, 0, WEEK);
		return learned;
	}
	learned.failures = domain->failures + 1;
	learned.due_seconds = silent ? pause_seconds(5 * MINUTE, domain->failures, DAY)
				     : pause_seconds(DAY, domain->failures, 30 * DAY);
	return learned;
}

/* What is asked and what became of it; the texts that are learned live as long. */
typedef struct Turn {
	const GPtrArray *due;
	MailDomain *found;
	char **names; /* providers, as many as due; NULL where nothing was found */
	ProviderLearned *learned;
} Turn;

static Turn *
turn_new(const GPtrArray *due)
{
	Turn *turn = g_new0(Turn, 1);

	turn->due = due;
	turn->found = g_new0(MailDomain, due->len);
	turn->names = g_new0(char *, due->len);
	turn->learned = g_new0(ProviderLearned, due->len);
	return turn;
}

static void
turn_free(Turn *turn)
{
	for (unsigned i = 0; i < turn->due->len; i++) {
		mail_domain_clear(&turn->found[i]);
		g_free(turn->names[i]);
	}
	g_free(turn->found);
	g_free(turn->names);
	g_free(turn->learned);
	g_free(turn);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Turn, turn_free)

/* Domains of the list need no question. */
static bool
ask(const ProviderFinder *finder, Turn *turn, GError **error)
{
	g_autoptr(GPtrArray) domains = g_ptr_array_new();
	g_autofree MailDomain *answers = g_new0(MailDomain, turn->due->len);
	unsigned next = 0;

	for (unsigned i = 0; i < turn->due->len; i++) {
		const ProviderDomain *domain = turn->due->pdata[i];

		if (providers_by_domain(finder->providers, domain->domain) == NULL)
			g_ptr_array_add(domains, domain->domain);
	}
	if (!resolver_ask(finder->resolver, (const char *const *)domains->pdata, domains->len, answers, error))
		return false;
	for (unsigned i = 0; i < turn->due->len; i++) {
		const ProviderDomain *domain = turn->due->pdata[i];

		if (next < domains->len && domains->pdata[next] == domain->domain)
			turn->found[i] = answers[next++];
	}
	return true;
}

static void
conclude(const ProviderFinder *finder, Turn *turn)
{
	for (unsigned i = 0; i < turn->due->len; i++) {
		const ProviderDomain *domain = turn->due->pdata[i];
		const char *listed = providers_by_domain(finder->providers, domain->domain);

		if (turn->found[i].answer == MAIL_DOMAIN_FOUND)
			turn->names[i] = mail_hosts_provider(
				finder->hosts, finder->providers, domain->domain, turn->found[i].mx);
		turn->learned[i] =
			listed != NULL ? from_list(domain, listed) : from_dns(domain, &turn->found[i], turn->names[i]);
	}
}

bool
provider_finder_turn(ProviderFinder *finder, bool *ret_more, GError **error)
{
	int64_t now = g_get_real_time() / G_USEC_PER_SEC;
	int64_t since = finder->counted_since == 0 ? now - FIRST_SEARCH : finder->counted_since;
	g_autoptr(GPtrArray) due = NULL;
	uint64_t found;

	if (!provider_domains_discover(finder->blacklist, since, &found, error))
		return false;
	/* Mail is counted a moment after it left, perhaps in the hour before. */
	finder->counted_since = now - 2 * 60 * MINUTE;
	due = provider_domains_due(finder->blacklist, AT_ONCE, error);
	if (due == NULL)
		return false;
	*ret_more = due->len == AT_ONCE;
	if (due->len == 0)
		return true;
	g_autoptr(Turn) turn = turn_new(due);

	if (!ask(finder, turn, error))
		return false;
	conclude(finder, turn);
	return provider_domains_learn(finder->blacklist, turn->learned, due->len, error);
}
