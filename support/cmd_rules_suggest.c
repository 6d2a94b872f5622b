#include "command.h"

#include "cells.h"
#include "json_line.h"
#include "normalise.h"
#include "survey.h"

#include <string.h>
#include <sysexits.h>

/* Distinct texts kept; a collection that has more has been told enough. */
#define TEMPLATES_MAX 50000

typedef struct Template {
	char *text; /* normalised: what differs from mail to mail is a token */
	char *example, *file;
	unsigned count;
} Template;

typedef struct Templates {
	GPtrArray *list;     /* Template *, owned */
	GHashTable *by_text; /* text to Template, both borrowed from list */
} Templates;

static void
template_free(void *data)
{
	Template *template = data;

	g_free(template->text);
	g_free(template->example);
	g_free(template->file);
	g_free(template);
}

static void
add(void *context, const Mail *mail, const Finding *finding)
{
	Templates *templates = context;
	Template *template;

	if (!survey_is_weak(finding) || *finding->event->diagnostic == '\0')
		return;
	g_autofree char *text = normalise(finding->event->diagnostic, NULL, NULL, NULL);
	template = g_hash_table_lookup(templates->by_text, text);
	if (template == NULL && templates->list->len < TEMPLATES_MAX) {
		template = g_new0(Template, 1);
		template->text = g_steal_pointer(&text);
		template->example = g_strdup(finding->event->diagnostic);
		template->file = g_strdup(mail->file);
		g_ptr_array_add(templates->list, template);
		g_hash_table_insert(templates->by_text, template->text, template);
	}
	if (template != NULL)
		template->count++;
}

static int
compare(const void *a, const void *b)
{
	const Template *left = *(const Template *const *)a, *right = *(const Template *const *)b;

	if (left->count != right->count)
		return left->count < right->count ? 1 : -1;
	return strcmp(left->text, right->text);
}

static void
print_text(const Template *template)
{
	g_autoptr(GString) text = g_string_new(NULL);

	cells_append(text, template->text, 0, false);
	app_say("%6u  %s\n        e.g. %s\n", template->count, text->str, template->file);
}

static void
print_json(const Template *template)
{
	JsonObject *object = json_object_new();

	json_object_set_int_member(object, "count", template->count);
	json_object_set_string_member(object, "template", template->text);
	json_object_set_string_member(object, "example", template->example);
	json_object_set_string_member(object, "file", template->file);
	json_line_print(object);
}

static int
run(App *app, const Command *self, char **words)
{
	g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(template_free);
	g_autoptr(GHashTable) by_text = g_hash_table_new(g_str_hash, g_str_equal);
	Templates templates = { .list = list, .by_text = by_text };
	g_autoptr(GError) error = NULL;

	if (!command_options(app, self, NULL, words))
		return EX_USAGE;
	Rulebook *book = app_rulebook(app, &error);
	if (book == NULL)
		return app_fail(error);
	bool readable = survey_run(book, (const char *const *)words + 1, add, &templates);
	g_ptr_array_sort(list, compare);
	for (unsigned i = 0; i < list->len; i++)
		if (app_json(app))
			print_json(g_ptr_array_index(list, i));
		else
			print_text(g_ptr_array_index(list, i));
	return app_finish(readable ? EX_OK : EX_IOERR);
}

const Command rules_suggest = {
	.name = "suggest",
	.arguments = "[FILE|DIRECTORY|-]...",
	.summary = "Gather the replies in mails that no rule knows, most frequent first",
	.description = "Addresses, hosts and numbers that differ from mail to mail are tokens such as <addr>, as rules "
		       "see them.",
	.run = run,
};
