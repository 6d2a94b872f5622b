#include "command.h"

#include "address.h"
#include "cells.h"
#include "json_line.h"
#include "provider_domains.h"
#include "reputation_json.h"
#include "reputation_out.h"
#include "when.h"

#include <string.h>
#include <sysexits.h>

#define LIST_LIMIT 50
#define DOMAINS_LIMIT 1000

static const Column columns[] = {
	{ "PROVIDER", 18, 36, false },
	{ "DOMAINS", 7, 9, false },
	{ "SENT IN 7D", 10, 12, false },
	{ "STANDING", 15, 16, false },
	{ "OBJECTIONS", 10, 60, false },
	{ 0 },
};

/* Where to object, in the shipped list; "" where nothing is known. */
static const char *
channel_of(const Providers *providers, const char *name)
{
	const char *key = providers_contact_of(providers, name);
	const Contact *contact = key == NULL ? NULL : providers_contact(providers, key);

	return contact == NULL ? "" : contact->channel;
}

static void
list_row(const App *app, const Cells *cells, const Providers *providers, GHashTable *counts,
	const Reputation *reputation)
{
	int domains = GPOINTER_TO_INT(g_hash_table_lookup(counts, reputation->name));
	const char *channel = channel_of(providers, reputation->name);

	if (app_json(app)) {
		JsonObject *object = json_object_new();

		json_object_set_string_member(object, "provider", reputation->name);
		json_object_set_boolean_member(object, "known", providers_know(providers, reputation->name));
		json_object_set_int_member(object, "domains", domains);
		json_object_set_int_member(object, "sent", reputation->now.sent);
		json_object_set_string_member(object, "standing", standing_name(reputation->standing));
		json_object_set_string_member(object, "contact", channel);
		json_line_print(object);
		return;
	}
	g_autofree char *count = g_strdup_printf("%d", domains);
	g_autofree char *sent = g_strdup_printf("%" G_GINT64_FORMAT, reputation->now.sent);
	g_autoptr(GString) line = g_string_new(NULL);

	cells_row(cells, line,
		(const char *const[]){ reputation->name, count, sent, standing_name(reputation->standing), channel });
	app_say("%s", line->str);
}

static int
by_volume(gconstpointer a, gconstpointer b)
{
	const Reputation *left = *(const Reputation *const *)a, *right = *(const Reputation *const *)b;

	if (left->now.sent != right->now.sent)
		return left->now.sent > right->now.sent ? -1 : 1;
	return strcmp(left->name, right->name);
}

static int
list_run(App *app, const Command *self, char **words)
{
	gint64 limit = LIST_LIMIT, shown = 0;
	const GOptionEntry entries[] = {
		{ "limit", 0, 0, G_OPTION_ARG_INT64, &limit, "At most N providers (50)", "N" },
		{ 0 },
	};
	ReputationQuery query = { .window = WINDOW_7D };
	g_autoptr(GError) error = NULL;

	if (!command_options(app, self, entries, words))
		return EX_USAGE;
	const Providers *providers = app_providers(app, &error);
	const ReputationSettings *settings = providers == NULL ? NULL : app_reputation(app, &error);
	Blacklist *blacklist = settings == NULL ? NULL : app_blacklist(app, &error);
	g_autoptr(GPtrArray) found = blacklist == NULL ? NULL : reputation_read(blacklist, &query, settings, &error);
	g_autoptr(GHashTable) counts = found == NULL ? NULL : provider_domain_counts(blacklist, &error);
	if (counts == NULL)
		return app_fail(error);
	g_autoptr(Cells) cells = cells_new(columns, cells_terminal_width());
	g_autoptr(GString) titles = g_string_new(NULL);

	cells_titles(cells, titles);
	if (!app_json(app))
		app_say("%s", titles->str);
	g_ptr_array_sort(found, by_volume);
	for (unsigned i = 0; i < found->len && shown < limit; i++) {
		const Reputation *reputation = g_ptr_array_index(found, i);

		if (reputation->subject != SUBJECT_PROVIDER)
			continue;
		list_row(app, cells, providers, counts, reputation);
		shown++;
	}
	return app_finish(EX_OK);
}

