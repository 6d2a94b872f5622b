#include "command.h"

#include "actor.h"
#include "address_hash.h"
#include "erasure_keys.h"
#include "forget.h"
#include "json_line.h"
#include "mirror.h"
#include "progress.h"

#include <sysexits.h>

/* Tables are few and slow, so the one that is being read says more than a number. */
static void
show_table(void *context, const char *table)
{
	Progress *progress = context;

	progress->what = table;
	progress_show(progress, 0);
}

/* Redis that is away or not configured keeps nothing that its mirror does not take away itself. */
static void
tell_redis(App *app, Blacklist *blacklist)
{
	g_autoptr(GError) error = NULL;
	Cache *cache = app_cache(app, &error);

	if (cache != NULL && mirror_catch_up(cache, blacklist, &error))
		cache_tidy(cache, &error);
	if (error != NULL && g_error_matches(error, RETOUR_ERROR, ERROR_RETRY))
		g_printerr("%s: Redis: %s; the next mirror that runs takes the address away\n", g_get_prgname(),
			error->message);
}

typedef struct Forgotten {
	unsigned entries;
	uint64_t rows;
} Forgotten;

static bool
forget(App *app, const Forgetting *forgetting, Forgotten *done, GError **error)
{
	Blacklist *blacklist = app_blacklist(app, error);
	Progress progress;

	if (blacklist == NULL || !forget_entry(blacklist, forgetting, &done->entries, error))
		return false;
	tell_redis(app, blacklist);
	progress_begin(&progress, "tables");
	bool ok = forget_everywhere(blacklist, forgetting, show_table, &progress, &done->rows, error);
	progress_clear(&progress);
	if (ok)
		tell_redis(app, blacklist);
	return ok;
}

static bool
note_key(Blacklist *blacklist, const AddressHash *key, bool another, GError **error)
{
	g_autofree char *mark = address_hash_of(key, ERASURE_MARK);

	return erasure_key_note(blacklist, mark, another, error);
}

static int
tell(App *app, const Forgetting *forgetting, const Forgotten *done)
{
	if (app_json(app)) {
		JsonObject *object = json_object_new();

		json_object_set_string_member(object, "hash", forgetting->hashes[0]);
		json_object_set_int_member(object, "entries", done->entries);
		json_object_set_int_member(object, "rows", (gint64)done->rows);
		json_line_print(object);
	} else {
		app_say("Forgotten: %" G_GUINT64_FORMAT " rows; %s.\n", done->rows,
			done->entries == 0 ? "the address was not on the blacklist"
					   : "the blacklist holds its hash, so mail to it is still refused");
	}
	return app_finish(EX_OK);
}

static char **
hash_all(const AddressHash *key, char *const *names)
{
	g_autoptr(GStrvBuilder) hashes = g_strv_builder_new();

	for (; *names != NULL; names++) {
		g_autofree char *hash = address_hash_of(key, *names);

		g_strv_builder_add(hashes, hash);
	}
	return g_strv_builder_end(hashes);
}

static int
run(App *app, const Command *self, char **words)
{
	g_autofree char *reason = NULL, *actor = NULL;
	gboolean new_key = FALSE;
	const GOptionEntry entries[] = {
		{ "reason", 0, 0, G_OPTION_ARG_STRING, &reason, "Why, for the audit trail (required); no address in it",
			"TEXT" },
		{ "actor", 0, 0, G_OPTION_ARG_STRING, &actor, "Who does it (you)", "NAME" },
		{ "new-key", 0, 0, G_OPTION_ARG_NONE, &new_key,
			"The key of earlier erasures is lost: go on under another", NULL },
		{ 0 },
	};
	g_autoptr(GError) error = NULL;
	Forgotten done = { 0 };

	if (!command_options(app, self, entries, words))
		return EX_USAGE;
	if (words[1] == NULL || words[2] != NULL)
		return command_misused("one address is wanted");
	if (reason == NULL || *reason == '\0')
		return command_misused("say why with --reason");
	Blacklist *blacklist = app_blacklist(app, &error);
	g_autoptr(Person) person = blacklist == NULL ? NULL : person_new(blacklist, words[1], &error);
	AddressHash *key = person == NULL ? NULL : app_erasure_key(app, &error);
	if (key == NULL || !note_key(blacklist, key, new_key, &error))
		return app_fail(error);
	g_auto(GStrv) hashes = hash_all(key, person->names);
	g_autofree char *who = actor_name(actor);
	Forgetting forgetting = { .person = person, .hashes = hashes, .actor = who, .reason = reason };
	if (!forget(app, &forgetting, &done, &error))
		return app_fail(error);
	return tell(app, &forgetting, &done);
}

const Command cmd_forget = {
	.name = "forget",
	.arguments = "ADDRESS",
	.summary = "Erase all that is stored about an address, and keep refusing it",
	.description = "Its entries on the blacklist stay under a keyed hash. Reads all tables, so it takes a while on "
		       "a large\n"
		       "database; interrupted, it can be run again. Needs 'erasure_key' in section 'database', and a "
		       "database\n"
		       "role with membership in retour_admin.",
	.run = run,
};
