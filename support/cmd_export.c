#include "command.h"

#include "forget.h"
#include "json_line.h"

#include <sysexits.h>

typedef struct Export {
	uint64_t rows;
} Export;

static bool
print_row(void *context, const char *table, const char *json)
{
	Export *export = context;
	g_autofree char *name = g_strescape(table, NULL);

	/* Bytes for programs, whatever the locale is. */
	printf("{\"table\":\"%s\",\"row\":%s}\n", name, json);
	export->rows++;
	return !ferror(stdout);
}

static int
run(App *app, const Command *self, char **words)
{
	g_autoptr(GError) error = NULL;
	Export export = { 0 };

	if (!command_options(app, self, NULL, words))
		return EX_USAGE;
	if (words[1] == NULL || words[2] != NULL)
		return command_misused("one address is wanted");
	Blacklist *blacklist = app_blacklist(app, &error);
	g_autoptr(Person) person = blacklist == NULL ? NULL : person_new(blacklist, words[1], &error);
	if (person == NULL || !person_rows(blacklist, person->pattern, print_row, &export, &error))
		return app_fail(error);
	g_autoptr(GPtrArray) hashes = app_erased(app, words[1]);
	for (unsigned i = 0; hashes != NULL && i < hashes->len; i++)
		if (!person_rows(blacklist, hashes->pdata[i], print_row, &export, &error))
			return app_fail(error);
	if (export.rows == 0)
		g_printerr("Nothing is stored about %s.\n", words[1]);
	return app_finish(EX_OK);
}

const Command cmd_export = {
	.name = "export",
	.arguments = "ADDRESS",
	.summary = "Print all that is stored about an address, a JSON object per row",
	.description =
		"Finds the address wherever it stands, in texts too; so it reads all tables, which takes a while on a\n"
		"large database.",
	.run = run,
};
