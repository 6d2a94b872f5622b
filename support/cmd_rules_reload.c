#include "command.h"

#include "json_line.h"
#include "service_find.h"

#include <string.h>
#include <sysexits.h>

/* The path of a listener's socket, when it is a unix socket. */
static const char *
unix_path(const YamlNode *listener)
{
	static const char *const prefixes[] = { "unix:", "local:" };
	const YamlNode *socket = yaml_get(listener, "socket");
	const char *text = socket == NULL ? NULL : yaml_scalar(socket);

	for (size_t i = 0; text != NULL && i < G_N_ELEMENTS(prefixes); i++)
		if (g_str_has_prefix(text, prefixes[i]))
			return text + strlen(prefixes[i]);
	return text != NULL && *text == '/' ? text : NULL;
}

/* One parent holds the locks of all listeners: the first unix socket finds it. */
static const char *
first_socket(App *app, GError **error)
{
	const YamlFile *file;
	const YamlNode *milter, *listeners;

	if (!app_config(app, &file, error))
		return NULL;
	milter = file == NULL ? NULL : yaml_get(yaml_file_root(file), "milter");
	listeners = milter == NULL ? NULL : yaml_get(milter, "listeners");
	for (size_t i = 0; listeners != NULL && i < yaml_count(listeners); i++) {
		const char *path = unix_path(yaml_item(listeners, i));

		if (path != NULL)
			return path;
	}
	g_set_error(error, RETOUR_ERROR, ERROR_CONFIG,
		"%s: no listener with a unix socket, by whose lock retour-milter is found: send it SIGUSR1 yourself",
		app_config_path(app));
	return NULL;
}

static bool
ask(const char *socket, pid_t *ret_pid, GError **error)
{
	Service service;
	bool asked;

	if (!service_find(socket, &service, error))
		return false;
	asked = service_reload(&service, error);
	*ret_pid = service.pid;
	service_close(&service);
	return asked;
}

static void
say_asked(const App *app, const Rulebook *book, pid_t pid)
{
	size_t count = classifier_rule_count(book->classifier);
	const char *hash = classifier_hash(book->classifier);

	if (app_json(app)) {
		JsonObject *object = json_object_new();

		json_object_set_int_member(object, "rules", (gint64)count);
		json_object_set_string_member(object, "rule_set", hash);
		json_object_set_int_member(object, "process", pid);
		json_line_print(object);
	} else {
		app_say("%zu rules, no complaint (rule set %.12s); retour-milter, process %ld, was told to load them\n",
			count, hash, (long)pid);
	}
}

static int
run(App *app, const Command *self, char **words)
{
	g_autoptr(GError) error = NULL;
	const char *socket;
	g_autoptr(Rulebook) book = NULL;
	pid_t pid;

	if (!command_options(app, self, NULL, words))
		return EX_USAGE;
	if (words[1] != NULL)
		return command_misused("'%s' is one word too many", words[1]);
	book = app_check_rules(app, words + 1, &error);
	if (book == NULL)
		return app_fail(error);
	socket = first_socket(app, &error);
	if (socket == NULL || !ask(socket, &pid, &error))
		return app_fail(error);
	say_asked(app, book, pid);
	return app_finish(EX_OK);
}

const Command rules_reload = {
	.name = "reload",
	.summary = "Check the rules, then have the running retour-milter load them",
	.description = "A set with a mistake is not passed on. The service checks once more and logs that it has "
		       "reloaded; what\n"
		       "it cannot load leaves the old set in place.",
	.run = run,
};
