#include "command.h"

#include "actor.h"
#include "json_line.h"
#include "progress.h"
#include "subaddress_rules.h"

#include <sysexits.h>

static void
show(void *context, uint64_t entries)
{
	progress_show(context, entries);
}

static void
tell(const App *app, unsigned changed, const RekeyCount *count, bool dry_run)
{
	if (app_json(app)) {
		JsonObject *object = json_object_new();

		json_object_set_int_member(object, "rules_changed", changed);
		json_object_set_int_member(object, "moved", (gint64)count->moved);
		json_object_set_int_member(object, "merged", (gint64)count->merged);
		json_object_set_boolean_member(object, "dry_run", dry_run);
		json_line_print(object);
	} else if (changed == 0 && count->moved + count->merged == 0) {
		app_say("Nothing to do: the database goes by this configuration.\n");
	} else {
		app_say("%u rules of sub-addressing %s; %" G_GUINT64_FORMAT
			" entries %s under the name of their mailbox, %" G_GUINT64_FORMAT " %s with another.\n",
			changed, dry_run ? "would change" : "changed", count->moved, dry_run ? "would come" : "came",
			count->merged, dry_run ? "would be merged" : "were merged");
	}
}

static int
rekey(App *app, const Subaddressing *wanted, const char *actor, bool dry_run)
{
	g_autoptr(GError) error = NULL;
	Blacklist *blacklist = app_blacklist(app, &error);
	RekeyCount count = { 0 };
	Progress progress;
	unsigned changed = 0;

	progress_begin(&progress, "entries");
	bool done = blacklist != NULL
		    && (dry_run ? subaddress_rules_try(blacklist, wanted, &changed, &count, &error)
				: subaddress_rules_apply(
					blacklist, wanted, actor, show, &progress, &changed, &count, &error));
	progress_clear(&progress);
	if (!done)
		return app_fail(error);
	tell(app, changed, &count, dry_run);
	return app_finish(EX_OK);
}

static int
run(App *app, const Command *self, char **words)
{
	g_autofree char *actor = NULL;
	gboolean dry_run = FALSE;
	const GOptionEntry entries[] = {
		{ "dry-run", 'n', 0, G_OPTION_ARG_NONE, &dry_run, "Only say what would happen", NULL },
		{ "actor", 0, 0, G_OPTION_ARG_STRING, &actor, "Who does it (you)", "NAME" },
		{ 0 },
	};
	g_autoptr(GError) error = NULL;

	if (!command_options(app, self, entries, words))
		return EX_USAGE;
	if (words[1] != NULL)
		return command_misused("no argument is wanted");
	g_autoptr(Subaddressing) wanted = app_subaddressing(app, &error);
	if (wanted == NULL)
		return app_fail(error);
	g_autofree char *who = actor_name(actor);
	return rekey(app, wanted, who, dry_run);
}

const Command blacklist_rekey_command = {
	.name = "rekey",
	.summary = "Bring the configured sub-addressing into the database, and the entries along",
	.description =
		"Whom 'subaddressing' in section 'rules' of the configuration names holds once this has run, on all\n"
		"hosts. Entries that become those of one mailbox are merged: of them the one in force, made by a "
		"person,\n"
		"that lasts longest stays. Interrupted, it can be run again. The database role needs membership in\n"
		"retour_admin.",
	.run = run,
};
