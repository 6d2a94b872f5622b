#include "rule.h"

#include <string.h>

#define ANY_NUMBER 999

static void
example_free(void *data)
{
	Example *example = data;

	g_free(example->text);
	g_free(example);
}

Rule *
rule_new(void)
{
	Rule *rule = g_new0(Rule, 1);

	rule->providers = g_ptr_array_new();
	rule->codes = g_array_new(FALSE, FALSE, sizeof(CodePattern));
	rule->statuses = g_array_new(FALSE, FALSE, sizeof(CodePattern));
	rule->all = g_array_new(FALSE, FALSE, sizeof(unsigned));
	rule->any = g_array_new(FALSE, FALSE, sizeof(unsigned));
	rule->none = g_array_new(FALSE, FALSE, sizeof(unsigned));
	rule->res = g_array_new(FALSE, FALSE, sizeof(unsigned));
	rule->examples = g_ptr_array_new_with_free_func(example_free);
	rule->counterexamples = g_ptr_array_new_with_free_func(example_free);
	return rule;
}

void
rule_free(Rule *rule)
{
	if (rule == NULL)
		return;
	g_free(rule->id);
	g_free(rule->note);
	g_free(rule->contact);
	g_free(rule->list);
	g_ptr_array_unref(rule->providers);
	g_array_unref(rule->codes);
	g_array_unref(rule->statuses);
	g_array_unref(rule->all);
	g_array_unref(rule->any);
	g_array_unref(rule->none);
	g_array_unref(rule->res);
	g_ptr_array_unref(rule->examples);
	g_ptr_array_unref(rule->counterexamples);
	g_free(rule);
}

static bool
number_parse(const char *text, unsigned *ret_number)
{
	guint64 number;

	if (!g_ascii_string_to_unsigned(text, 10, 0, ANY_NUMBER, &number, NULL))
		return false;
	*ret_number = (unsigned)number;
	return true;
}

/* "x", "7", "606-649" */
static bool
place_parse(const char *text, unsigned *ret_low, unsigned *ret_high)
{
	g_auto(GStrv) ends = NULL;

	if (strcmp(text, "x") == 0) {
		*ret_low = 0;
		*ret_high = ANY_NUMBER;
		return true;
	}
	ends = g_strsplit(text, "-", 2);
	return number_parse(ends[0], ret_low) && number_parse(ends[ends[1] != NULL], ret_high) && *ret_low <= *ret_high;
}

bool
status_pattern_parse(const char *text, CodePattern *ret_pattern)
{
	g_auto(GStrv) places = g_strsplit(text, ".", 4);
	CodePattern pattern;

	if (g_strv_length(places) != 3)
		return false;
	for (unsigned i = 0; i < 3; i++)
		if (!place_parse(places[i], &pattern.low[i], &pattern.high[i]))
			return false;
	if (pattern.low[0] != 0 && pattern.low[0] != 2 && pattern.low[0] != 4 && pattern.low[0] != 5)
		return false;
	*ret_pattern = pattern;
	return true;
}

bool
code_pattern_parse(const char *text, CodePattern *ret_pattern)
{
	CodePattern pattern = { 0 };

	if (strlen(text) != 3 || strchr("245", text[0]) == NULL)
		return false;
	for (unsigned i = 0; i < 3; i++) {
		if (text[i] != 'x' && !g_ascii_isdigit(text[i]))
			return false;
		pattern.low[0] = pattern.low[0] * 10 + (text[i] == 'x' ? 0 : (unsigned)(text[i] - '0'));
		pattern.high[0] = pattern.high[0] * 10 + (text[i] == 'x' ? 9 : (unsigned)(text[i] - '0'));
	}
	*ret_pattern = pattern;
	return true;
}

static bool
within(const CodePattern *pattern, unsigned place, unsigned value)
{
	return value >= pattern->low[place] && value <= pattern->high[place];
}

static bool
code_holds(const Rule *rule, unsigned code)
{
	for (unsigned i = 0; i < rule->codes->len; i++)
		if (within(&g_array_index(rule->codes, CodePattern, i), 0, code))
			return true;
	return rule->codes->len == 0;
}

