#include "matcher.h"

#include "normalise.h"

/* Where entries are few, looking at each is cheaper than searching. */
#define SEARCH_FROM 8

/* One way to a rule: it may match when the pattern occurs and the subject is of that provider (NULL: any). */
typedef struct Entry {
	unsigned pattern;
	const char *provider;
	const Rule *rule;
} Entry;

struct Matcher {
	RuleSet *set;
	Patterns *patterns;
	GArray *entries; /* Entry, by pattern, provider, rank; rules without text are under the number after the last */
	GArray *first;   /* size_t per pattern: its first entry; one more at the end */
};

typedef struct Search {
	const Matcher *matcher;
	Subject *subject;
	const Hits *hits;
	const Rule *best;
	GPtrArray *matched;
} Search;

static int
compare_entries(const void *left, const void *right)
{
	const Entry *a = left, *b = right;

	if (a->pattern != b->pattern)
		return a->pattern < b->pattern ? -1 : 1;
	if (a->provider != b->provider)
		return (uintptr_t)a->provider < (uintptr_t)b->provider ? -1 : 1;
	return a->rule->rank < b->rule->rank ? -1 : a->rule->rank > b->rule->rank;
}

static void
enter(const Matcher *matcher, const Rule *rule, unsigned pattern)
{
	Entry entry = { .pattern = pattern, .rule = rule };

	if (rule->providers->len == 0)
		g_array_append_val(matcher->entries, entry);
	for (unsigned i = 0; i < rule->providers->len; i++) {
		entry.provider = g_ptr_array_index(rule->providers, i);
		g_array_append_val(matcher->entries, entry);
	}
}

static void
count_uses(const Rule *rule, unsigned *uses)
{
	const GArray *lists[] = { rule->all, rule->any, rule->res };

	for (size_t l = 0; l < G_N_ELEMENTS(lists); l++)
		for (unsigned i = 0; i < lists[l]->len; i++)
			uses[g_array_index(lists[l], unsigned, i)]++;
}

static unsigned
least_used(const GArray *numbers, const unsigned *uses)
{
	unsigned best = g_array_index(numbers, unsigned, 0);

	for (unsigned i = 1; i < numbers->len; i++)
		if (uses[g_array_index(numbers, unsigned, i)] < uses[best])
			best = g_array_index(numbers, unsigned, i);
	return best;
}

/* Under the pattern that the fewest rules share, when all must occur; under each, when one is enough. */
static void
enter_rule(const Matcher *matcher, const Rule *rule, const unsigned *uses, unsigned no_text)
{
	if (rule->all->len > 0)
		enter(matcher, rule, least_used(rule->all, uses));
	else if (rule->res->len > 0)
		enter(matcher, rule, least_used(rule->res, uses));
	else if (rule->any->len == 0)
		enter(matcher, rule, no_text);
	for (unsigned i = 0; rule->all->len == 0 && rule->res->len == 0 && i < rule->any->len; i++)
		enter(matcher, rule, g_array_index(rule->any, unsigned, i));
}

static void
build_index(const Matcher *matcher)
{
	const GPtrArray *rules = matcher->set->rules;
	unsigned count = (unsigned)pattern_list_count(matcher->set->patterns);
	g_autofree unsigned *uses = g_new0(unsigned, count);
	size_t at = 0;

	for (unsigned i = 0; i < rules->len; i++)
		count_uses(g_ptr_array_index(rules, i), uses);
	for (unsigned i = 0; i < rules->len; i++)
		enter_rule(matcher, g_ptr_array_index(rules, i), uses, count);
	g_array_sort(matcher->entries, compare_entries);
	for (unsigned pattern = 0; pattern <= count + 1; pattern++) {
		while (at < matcher->entries->len && g_array_index(matcher->entries, Entry, at).pattern < pattern)
			at++;
		g_array_append_val(matcher->first, at);
	}
}

