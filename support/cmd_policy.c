#include "command.h"

#include "json_line.h"

#include <sysexits.h>

static int
check_run(App *app, const Command *self, char **words)
{
	g_autoptr(GError) error = NULL;

	if (!command_options(app, self, NULL, words))
		return EX_USAGE;
	if (words[1] != NULL && words[2] != NULL)
		return command_misused("one file is wanted, or none for the configured one");
	const RulebookSettings *settings = app_rules(app, &error);
	if (settings == NULL)
		return app_fail(error);
	const char *file = words[1] != NULL ? words[1] : settings->policy_file;
	g_autoptr(Policy) policy = policy_load(file, &error);
	if (policy == NULL)
		return app_fail(error);
	if (app_json(app)) {
		JsonObject *object = json_object_new();

		json_object_set_string_member(object, "policy", file);
		json_line_print(object);
	} else {
		app_say("%s: no complaint\n", file);
	}
	return app_finish(EX_OK);
}

static const Command policy_check = {
	.name = "check",
	.arguments = "[FILE]",
	.summary = "Read a policy as the services would; the first mistake is printed with file and line",
	.run = check_run,
};

static const Command *const commands[] = { &policy_check, &policy_simulate, NULL };

const Command cmd_policy = {
	.name = "policy",
	.summary = "Check what is done with those whose mail comes back, and try it on what came back",
	.commands = commands,
};
