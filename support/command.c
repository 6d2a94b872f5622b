#include "command.h"

#include "suggest.h"

#include <stdarg.h>
#include <string.h>
#include <sysexits.h>

static char *
commands_text(const Command *group)
{
	GString *text = g_string_new("Commands:\n");

	for (const Command *const *command = group->commands; *command != NULL; command++)
		g_string_append_printf(text, "  %-12s %s\n", (*command)->name, (*command)->summary);
	if (group->description != NULL)
		g_string_append_printf(text, "\n%s\n", group->description);
	return g_string_free(text, FALSE);
}

static GOptionContext *
context_new(App *app, const Command *command, const GOptionEntry *entries)
{
	GOptionContext *context = g_option_context_new(command->commands == NULL ? command->arguments : "COMMAND ...");

	if (command->commands != NULL) {
		g_autofree char *list = commands_text(command);

		g_option_context_set_strict_posix(context, TRUE);
		g_option_context_set_description(context, list);
	} else if (command->description != NULL) {
		g_autofree char *description = g_strconcat(command->description, "\n", NULL);

		g_option_context_set_description(context, description);
	}
	if (command->summary != NULL) {
		g_autofree char *summary = g_strdup_printf("  %s", command->summary);

		g_option_context_set_summary(context, summary);
	}
	if (entries != NULL)
		g_option_context_add_main_entries(context, entries, NULL);
	app_add_options(app, context);
	return context;
}

int
command_misused(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	g_autofree char *text = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	g_printerr("%s: %s\nTry '%s --help'.\n", g_get_prgname(), text, g_get_prgname());
	return EX_USAGE;
}

/* What a person types after "--" is an argument; the marker itself, which GLib may leave in place, is none. */
static void
drop_marker(char **words)
{
	while (*words != NULL && strcmp(*words, "--") != 0)
		words++;
	if (*words == NULL)
		return;
	g_free(*words);
	for (; *words != NULL; words++)
		words[0] = words[1];
}

bool
command_options(App *app, const Command *self, const GOptionEntry *entries, char **words)
{
	g_autoptr(GOptionContext) context = context_new(app, self, entries);
	g_autoptr(GError) error = NULL;

	if (!g_option_context_parse_strv(context, &words, &error)) {
		command_misused("%s", error->message);
		return false;
	}
	drop_marker(words + 1);
	return true;
}

static int
command_unknown(const Command *group, const char *word)
{
	g_autoptr(GStrvBuilder) names = g_strv_builder_new();

	for (const Command *const *command = group->commands; *command != NULL; command++)
		g_strv_builder_add(names, (*command)->name);
	g_auto(GStrv) list = g_strv_builder_end(names);
	const char *meant = suggest_name((const char *const *)list, g_strv_length(list), word);
	if (meant != NULL)
		return command_misused("there is no command '%s'; did you mean '%s'?", word, meant);
	return command_misused("there is no command '%s'", word);
}

static const Command *
command_find(const Command *group, const char *name)
{
	for (const Command *const *command = group->commands; *command != NULL; command++)
		if (strcmp((*command)->name, name) == 0)
			return *command;
	return NULL;
}

static int
command_start(App *app, const Command *command, char **words)
{
	g_autofree char *name = g_strdup_printf("%s %s", g_get_prgname(), command->name);

	g_set_prgname(name);
	return command->commands != NULL ? command_dispatch(app, command, words) : command->run(app, command, words);
}

/* "retour help rules check" is "retour rules check --help". */
static int
command_help(App *app, const Command *group, char **words)
{
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();

	g_strv_builder_add(builder, words[0]);
	for (char **word = words + 2; *word != NULL; word++)
		g_strv_builder_add(builder, *word);
	g_strv_builder_add(builder, "--help");
	g_auto(GStrv) asked = g_strv_builder_end(builder);
	return command_dispatch(app, group, asked);
}

int
command_dispatch(App *app, const Command *group, char **words)
{
	gboolean version = FALSE;
	const GOptionEntry entries[] = {
		{ "version", 0, 0, G_OPTION_ARG_NONE, &version, "Print the version", NULL },
		{ 0 },
	};

	if (!command_options(app, group, entries, words))
		return EX_USAGE;
	if (version) {
		g_print("retour %s\n", RETOUR_VERSION);
		return app_finish(EX_OK);
	}
	if (words[1] == NULL)
		return command_misused("say which command");
	if (strcmp(words[1], "help") == 0)
		return command_help(app, group, words);
	const Command *command = command_find(group, words[1]);
	if (command == NULL)
		return command_unknown(group, words[1]);
	return command_start(app, command, words + 1);
}
