#include "command.h"

#include "answer.h"
#include "cells.h"
#include "json_line.h"
#include "past_read.h"
#include "progress.h"
#include "replay.h"
#include "when.h"

#include <string.h>
#include <sysexits.h>

#define DAY INT64_C(86400)
#define SHOWN 20

static const Column columns[] = {
	{ "CHANGE", 8, 8, false },
	{ "TARGET", 20, 40, false },
	{ "SCOPE", 11, 30, false },
	{ "CATEGORY", 12, 24, false },
	{ "ENDS NOW", 16, 16, false },
	{ "WOULD END", 16, 16, false },
	{ 0 },
};

typedef struct Replaying {
	Replay *replay;
	Progress progress;
	uint64_t events;
} Replaying;

static void
take_entry(
	void *context, const char *target, const char *scope, const PastEntry *now, const PastEntry *before, bool held)
{
	Replaying *replaying = context;

	replay_entry(replaying->replay, target, scope, now, before, held);
}

static void
take_fact(void *context, const PastFact *fact)
{
	Replaying *replaying = context;

	replay_fact(replaying->replay, fact);
	replaying->events += fact->kind == PAST_EVENT;
	progress_show(&replaying->progress, replaying->events);
}

/* "all" is 0: from the first event that is kept. */
static bool
since_parse(const char *text, int64_t now, int64_t *ret_since)
{
	int64_t milliseconds;

	*ret_since = 0;
	if (strcmp(text, "all") == 0)
		return true;
	if (!duration_parse(text, &milliseconds) || milliseconds < 1000)
		return false;
	*ret_since = MAX(now - milliseconds / 1000, 0);
	return true;
}

/* Of an entry that is not in force: nothing. */
static char *
end_text(int64_t expires_at, int64_t now)
{
	return expires_at > now ? when_text(expires_at) : g_strdup("-");
}

static void
print_rows(const GArray *differences, int64_t now, gint64 limit)
{
	g_autoptr(Cells) cells = cells_new(columns, cells_terminal_width());
	g_autoptr(GString) out = g_string_new("\n");
	unsigned shown = (unsigned)MIN((gint64)differences->len, limit);

	cells_titles(cells, out);
	for (unsigned i = 0; i < shown; i++) {
		const ReplayDifference *difference = &g_array_index(differences, ReplayDifference, i);
		g_autofree char *scope = answer_scope(difference->scope);
		g_autofree char *is = end_text(difference->expires_now, now);
		g_autofree char *would = end_text(difference->expires_then, now);

		cells_row(cells, out,
			(const char *const[]){ replay_change_name(difference->change), difference->target, scope,
				category_name(difference->category), is, would });
	}
	if (shown < differences->len)
		g_string_append_printf(out, "and %u more; --limit shows them\n", differences->len - shown);
	app_say("%s", out->str);
}

static void
print_text(const GArray *differences, const char *file, uint64_t events, int64_t now, gint64 limit)
{
	unsigned counts[REPLAY_CHANGES] = { 0 };

	for (unsigned i = 0; i < differences->len; i++)
		counts[g_array_index(differences, ReplayDifference, i).change]++;
	app_say("%s, over %" G_GUINT64_FORMAT " events: %u would be listed, %u released, %u listed for longer, %u for "
		"shorter.\n",
		file, events, counts[REPLAY_LISTED], counts[REPLAY_RELEASED], counts[REPLAY_LONGER],
		counts[REPLAY_SHORTER]);
	if (differences->len > 0)
		print_rows(differences, now, limit);
}

static void
print_json(const GArray *differences, int64_t now)
{
	for (unsigned i = 0; i < differences->len; i++) {
		const ReplayDifference *difference = &g_array_index(differences, ReplayDifference, i);
		JsonObject *object = json_object_new();

		json_object_set_string_member(object, "change", replay_change_name(difference->change));
		json_object_set_string_member(object, "target", difference->target);
		json_object_set_string_member(object, "scope", difference->scope);
		json_object_set_string_member(object, "category", category_name(difference->category));
		json_object_set_boolean_member(object, "listed_now", difference->expires_now > now);
		json_set_time(object, "ends_now", difference->expires_now);
		json_object_set_boolean_member(object, "listed_then", difference->expires_then > now);
		json_set_time(object, "ends_then", difference->expires_then);
		json_line_print(object);
	}
}

static int
simulate(App *app, const char *file, int64_t since, int64_t now, gint64 limit)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Policy) policy = policy_load(file, &error);
	Blacklist *blacklist = policy == NULL ? NULL : app_blacklist(app, &error);

	if (blacklist == NULL)
		return app_fail(error);
	g_autoptr(Replay) replay = replay_new(policy, since);
	Replaying replaying = { .replay = replay };
	const PastReader reader = { take_entry, take_fact, &replaying };
	progress_begin(&replaying.progress, "events");
	bool done = past_read(blacklist, since, policy_window_days(policy) * DAY, &reader, &error);
	progress_clear(&replaying.progress);
	if (!done)
		return app_fail(error);
	g_autoptr(GArray) differences = replay_differences(replay, now);
	if (app_json(app))
		print_json(differences, now);
	else
		print_text(differences, file, replaying.events, now, limit);
	return app_finish(EX_OK);
}

static int
run(App *app, const Command *self, char **words)
{
	g_autofree char *file = NULL, *since_text = NULL;
	gint64 limit = SHOWN;
	const GOptionEntry entries[] = {
		{ "policy", 0, 0, G_OPTION_ARG_FILENAME, &file, "The policy to try (the configured one)", "FILE" },
		{ "since", 0, 0, G_OPTION_ARG_STRING, &since_text, "From this long ago (90d), or all", "TIME" },
		{ "limit", 0, 0, G_OPTION_ARG_INT64, &limit, "Show at most N targets (20)", "N" },
		{ 0 },
	};
	int64_t now = g_get_real_time() / G_USEC_PER_SEC, since;
	g_autoptr(GError) error = NULL;

	if (!command_options(app, self, entries, words))
		return EX_USAGE;
	if (words[1] != NULL)
		return command_misused("'%s' is one word too many", words[1]);
	if (!since_parse(since_text != NULL ? since_text : "90d", now, &since))
		return command_misused("--since is a time such as 90d, or all");
	if (limit < 1)
		return command_misused("--limit must be at least 1");
	const RulebookSettings *settings = app_rules(app, &error);
	if (settings == NULL)
		return app_fail(error);
	return simulate(app, file != NULL ? file : settings->policy_file, since, now, limit);
}

const Command policy_simulate = {
	.name = "simulate",
	.summary = "Say who would be listed or released, had a policy been in force",
	.description =
		"Tells the recorded events again under the policy, and compares with the blacklist as it stands. "
		"Changes nothing. See retour-policy(5).",
	.run = run,
};
