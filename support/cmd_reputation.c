#include "command.h"

#include "cells.h"
#include "json_line.h"
#include "live.h"
#include "reputation_json.h"
#include "reputation_out.h"
#include "when.h"

#include <sysexits.h>

#define SHOWN 10

static bool
parse_window(const char *name, ReputationWindow *ret_window)
{
	for (unsigned i = 0; reputation_windows[i] != NULL; i++)
		if (g_str_equal(reputation_windows[i], name)) {
			*ret_window = i;
			return true;
		}
	return false;
}

/* What was found, and where. */
typedef struct Answer {
	GPtrArray *found;
	bool live;     /* where from and when were asked for, too */
	bool by_redis; /* else PostgreSQL */
	int64_t as_of;
} Answer;

static void
print_all(const App *app, const Answer *answer, ReputationWindow window, gint64 limit)
{
	g_autofree char *when = answer->live ? when_text(answer->as_of) : NULL;

	if (!app_json(app) && answer->live)
		app_say("As of %s, from %s\n", when, answer->by_redis ? "Redis" : "PostgreSQL");
	if (!app_json(app))
		reputations_print(answer->found, window, limit);
	for (unsigned i = 0; app_json(app) && i < answer->found->len; i++) {
		JsonObject *object = reputation_json(g_ptr_array_index(answer->found, i), window);

		if (answer->live) {
			json_set_time(object, "as_of", answer->as_of);
			json_object_set_string_member(object, "from", answer->by_redis ? "redis" : "postgresql");
		}
		json_line_print(object);
	}
}

/* False: ask PostgreSQL; the reason stands on standard error. */
static bool
read_live(App *app, Blacklist *blacklist, const ReputationQuery *query, const ReputationSettings *settings,
	Answer *answer)
{
	g_autoptr(GError) error = NULL;
	Cache *cache = app_cache(app, &error);

	answer->found =
		cache == NULL ? NULL : live_read(cache, blacklist, query->window, settings, &answer->as_of, &error);
	answer->by_redis = answer->found != NULL;
	if (!answer->by_redis)
		g_printerr("%s: %s; PostgreSQL is asked instead\n", g_get_prgname(), error->message);
	return answer->by_redis;
}

static bool
answer_query(App *app, ReputationQuery *query, Answer *answer, GError **error)
{
	const ReputationSettings *settings = app_reputation(app, error);
	Blacklist *blacklist = settings == NULL ? NULL : app_blacklist(app, error);

	if (blacklist == NULL)
		return false;
	if (answer->live && read_live(app, blacklist, query, settings, answer))
		return true;
	if (!reputation_now(blacklist, &query->until, error))
		return false;
	answer->as_of = query->until;
	answer->found = reputation_read(blacklist, query, settings, error);
	return answer->found != NULL;
}

static int
run(App *app, const Command *self, char **words)
{
	g_autofree char *provider = NULL, *sender = NULL, *name = NULL;
	gint64 limit = SHOWN;
	gboolean live = FALSE;
	const GOptionEntry entries[] = {
		{ "provider", 0, 0, G_OPTION_ARG_STRING, &provider, "Only mail to this provider", "NAME" },
		{ "sender", 0, 0, G_OPTION_ARG_STRING, &sender, "Only mail of this sender domain", "DOMAIN" },
		{ "window", 0, 0, G_OPTION_ARG_STRING, &name, "1h, 24h (the default) or 7d", "TIME" },
		{ "live", 0, 0, G_OPTION_ARG_NONE, &live,
			"As retour-watch last put it into Redis; else from PostgreSQL", NULL },
		{ "limit", 0, 0, G_OPTION_ARG_INT64, &limit, "At most N providers and N senders (10)", "N" },
		{ 0 },
	};
	ReputationQuery query = { .window = WINDOW_24H };
	g_autoptr(GError) error = NULL;

	if (!command_options(app, self, entries, words))
		return EX_USAGE;
	if (words[1] != NULL)
		return command_misused("'%s' is one word too many", words[1]);
	if (name != NULL && !parse_window(name, &query.window))
		return command_misused("--window is one of 1h, 24h and 7d");
	if (limit < 1)
		return command_misused("--limit must be at least 1");
	if (live && (provider != NULL || sender != NULL))
		return command_misused(
			"--live knows providers and senders, but not which mail went from one to the other");
	query.provider = provider;
	query.sender_domain = sender;
	Answer answer = { .live = live };
	if (!answer_query(app, &query, &answer, &error))
		return app_fail(error);
	print_all(app, &answer, query.window, limit);
	g_ptr_array_unref(answer.found);
	return app_finish(EX_OK);
}

const Command cmd_reputation = {
	.name = "reputation",
	.summary = "Say how our mail is taken: by all, by each provider, and of each sender domain",
	.description = "Worst first. Rates stand with the bounds between which the true rate lies with 95 %. See "
		       "retour-reputation(1).",
	.run = run,
};
