#include "command.h"
#include "log.h"
#include "message.h"

#include <locale.h>

static const Command *const commands[] = {
	&cmd_classify,
	&cmd_explain,
	&cmd_rules,
	&cmd_import,
	&cmd_policy,
	&cmd_lookup,
	&cmd_blacklist,
	&cmd_reputation,
	&cmd_provider,
	&cmd_export,
	&cmd_forget,
	&cmd_migrate,
	&cmd_maintain,
	&cmd_cache,
	&cmd_token,
	&cmd_doctor,
	NULL,
};

static const Command retour = {
	.name = "retour",
	.description =
		"'retour COMMAND --help' tells more. Exit codes are those of sysexits.h: 64 wrong usage, 65 bad data,\n"
		"69 not available, 74 input or output failed, 75 try again later, 78 bad configuration.",
	.commands = commands,
};

int
main(int count, char **arguments)
{
	g_auto(GStrv) words = g_new0(char *, (size_t)count + 2);
	g_autoptr(App) app = app_new();

	setlocale(LC_ALL, "");
	for (int i = 0; i < count; i++)
		words[i] = g_strdup(arguments[i]);
	log_open("retour", LOG_WARNINGS);
	g_set_prgname("retour");
	message_init();
	return command_dispatch(app, &retour, words);
}
