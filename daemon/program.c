#include "program.h"

#include "exit_codes.h"
#include "log.h"

#include <stdlib.h>
#include <sys/resource.h>

#define STANDARD_CONFIG RETOUR_SYSCONFDIR "/retour.yaml"

typedef struct Options {
	char *config;
	gboolean check, debug, version;
} Options;

static bool
parse_options(const Program *program, int *argc, char ***argv, Options *options, GError **error)
{
	const GOptionEntry entries[] = {
		{ "config", 'c', 0, G_OPTION_ARG_FILENAME, &options->config,
			"Settings to use instead of " STANDARD_CONFIG, "FILE" },
		{ "check", 0, 0, G_OPTION_ARG_NONE, &options->check, "Check the configuration, and exit", NULL },
		{ "debug", 0, 0, G_OPTION_ARG_NONE, &options->debug, "Log more", NULL },
		{ "version", 0, 0, G_OPTION_ARG_NONE, &options->version, "Print the version and exit", NULL },
		{ 0 },
	};
	g_autoptr(GOptionContext) context = g_option_context_new(program->summary);

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
check(const Program *program, const char *path)
{
	g_autoptr(GError) error = NULL;

	if (!program->check(path, &error)) {
		g_printerr("%s: %s\n", program->name, error->message);
		return EXIT_CONFIG;
	}
	g_print("%s: good\n", path);
	return EXIT_SUCCESS;
}

/* A session is a descriptor; mail servers and the settings bound their number, not the login class. */
static void
raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static int
obey(const Program *program, const Options *options)
{
	const char *path = options->config == NULL ? STANDARD_CONFIG : options->config;

	if (options->version) {
		g_print("%s " RETOUR_VERSION "\n", program->name);
		return EXIT_SUCCESS;
	}
	log_open(program->name, options->debug ? LOG_ALL : LOG_OUTCOMES);
	if (options->check)
		return check(program, path);
	raise_descriptor_limit();
	return program->run(path);
}

int
program_main(const Program *program, int argc, char **argv)
{
	Options options = { 0 };
	g_autoptr(GError) error = NULL;
	int code;

	if (parse_options(program, &argc, &argv, &options, &error)) {
		code = obey(program, &options);
	} else {
		g_printerr("%s: %s\nTry '%s --help'.\n", program->name, error->message, program->name);
		code = EXIT_USAGE;
	}
	g_free(options.config);
	return code;
}

const char *
program_version(void)
{
	return RETOUR_VERSION;
}

int
program_fail(const GError *error)
{
	g_warning("%s", error->message);
	return g_error_matches(error, RETOUR_ERROR, ERROR_CONFIG) ? EXIT_CONFIG : EXIT_UNAVAILABLE;
}