static const Command provider_list = {
	.name = "list",
	.summary = "List the providers that mail went to in the last seven days, by volume",
	.run = list_run,
};

static JsonObject *
domain_json(const ProviderDomain *domain)
{
	JsonObject *object = json_object_new();

	json_object_set_string_member(object, "domain", domain->domain);
	json_object_set_string_member(object, "provider", domain->provider);
	json_object_set_string_member(object, "source", domain->source);
	json_object_set_string_member(object, "answer", domain->answer);
	json_object_set_string_member(object, "mx", domain->mx);
	json_set_time(object, "learned_at", domain->seen_at);
	json_set_time(object, "checked_at", domain->checked_at);
	json_set_time(object, "due_at", domain->due_at);
	return object;
}

static const char *
source_text(const char *source)
{
	return *source == '\0'                 ? "not known yet"
	       : strcmp(source, "dns") == 0    ? "by its MX"
	       : strcmp(source, "list") == 0   ? "by the list of providers"
	       : strcmp(source, "report") == 0 ? "by where verified reports came from"
					       : "as a person said";
}

static void
domain_print(const ProviderDomain *domain)
{
	g_autofree char *due = when_text(domain->due_at), *checked = when_text(domain->checked_at);

	app_say("%s is hosted by %s (%s)\n", domain->domain, *domain->provider == '\0' ? "itself" : domain->provider,
		source_text(domain->source));
	if (*domain->answer != '\0')
		app_say("    DNS says   %s%s%s, asked %s\n", domain->answer, *domain->mx == '\0' ? "" : ": ",
			domain->mx, checked);
	if (domain->due_at != NEVER_EXPIRES)
		app_say("    asked next %s\n", due);
}

/* What the list alone says of a domain that was never mailed. */
static ProviderDomain *
listed_domain(const Providers *providers, const char *name)
{
	const char *listed = providers_by_domain(providers, name);
	ProviderDomain *domain;

	if (listed == NULL)
		return NULL;
	domain = g_new0(ProviderDomain, 1);
	domain->domain = g_strdup(name);
	domain->provider = g_strdup(listed);
	domain->source = g_strdup("list");
	domain->answer = g_strdup("");
	domain->mx = g_strdup("");
	domain->seen_at = domain->checked_at = domain->due_at = NEVER_EXPIRES;
	return domain;
}

static int
show_provider(App *app, const Providers *providers, Blacklist *blacklist, const char *name)
{
	g_autoptr(GError) error = NULL;
	const ReputationSettings *settings = app_reputation(app, &error);
	const char *channel = channel_of(providers, name);

	if (settings == NULL)
		return app_fail(error);
	if (!app_json(app))
		app_say("%s%s%s\n", name, *channel == '\0' ? "" : ", objections: ", channel);
	for (ReputationWindow window = 0; window < WINDOW_COUNT; window++) {
		ReputationQuery query = { .window = window, .provider = name };
		g_autoptr(GPtrArray) found = reputation_read(blacklist, &query, settings, &error);

		if (found == NULL)
			return app_fail(error);
		const Reputation *all = g_ptr_array_index(found, 0);
		g_autofree char *bounces = rate_text(&all->hard_bounces), *complaints = rate_text(&all->complaints);

		if (app_json(app)) {
			JsonObject *object = reputation_json(all, window);

			json_object_set_string_member(object, "subject", "provider");
			json_object_set_string_member(object, "name", name);
			json_line_print(object);
		} else {
			app_say("    %-3s  %s: %" G_GINT64_FORMAT " sent, hard bounces %s, complaints %s\n",
				reputation_windows[window], standing_name(all->standing), all->now.sent, bounces,
				complaints);
		}
	}
	return app_finish(EX_OK);
}

