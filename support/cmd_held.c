#include "cmd_held.h"

#include "actor.h"
#include "cells.h"
#include "held.h"
#include "json_line.h"
#include "when.h"

#include <sysexits.h>

#define HELD_LIMIT 100

static void
say_hold(const ProviderHold *hold)
{
	g_autofree char *since = when_text(hold->since);

	app_say("%s: %" G_GUINT64_FORMAT " entries %s since %s, when %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT
		" mails within the hour had failed for good.\n",
		hold->provider, hold->waiting, hold->ended_at == 0 ? "held" : "left", since, hold->failed, hold->sent);
}

static void
print_text(const GPtrArray *holds, const GPtrArray *entries)
{
	static const Column columns[] = {
		{ "TARGET", 20, 40, false },
		{ "PROVIDER", 10, 24, false },
		{ "CATEGORY", 12, 20, false },
		{ "HELD SINCE", 16, 16, false },
		{ "REASON", 10, 200, false },
		{ 0 },
	};
	g_autoptr(Cells) cells = cells_new(columns, cells_terminal_width());
	g_autoptr(GString) text = g_string_new(NULL);

	for (unsigned i = 0; i < holds->len; i++)
		say_hold(g_ptr_array_index(holds, i));
	if (entries->len == 0) {
		app_say("No entry is held.\n");
		return;
	}
	cells_titles(cells, text);
	for (unsigned i = 0; i < entries->len; i++) {
		const HeldEntry *entry = g_ptr_array_index(entries, i);
		g_autofree char *at = when_text(entry->held_at);

		cells_row(cells, text,
			(const char *const[]){ entry->target, entry->provider, entry->category, at, entry->reason });
	}
	app_say("\n%s\nThe provider was out of order: retour blacklist release PROVIDER. It was right: retour "
		"blacklist "
		"confirm PROVIDER.\n",
		text->str);
}

static void
print_json(const GPtrArray *entries)
{
	for (unsigned i = 0; i < entries->len; i++) {
		const HeldEntry *entry = g_ptr_array_index(entries, i);
		JsonObject *object = json_object_new();

		json_object_set_string_member(object, "target", entry->target);
		json_object_set_string_member(object, "scope", entry->scope);
		json_object_set_string_member(object, "provider", entry->provider);
		json_object_set_string_member(object, "category", entry->category);
		json_object_set_string_member(object, "reason", entry->reason);
		json_set_time(object, "held_at", entry->held_at);
		json_line_print(object);
	}
}

static int
held_run(App *app, const Command *self, char **words)
{
	gint64 limit = HELD_LIMIT;
	const GOptionEntry options[] = {
		{ "limit", 0, 0, G_OPTION_ARG_INT64, &limit, "At most N entries (100)", "N" },
		{ 0 },
	};
	g_autoptr(GError) error = NULL;

	if (!command_options(app, self, options, words))
		return EX_USAGE;
	if (words[1] != NULL && words[2] != NULL)
		return command_misused("one provider at most is wanted");
	if (limit < 1)
		return command_misused("--limit must be at least 1");
	Blacklist *blacklist = app_blacklist(app, &error);
	g_autoptr(GPtrArray) entries = blacklist == NULL ? NULL : held_list(blacklist, words[1], limit, &error);
	g_autoptr(GPtrArray) holds = entries == NULL ? NULL : provider_holds(blacklist, &error);
	if (holds == NULL)
		return app_fail(error);
	if (app_json(app))
		print_json(entries);
	else
		print_text(holds, entries);
	return app_finish(EX_OK);
}

const Command blacklist_held_command = {
	.name = "held",
	.arguments = "[PROVIDER]",
	.summary = "List entries that wait, because their provider seems to be out of order",
	.run = held_run,
};

static int
end_run(App *app, const Command *self, char **words)
{
	g_autofree char *actor = NULL;
	const GOptionEntry options[] = {
		{ "actor", 0, 0, G_OPTION_ARG_STRING, &actor, "Who does it (you)", "NAME" },
		{ 0 },
	};
	g_autoptr(GError) error = NULL;
	uint64_t entries;

	if (!command_options(app, self, options, words))
		return EX_USAGE;
	if (words[1] == NULL || words[2] != NULL)
		return command_misused("one provider is wanted");
	g_autofree char *who = actor_name(actor);
	Blacklist *blacklist = app_blacklist(app, &error);
	bool releases = self == &blacklist_release_command;
	if (blacklist == NULL || !(releases ? held_release : held_confirm)(blacklist, words[1], who, &entries, &error))
		return app_fail(error);
	if (app_json(app)) {
		JsonObject *object = json_object_new();

		json_object_set_int_member(object, releases ? "released" : "listed", (gint64)entries);
		json_line_print(object);
	} else {
		app_say("%" G_GUINT64_FORMAT " held entries of %s were %s.\n", entries, words[1],
			releases ? "forgotten" : "made");
	}
	return app_finish(EX_OK);
}

const Command blacklist_release_command = {
	.name = "release",
	.arguments = "PROVIDER",
	.summary = "Forget the held entries of a provider: it was out of order",
	.run = end_run,
};

const Command blacklist_confirm_command = {
	.name = "confirm",
	.arguments = "PROVIDER",
	.summary = "Make the held entries of a provider: its recipients are gone",
	.run = end_run,
};