static bool
status_holds(const Rule *rule, Status status)
{
	for (unsigned i = 0; status_is_set(status) && i < rule->statuses->len; i++) {
		const CodePattern *pattern = &g_array_index(rule->statuses, CodePattern, i);

		if (within(pattern, 0, status.class) && within(pattern, 1, status.subject)
			&& within(pattern, 2, status.detail))
			return true;
	}
	return rule->statuses->len == 0;
}

static bool
provider_holds(const Rule *rule, const Subject *subject)
{
	for (unsigned i = 0; i < rule->providers->len; i++)
		for (size_t k = 0; k < subject->provider_count; k++)
			if (g_ptr_array_index(rule->providers, i) == subject->providers[k])
				return true;
	return rule->providers->len == 0;
}

static unsigned
count_hits(const GArray *numbers, const Hits *hits)
{
	unsigned count = 0;

	for (unsigned i = 0; i < numbers->len; i++)
		count += hits_has(hits, g_array_index(numbers, unsigned, i));
	return count;
}

static bool
text_holds(const Rule *rule, const Hits *hits)
{
	return count_hits(rule->all, hits) == rule->all->len && count_hits(rule->res, hits) == rule->res->len
	       && (rule->any->len == 0 || count_hits(rule->any, hits) > 0) && count_hits(rule->none, hits) == 0;
}

static bool
bit_holds(unsigned bits, unsigned bit)
{
	return bits == 0 || ((bits >> bit) & 1) != 0;
}

bool
rule_has_text(const Rule *rule)
{
	return rule->all->len > 0 || rule->any->len > 0 || rule->res->len > 0;
}

bool
rule_matches(const Rule *rule, const Subject *subject, const Hits *hits)
{
	return text_holds(rule, hits) && provider_holds(rule, subject) && bit_holds(rule->stages, subject->stage)
	       && bit_holds(rule->actions, subject->action) && code_holds(rule, subject->reply_code)
	       && status_holds(rule, subject->status);
}

int
rule_compare(const Rule *left, const Rule *right)
{
	if (left->layer != right->layer)
		return left->layer > right->layer ? -1 : 1;
	if ((left->providers->len > 0) != (right->providers->len > 0))
		return left->providers->len > 0 ? -1 : 1;
	if (left->conditions != right->conditions)
		return left->conditions > right->conditions ? -1 : 1;
	return left->position < right->position ? -1 : left->position > right->position;
}

static int
compare_numbers(const void *left, const void *right)
{
	unsigned a = *(const unsigned *)left, b = *(const unsigned *)right;

	return a < b ? -1 : a > b;
}

static void
sign_numbers(GString *text, const char *name, GArray *numbers)
{
	g_autoptr(GArray) sorted = g_array_copy(numbers);

	g_array_sort(sorted, compare_numbers);
	g_string_append(text, name);
	for (unsigned i = 0; i < sorted->len; i++)
		g_string_append_printf(text, " %u", g_array_index(sorted, unsigned, i));
}

static void
sign_codes(GString *text, const char *name, const GArray *patterns)
{
	g_string_append(text, name);
	for (unsigned i = 0; i < patterns->len; i++) {
		const CodePattern *p = &g_array_index(patterns, CodePattern, i);

		g_string_append_printf(text, " %u-%u.%u-%u.%u-%u", p->low[0], p->high[0], p->low[1], p->high[1],
			p->low[2], p->high[2]);
	}
}

static int
compare_texts(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

char *
rule_signature(const Rule *rule)
{
	GString *text = g_string_new(NULL);
	g_autoptr(GPtrArray) providers = g_ptr_array_copy(rule->providers, NULL, NULL);

	g_ptr_array_sort(providers, compare_texts);
	g_string_printf(text, "%u %x %x", rule->layer, rule->stages, rule->actions);
	for (unsigned i = 0; i < providers->len; i++)
		g_string_append_printf(text, " @%s", (const char *)g_ptr_array_index(providers, i));
	sign_codes(text, " code", rule->codes);
	sign_codes(text, " status", rule->statuses);
	sign_numbers(text, " all", rule->all);
	sign_numbers(text, " any", rule->any);
	sign_numbers(text, " none", rule->none);
	sign_numbers(text, " re", rule->res);
	return g_string_free(text, FALSE);
}
