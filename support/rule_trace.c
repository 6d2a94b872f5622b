#include "rule_trace.h"

#include "app.h"

RuleTrace *
rule_trace_new(const Classifier *classifier, const char *text, const char *provider)
{
	RuleTrace *trace = g_new0(RuleTrace, 1);

	trace->candidates = g_array_new(FALSE, FALSE, sizeof(Candidate));
	classifier_explain(classifier, text, provider, trace->candidates, &trace->verdict);
	return trace;
}

void
rule_trace_free(RuleTrace *trace)
{
	if (trace == NULL)
		return;
	g_array_unref(trace->candidates);
	g_free(trace);
}

static const char *
disposition_of(Category category)
{
	return disposition_name(category_disposition(category));
}

void
rule_trace_print_candidates(const RuleTrace *trace)
{
	if (trace->candidates->len == 0) {
		app_say("\nNo rule knows this text; what is left are its codes.\n");
		return;
	}
	app_say("\nRules that match, best first (site before shipped, provider before generic, then most conditions, "
		"then file order):\n");
	for (unsigned i = 0; i < trace->candidates->len; i++) {
		const Candidate *candidate = &g_array_index(trace->candidates, Candidate, i);

		app_say("%3u. %s -> %s (%u condition%s) %s:%u\n", i + 1, candidate->rule,
			category_name(candidate->category), candidate->conditions,
			candidate->conditions == 1 ? "" : "s", candidate->file, candidate->line);
	}
}

void
rule_trace_print(const RuleTrace *trace)
{
	const Verdict *verdict = &trace->verdict;

	app_say("category     %s: %s\n", category_name(verdict->category), category_text(verdict->category));
	app_say("disposition  %s\n", disposition_of(verdict->category));
	app_say("confidence   %s\n", confidence_name(verdict->confidence));
	app_say("rule         %s\n", verdict->rule);
	if (*verdict->contact != '\0')
		app_say("objection    %s\n", verdict->contact);
	if (*verdict->list != '\0')
		app_say("blocklist    %s\n", verdict->list);
	rule_trace_print_candidates(trace);
}

static JsonArray *
candidates_json(const RuleTrace *trace)
{
	JsonArray *array = json_array_new();

	for (unsigned i = 0; i < trace->candidates->len; i++) {
		const Candidate *candidate = &g_array_index(trace->candidates, Candidate, i);
		JsonObject *object = json_object_new();

		json_object_set_string_member(object, "rule", candidate->rule);
		json_object_set_string_member(object, "category", category_name(candidate->category));
		json_object_set_int_member(object, "conditions", candidate->conditions);
		json_object_set_string_member(object, "file", candidate->file);
		json_object_set_int_member(object, "line", candidate->line);
		json_array_add_object_element(array, object);
	}
	return array;
}

JsonObject *
rule_trace_json(const RuleTrace *trace)
{
	JsonObject *object = json_object_new();
	const Verdict *verdict = &trace->verdict;

	json_object_set_string_member(object, "category", category_name(verdict->category));
	json_object_set_string_member(object, "disposition", disposition_of(verdict->category));
	json_object_set_string_member(object, "confidence", confidence_name(verdict->confidence));
	json_object_set_string_member(object, "rule", verdict->rule);
	json_object_set_string_member(object, "contact", verdict->contact);
	json_object_set_string_member(object, "list", verdict->list);
	json_object_set_array_member(object, "candidates", candidates_json(trace));
	return object;
}
