#include "command.h"

#include "cells.h"
#include "json_line.h"
#include "reputation.h"
#include "reputation_out.h"

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

static void
print_all(const App *app, const GPtrArray *found, ReputationWindow window, gint64 limit)
{
	if (!app_json(app))
		reputations_print(found, window, limit);
	for (unsigned i = 0; app_json(app) && i < found->len; i++)
		json_line_print(reputation_json(g_ptr_array_index(found, i), window));
}

static int
run(App *app, const Command *self, char **words)
{
	g_autofree char *provider = NULL, *sender = NULL, *name = NULL;
	gint64 limit = SHOWN;
	const GOptionEntry entries[] = {
		{ "provider", 0, 0, G_OPTION_ARG_STRING, &provider, "Only mail to this provider", "NAME" },
		{ "sender", 0, 0, G_OPTION_ARG_STRING, &sender, "Only mail of this sender domain", "DOMAIN" },
		{ "window", 0, 0, G_OPTION_ARG_STRING, &name, "1h, 24h (the default) or 7d", "TIME" },
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
	const ReputationSettings *settings = app_reputation(app, &error);
	Blacklist *blacklist = settings == NULL ? NULL : app_blacklist(app, &error);
	if (blacklist == NULL)
		return app_fail(error);
	query.provider = provider;
	query.sender_domain = sender;
	g_autoptr(GPtrArray) found = reputation_read(blacklist, &query, settings, &error);
	if (found == NULL)
		return app_fail(error);
	print_all(app, found, query.window, limit);
	return app_finish(EX_OK);
}

const Command cmd_reputation = {
	.name = "reputation",
	.summary = "Say how our mail is taken: by all, by each provider, and of each sender domain",
	.description = "Worst first. Rates stand with the bounds between which the true rate lies with 95 %. See "
		       "retour-reputation(1).",
	.run = run,
};
