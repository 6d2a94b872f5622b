#include "command.h"

#include "json_line.h"
#include "rule_trace.h"

#include <sysexits.h>

static int
check_run(App *app, const Command *self, char **words)
{
	g_autoptr(GError) error = NULL;

	if (!command_options(app, self, NULL, words))
		return EX_USAGE;
	g_autoptr(Rulebook) book = app_check_rules(app, words + 1, &error);
	if (book == NULL)
		return app_fail(error);
	if (app_json(app)) {
		JsonObject *object = json_object_new();

		json_object_set_int_member(object, "rules", (gint64)classifier_rule_count(book->classifier));
		json_object_set_string_member(object, "rule_set", classifier_hash(book->classifier));
		json_line_print(object);
	} else {
		app_say("%zu rules, no complaint (rule set %.12s)\n", classifier_rule_count(book->classifier),
			classifier_hash(book->classifier));
	}
	return app_finish(EX_OK);
}

static const Command rules_check = {
	.name = "check",
	.arguments = "[DIRECTORY...]",
	.summary = "Load rules, policy and providers and run the rules' own examples",
	.description =
		"Directories replace the configured ones; shipped rules come first, the site's own last. The first\n"
		"mistake is printed with file and line.",
	.run = check_run,
};

static int
test_run(App *app, const Command *self, char **words)
{
	g_autofree char *provider = NULL;
	const GOptionEntry entries[] = {
		{ "provider", 0, 0, G_OPTION_ARG_STRING, &provider, "Judge as a reply of this provider", "NAME" },
		{ 0 },
	};
	g_autoptr(GError) error = NULL;

	if (!command_options(app, self, entries, words))
		return EX_USAGE;
	if (words[1] == NULL || words[2] != NULL)
		return command_misused("one reply is wanted, in quotes: \"550 5.1.1 user unknown\"");
	Rulebook *book = app_rulebook(app, &error);
	if (book == NULL)
		return app_fail(error);
	if (provider != NULL && !providers_know(book->providers, provider))
		return command_misused("there is no provider '%s' in providers.yaml", provider);
	g_autoptr(RuleTrace) trace = rule_trace_new(book->classifier, words[1], provider == NULL ? "" : provider);
	if (app_json(app))
		json_line_print(rule_trace_json(trace));
	else
		rule_trace_print(trace);
	return app_finish(EX_OK);
}

static const Command rules_test = {
	.name = "test",
	.arguments = "TEXT",
	.summary = "Say what a reply means, and which rules know it",
	.description = "TEXT is a reply as an MTA prints it: \"550 5.1.1 <user@example.org>: user unknown\".",
	.run = test_run,
};

static const Command *const commands[] = { &rules_check, &rules_test, &rules_reload, &rules_coverage, &rules_suggest,
	NULL };

const Command cmd_rules = {
	.name = "rules",
	.summary = "Check, try and load the rules that judge",
	.commands = commands,
};
