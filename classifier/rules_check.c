#include "rules_check.h"

void
subject_from_text(Subject *ret_subject, const char *text)
{
	Subject subject = { .action = ACTION_FAILED, .stage = STAGE_UNKNOWN };

	status_find(text, &subject.status);
	subject.reply_code = reply_code_find(text);
	*ret_subject = subject;
}

/* A condition on stage or action is about what stands outside of the text: the example is taken to meet it. */
static unsigned
lowest_bit(unsigned bits)
{
	return bits == 0 ? 0 : (unsigned)__builtin_ctz(bits);
}

static const Rule *
judge(const Matcher *matcher, const Rule *rule, const Example *example, const char *provider)
{
	Subject subject;

	subject_from_text(&subject, example->text);
	subject.stage = lowest_bit(rule->stages);
	subject.action = rule->actions == 0 ? ACTION_FAILED : lowest_bit(rule->actions);
	subject_add_provider(&subject, provider);
	return matcher_judge(matcher, &subject, example->text, NULL);
}

static bool
check_example(const Matcher *matcher, const Rule *rule, const Example *example, const char *provider, GError **error)
{
	const Rule *winner = judge(matcher, rule, example, provider);

	if (winner == rule || (winner != NULL && winner->layer > rule->layer))
		return true;
	if (winner == NULL)
		g_set_error(error, RETOUR_ERROR, ERROR_CONFIG, "%s:%u: rule '%s' does not match its example",
			rule->file, example->line, rule->id);
	else
		g_set_error(error, RETOUR_ERROR, ERROR_CONFIG, "%s:%u: the example of rule '%s' is won by '%s' (%s:%u)",
			rule->file, example->line, rule->id, winner->id, winner->file, winner->line);
	return false;
}

static bool
check_counterexample(
	const Matcher *matcher, const Rule *rule, const Example *example, const char *provider, GError **error)
{
	if (judge(matcher, rule, example, provider) != rule)
		return true;
	g_set_error(error, RETOUR_ERROR, ERROR_CONFIG, "%s:%u: rule '%s' wins what it should not", rule->file,
		example->line, rule->id);
	return false;
}

static bool
check_rule(const Matcher *matcher, const Rule *rule, const char *provider, GError **error)
{
	for (unsigned i = 0; i < rule->examples->len; i++)
		if (!check_example(matcher, rule, g_ptr_array_index(rule->examples, i), provider, error))
			return false;
	for (unsigned i = 0; i < rule->counterexamples->len; i++)
		if (!check_counterexample(matcher, rule, g_ptr_array_index(rule->counterexamples, i), provider, error))
			return false;
	return true;
}

bool
rules_check(const Matcher *matcher, GError **error)
{
	const GPtrArray *rules = matcher_rules(matcher)->rules;

	for (unsigned i = 0; i < rules->len; i++) {
		const Rule *rule = g_ptr_array_index(rules, i);

		if (rule->providers->len == 0 && !check_rule(matcher, rule, NULL, error))
			return false;
		for (unsigned k = 0; k < rule->providers->len; k++)
			if (!check_rule(matcher, rule, g_ptr_array_index(rule->providers, k), error))
				return false;
	}
	return true;
}
