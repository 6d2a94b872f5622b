#include "exit_codes.h"
#include "log.h"
#include "service.h"

#include <stdlib.h>

#define STANDARD_CONFIG RETOUR_SYSCONFDIR "/retour.yaml"

typedef struct Options {
	char *config;
	gboolean check, debug, version;
} Options;

static bool
parse_options(int *argc, char ***argv, Options *options, GError **error)
{
	const GOptionEntry entries[] = {
		{ "config", 'c', 0, G_OPTION_ARG_FILENAME, &options->config,
			"Settings to use instead of " STANDARD_CONFIG, "FILE" },
		{ "check", 0, 0, G_OPTION_ARG_NONE, &options->check, "Check settings, rules and policy, and exit",
			NULL },
		{ "debug", 0, 0, G_OPTION_ARG_NONE, &options->debug, "Log more", NULL },
		{ "version", 0, 0, G_OPTION_ARG_NONE, &options->version, "Print the version and exit", NULL },
		{ 0 },
	};
	g_autoptr(GOptionContext) context = g_option_context_new("- read bounces and complaints from mailboxes");

	g_option_context_add_main_entries(context, entries, NULL);
	if (!g_option_context_parse(context, argc, argv, error))
		return false;
	if (*argc > 1) {
		g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "unexpected argument '%s'", (*argv)[1]);
		return false;
	}
	return true;
}

static int
check(const char *path)
{
	g_autoptr(GError) error = NULL;

	if (!service_check(path, &error)) {
		g_printerr("retour-fbl: %s\n", error->message);
		return EXIT_CONFIG;
	}
	g_print("%s: good\n", path);
	return EXIT_SUCCESS;
}

int
main(int argc, char **argv)
{
	Options options = { 0 };
	g_autoptr(GError) error = NULL;
	int code;

	if (!parse_options(&argc, &argv, &options, &error)) {
		g_printerr("retour-fbl: %s\nTry 'retour-fbl --help'.\n", error->message);
		code = EXIT_USAGE;
	} else if (options.version) {
		g_print("retour-fbl " RETOUR_VERSION "\n");
		code = EXIT_SUCCESS;
	} else {
		const char *path = options.config == NULL ? STANDARD_CONFIG : options.config;

		log_open("retour-fbl", options.debug);
		code = options.check ? check(path) : service_run(path);
	}
	g_free(options.config);
	return code;
}
