#include "command.h"

#include "json_line.h"
#include "mirror.h"
#include "mirror_state.h"
#include "progress.h"

#include <sysexits.h>

static void
show(void *context, uint64_t done)
{
	progress_show(context, done);
}

static int
rebuild_run(App *app, const Command *self, char **words)
{
	g_autoptr(GError) error = NULL;
	Progress progress;
	uint64_t targets;

	if (!command_options(app, self, NULL, words))
		return EX_USAGE;
	Cache *cache = app_cache(app, &error);
	Blacklist *blacklist = cache == NULL ? NULL : app_blacklist(app, &error);
	if (blacklist == NULL)
		return app_fail(error);
	progress_begin(&progress, "targets");
	bool done = mirror_rebuild(cache, blacklist, show, &progress, &targets, &error);
	progress_clear(&progress);
	if (!done)
		return app_fail(error);
	if (app_json(app)) {
		JsonObject *object = json_object_new();

		json_object_set_int_member(object, "targets", (gint64)targets);
		json_line_print(object);
	} else {
		app_say("%" G_GUINT64_FORMAT
			" addresses and domains are in Redis; look-ups use it as soon as a running "
			"retour-milter has caught up with it.\n",
			targets);
	}
	return app_finish(EX_OK);
}

static const Command cache_rebuild = {
	.name = "rebuild",
	.summary = "Write the whole blacklist to Redis anew; look-ups go on meanwhile",
	.run = rebuild_run,
};

static int
status_run(App *app, const Command *self, char **words)
{
	g_autoptr(GError) error = NULL;
	MirrorState state;

	if (!command_options(app, self, NULL, words))
		return EX_USAGE;
	Cache *cache = app_cache(app, &error);
	Blacklist *blacklist = cache == NULL ? NULL : app_blacklist(app, &error);
	if (blacklist == NULL || !mirror_state_read(cache, blacklist, &state, &error))
		return app_fail(error);
	if (app_json(app)) {
		JsonObject *object = json_object_new();

		json_object_set_boolean_member(object, "usable", state.usable);
		json_object_set_boolean_member(object, "fresh", state.fresh);
		json_object_set_boolean_member(object, "pending", state.pending);
		json_object_set_int_member(object, "xid", (gint64)state.position.xid);
		json_object_set_int_member(object, "id", state.position.id);
		json_line_print(object);
	} else {
		app_say("%s\n", mirror_state_text(&state));
	}
	return app_finish(state.usable && state.fresh ? EX_OK : EX_UNAVAILABLE);
}

static const Command cache_status = {
	.name = "status",
	.summary = "Say whether Redis holds this blacklist and is up to date",
	.description = "The exit code is 69 when look-ups cannot use Redis.",
	.run = status_run,
};

static const Command *const commands[] = { &cache_rebuild, &cache_status, NULL };

const Command cmd_cache = {
	.name = "cache",
	.summary = "Look after the mirror of the blacklist in Redis",
	.commands = commands,
};
