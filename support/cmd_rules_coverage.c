#include "command.h"

#include "cells.h"
#include "json_line.h"
#include "survey.h"

#include <string.h>
#include <sysexits.h>

typedef struct Tally {
	char *provider;
	unsigned failures, undetermined, low;
} Tally;

typedef struct Coverage {
	GPtrArray *tallies;      /* Tally *, owned */
	GHashTable *by_provider; /* name to Tally, both borrowed from tallies */
	Tally all;
} Coverage;

static const Column columns[] = {
	{ "PROVIDER", 20, 36, false },
	{ "FAILURES", 10, 10, false },
	{ "UNDETERMINED", 16, 16, false },
	{ "CODE ALONE", 16, 16, false },
	{ 0 },
};

static void
tally_free(void *data)
{
	Tally *tally = data;

	g_free(tally->provider);
	g_free(tally);
}

static void
count(Tally *tally, const Finding *finding)
{
	bool undetermined = finding->verdict.category == CATEGORY_UNDETERMINED;

	tally->failures++;
	tally->undetermined += undetermined;
	tally->low += !undetermined && survey_is_weak(finding);
}

static void
add(void *context, const Mail *mail, const Finding *finding)
{
	Coverage *coverage = context;
	const char *provider = finding->provider_known ? finding->provider : "(others)";
	Tally *tally;

	(void)mail;
	if (finding->event->action != ACTION_FAILED && finding->event->action != ACTION_DELAYED)
		return;
	tally = g_hash_table_lookup(coverage->by_provider, provider);
	if (tally == NULL) {
		tally = g_new0(Tally, 1);
		tally->provider = g_strdup(provider);
		g_ptr_array_add(coverage->tallies, tally);
		g_hash_table_insert(coverage->by_provider, tally->provider, tally);
	}
	count(tally, finding);
	count(&coverage->all, finding);
}

/* What lacks most comes first. */
static int
compare(const void *a, const void *b)
{
	const Tally *left = *(const Tally *const *)a, *right = *(const Tally *const *)b;
	unsigned left_weak = left->undetermined + left->low, right_weak = right->undetermined + right->low;

	if (left_weak != right_weak)
		return left_weak < right_weak ? 1 : -1;
	return strcmp(left->provider, right->provider);
}

static char *
share(unsigned part, unsigned whole)
{
	return g_strdup_printf("%u (%.1f %%)", part, whole == 0 ? 0.0 : 100.0 * part / whole);
}

static void
print_row(const Cells *cells, const Tally *tally)
{
	g_autoptr(GString) line = g_string_new(NULL);
	g_autofree char *failures = g_strdup_printf("%u", tally->failures);
	g_autofree char *undetermined = share(tally->undetermined, tally->failures);
	g_autofree char *low = share(tally->low, tally->failures);

	cells_row(cells, line, (const char *const[]){ tally->provider, failures, undetermined, low });
	app_say("%s", line->str);
}

static void
print_json(const Tally *tally)
{
	JsonObject *object = json_object_new();

	json_object_set_string_member(object, "provider", tally->provider);
	json_object_set_int_member(object, "failures", tally->failures);
	json_object_set_int_member(object, "undetermined", tally->undetermined);
	json_object_set_int_member(object, "code_alone", tally->low);
	json_line_print(object);
}

static void
print_tally(const App *app, const Cells *cells, const Tally *tally)
{
	if (app_json(app))
		print_json(tally);
	else
		print_row(cells, tally);
}

static void
print(const App *app, Coverage *coverage)
{
	g_autoptr(Cells) cells = cells_new(columns, 0);
	g_autoptr(GString) titles = g_string_new(NULL);
	char all[] = "(all)";

	g_ptr_array_sort(coverage->tallies, compare);
	coverage->all.provider = all;
	cells_titles(cells, titles);
	if (!app_json(app))
		app_say("%s", titles->str);
	for (unsigned i = 0; i < coverage->tallies->len; i++)
		print_tally(app, cells, g_ptr_array_index(coverage->tallies, i));
	print_tally(app, cells, &coverage->all);
	coverage->all.provider = NULL;
}

static int
run(App *app, const Command *self, char **words)
{
	g_autoptr(GPtrArray) tallies = g_ptr_array_new_with_free_func(tally_free);
	g_autoptr(GHashTable) by_provider = g_hash_table_new(g_str_hash, g_str_equal);
	Coverage coverage = { .tallies = tallies, .by_provider = by_provider };
	g_autoptr(GError) error = NULL;

	if (!command_options(app, self, NULL, words))
		return EX_USAGE;
	Rulebook *book = app_rulebook(app, &error);
	if (book == NULL)
		return app_fail(error);
	bool readable = survey_run(book, (const char *const *)words + 1, add, &coverage);
	print(app, &coverage);
	return app_finish(readable ? EX_OK : EX_IOERR);
}

const Command rules_coverage = {
	.name = "coverage",
	.arguments = "[FILE|DIRECTORY|-]...",
	.summary = "Count the failures in mails that no rule knows, by provider",
	.run = run,
};