static int
show_run(App *app, const Command *self, char **words)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(ProviderDomain) domain = NULL;

	if (!command_options(app, self, NULL, words))
		return EX_USAGE;
	if (words[1] == NULL || words[2] != NULL)
		return command_misused("one provider or domain is wanted");
	const Providers *providers = app_providers(app, &error);
	Blacklist *blacklist = providers == NULL ? NULL : app_blacklist(app, &error);
	g_autofree char *name = domain_normalise(words[1]);
	if (blacklist == NULL || (name != NULL && !provider_domain_find(blacklist, name, &domain, &error)))
		return app_fail(error);
	if (domain == NULL && name != NULL)
		domain = listed_domain(providers, name);
	if (domain == NULL)
		return show_provider(app, providers, blacklist, words[1]);
	if (app_json(app))
		json_line_print(domain_json(domain));
	else
		domain_print(domain);
	return app_finish(EX_OK);
}

static const Command provider_show = {
	.name = "show",
	.arguments = "NAME|DOMAIN",
	.summary = "Say who hosts a domain and how that is known, or how a provider takes our mail",
	.run = show_run,
};

static int
domains_run(App *app, const Command *self, char **words)
{
	gint64 limit = DOMAINS_LIMIT;
	const GOptionEntry entries[] = {
		{ "limit", 0, 0, G_OPTION_ARG_INT64, &limit, "At most N domains (1000)", "N" },
		{ 0 },
	};
	g_autoptr(GError) error = NULL;

	if (!command_options(app, self, entries, words))
		return EX_USAGE;
	if (words[1] == NULL || words[2] != NULL)
		return command_misused("one provider is wanted");
	Blacklist *blacklist = app_blacklist(app, &error);
	g_autoptr(GPtrArray) domains =
		blacklist == NULL ? NULL : provider_domains_of(blacklist, words[1], limit, &error);
	if (domains == NULL)
		return app_fail(error);
	for (unsigned i = 0; i < domains->len; i++) {
		const ProviderDomain *domain = g_ptr_array_index(domains, i);

		if (app_json(app))
			json_line_print(domain_json(domain));
		else
			app_say("%s  (%s)\n", domain->domain, source_text(domain->source));
	}
	return app_finish(EX_OK);
}

static const Command provider_domains = {
	.name = "domains",
	.arguments = "NAME",
	.summary = "List the domains that were found to be with a provider",
	.run = domains_run,
};

static int
set_run(App *app, const Command *self, char **words)
{
	gboolean automatic = FALSE;
	const GOptionEntry entries[] = {
		{ "auto", 0, 0, G_OPTION_ARG_NONE, &automatic, "Instead of a provider: find out again", NULL },
		{ 0 },
	};
	g_autoptr(GError) error = NULL;

	if (!command_options(app, self, entries, words))
		return EX_USAGE;
	if (words[1] == NULL || (words[2] == NULL) != automatic || (words[2] != NULL && words[3] != NULL))
		return command_misused("a domain and a provider are wanted, or a domain and --auto");
	g_autofree char *domain = domain_normalise(words[1]);
	if (domain == NULL)
		return command_misused("'%s' is not a domain", words[1]);
	Blacklist *blacklist = app_blacklist(app, &error);
	if (blacklist == NULL || !provider_domain_set(blacklist, domain, words[2], &error))
		return app_fail(error);
	if (app_json(app)) {
		JsonObject *object = json_object_new();

		json_object_set_string_member(object, "domain", domain);
		json_object_set_string_member(object, "provider", automatic ? "" : words[2]);
		json_line_print(object);
	} else {
		app_say(automatic ? "%s is looked up again.\n" : "%s is with %s, past counts included.\n", domain,
			words[2]);
	}
	return app_finish(EX_OK);
}

static const Command provider_set = {
	.name = "set",
	.arguments = "DOMAIN PROVIDER",
	.summary = "Say who hosts a domain; holds until it is said otherwise",
	.run = set_run,
};

static const Command *const commands[] = { &provider_list, &provider_show, &provider_domains, &provider_set, NULL };

const Command cmd_provider = {
	.name = "provider",
	.summary = "List providers, and see or say which one hosts a domain",
	.commands = commands,
};
