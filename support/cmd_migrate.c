#include "command.h"

#include "json_line.h"
#include "migrate.h"

#include <sysexits.h>

static void
show(void *context, const char *name)
{
	const App *app = context;

	if (!app_json(app))
		app_say("applying %s\n", name);
}

static int
print_status(const App *app, const char *url)
{
	g_autoptr(GError) error = NULL;
	unsigned version, wanted;

	if (!migrate_status(url, &version, &wanted, &error))
		return app_fail(error);
	if (app_json(app)) {
		JsonObject *object = json_object_new();

		json_object_set_int_member(object, "version", version);
		json_object_set_int_member(object, "wanted", wanted);
		json_line_print(object);
	} else if (version == wanted) {
		app_say("The database is at version %u, as it should be.\n", version);
	} else if (version < wanted) {
		app_say("The database is at version %u of %u: run 'retour migrate'.\n", version, wanted);
	} else {
		app_say("The database is at version %u, newer than this program (%u), which works with it.\n", version,
			wanted);
	}
	return app_finish(version >= wanted ? EX_OK : EX_CONFIG);
}

static int
apply(App *app, const char *url)
{
	g_autoptr(GError) error = NULL;
	unsigned applied;

	if (!migrate_run(url, show, app, &applied, &error))
		return app_fail(error);
	if (app_json(app)) {
		JsonObject *object = json_object_new();

		json_object_set_int_member(object, "applied", applied);
		json_line_print(object);
	} else if (applied == 0) {
		app_say("Nothing to do: the database is up to date.\n");
	} else {
		app_say("%u migration%s applied.\n", applied, applied == 1 ? "" : "s");
	}
	return app_finish(EX_OK);
}

static int
run(App *app, const Command *self, char **words)
{
	g_autofree char *database = NULL;
	gboolean status = FALSE;
	const GOptionEntry entries[] = {
		{ "status", 0, 0, G_OPTION_ARG_NONE, &status, "Only say what is applied and what is due", NULL },
		{ "database", 0, 0, G_OPTION_ARG_STRING, &database,
			"Connect with this libpq string, as the owner of the database", "URL" },
		{ 0 },
	};
	g_autoptr(GError) error = NULL;

	if (!command_options(app, self, entries, words))
		return EX_USAGE;
	if (words[1] != NULL)
		return command_misused("'%s' is one word too many", words[1]);
	if (database == NULL) {
		const StoreSettings *settings = app_database(app, &error);

		if (settings == NULL)
			return app_fail(error);
		database = g_strdup(settings->url);
	}
	return status ? print_status(app, database) : apply(app, database);
}

const Command cmd_migrate = {
	.name = "migrate",
	.summary = "Bring the database to the version that this program needs",
	.description = "Run it as the owner of the database, from any host; others wait meanwhile. With --status the "
		       "exit code is 78\n"
		       "when migrations are due.",
	.run = run,
};