Matcher *
matcher_new(RuleSet *set, const char *cache_dir, GError **error)
{
	g_autoptr(Matcher) matcher = g_new0(Matcher, 1);

	matcher->set = set;
	matcher->entries = g_array_new(FALSE, FALSE, sizeof(Entry));
	matcher->first = g_array_new(FALSE, FALSE, sizeof(size_t));
	rule_set_finish(set);
	matcher->patterns = patterns_compile(set->patterns, cache_dir, error);
	if (matcher->patterns == NULL)
		return NULL;
	build_index(matcher);
	return g_steal_pointer(&matcher);
}

void
matcher_free(Matcher *matcher)
{
	if (matcher == NULL)
		return;
	patterns_free(matcher->patterns);
	g_array_unref(matcher->entries);
	g_array_unref(matcher->first);
	rule_set_free(matcher->set);
	g_free(matcher);
}

void
subject_add_provider(Subject *subject, const char *provider)
{
	if (provider == NULL || subject->provider_count == SUBJECT_PROVIDERS)
		return;
	for (size_t i = 0; i < subject->provider_count; i++)
		if (subject->providers[i] == provider)
			return;
	subject->providers[subject->provider_count++] = provider;
}

static void
saw_host(void *context, const char *host)
{
	const Search *search = context;

	subject_add_provider(search->subject, providers_by_mx(search->matcher->set->providers, host));
}

static void
consider(Search *search, const Rule *rule)
{
	if (!rule_matches(rule, search->subject, search->hits))
		return;
	if (search->matched != NULL && !g_ptr_array_find(search->matched, rule, NULL))
		g_ptr_array_add(search->matched, (void *)(uintptr_t)rule);
	if (search->best == NULL || rule->rank < search->best->rank)
		search->best = rule;
}

/* Within [low, high) the entries of one provider begin here. */
static size_t
search_provider(const Matcher *matcher, size_t low, size_t high, const char *provider)
{
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if ((uintptr_t)g_array_index(matcher->entries, Entry, middle).provider < (uintptr_t)provider)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Entries of one provider stand best first: the first match, or one that is no better than what we have, ends it. */
static void
consider_provider(Search *search, size_t low, size_t high, const char *provider)
{
	const GArray *entries = search->matcher->entries;

	for (size_t i = search_provider(search->matcher, low, high, provider); i < high; i++) {
		const Entry *entry = &g_array_index(entries, Entry, i);

		if (entry->provider != provider)
			return;
		if (search->matched == NULL && search->best != NULL && search->best->rank <= entry->rule->rank)
			return;
		consider(search, entry->rule);
	}
}

static void
consider_pattern(Search *search, unsigned pattern)
{
	const Matcher *matcher = search->matcher;
	size_t low = g_array_index(matcher->first, size_t, pattern);
	size_t high = g_array_index(matcher->first, size_t, pattern + 1);

	if (high - low < SEARCH_FROM) {
		for (size_t i = low; i < high; i++)
			consider(search, g_array_index(matcher->entries, Entry, i).rule);
		return;
	}
	consider_provider(search, low, high, NULL);
	for (size_t i = 0; i < search->subject->provider_count; i++)
		consider_provider(search, low, high, search->subject->providers[i]);
}

static int
compare_rules(const void *left, const void *right)
{
	return rule_compare(*(const Rule *const *)left, *(const Rule *const *)right);
}

const Rule *
matcher_judge(const Matcher *matcher, Subject *subject, const char *text, GPtrArray *matched)
{
	Search search = { .matcher = matcher, .subject = subject, .matched = matched };
	g_autofree char *normal = normalise(text, matcher->set->hosts, saw_host, &search);
	Hits *hits = patterns_scan(matcher->patterns, normal);

	search.hits = hits;
	for (unsigned i = 0; i < hits->numbers->len; i++)
		consider_pattern(&search, g_array_index(hits->numbers, unsigned, i));
	consider_pattern(&search, (unsigned)pattern_list_count(matcher->set->patterns));
	patterns_release(matcher->patterns, hits);
	if (matched != NULL)
		g_ptr_array_sort(matched, compare_rules);
	return search.best;
}

const RuleSet *
matcher_rules(const Matcher *matcher)
{
	return matcher->set;
}
