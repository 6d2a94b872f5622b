#include "command.h"

#include "actor.h"
#include "address.h"
#include "answer.h"
#include "cmd_held.h"
#include "expiry.h"
#include "json_line.h"
#include "listing_out.h"
#include "target.h"
#include "when.h"

#include <string.h>
#include <sysexits.h>

#define LIST_LIMIT 100

static int
list_run(App *app, const Command *self, char **words)
{
	g_autofree char *category = NULL, *scope = NULL, *domain = NULL;
	gboolean expired = FALSE;
	gint64 limit = LIST_LIMIT;
	const GOptionEntry entries[] = {
		{ "category", 0, 0, G_OPTION_ARG_STRING, &category, "Only of this category", "NAME" },
		{ "scope", 0, 0, G_OPTION_ARG_STRING, &scope, "Only for mail from this sender domain; * for all",
			"DOMAIN" },
		{ "domain", 0, 0, G_OPTION_ARG_STRING, &domain, "Only recipients of this domain", "DOMAIN" },
		{ "expired", 0, 0, G_OPTION_ARG_NONE, &expired, "Also entries that are no longer in force", NULL },
		{ "limit", 0, 0, G_OPTION_ARG_INT64, &limit, "At most N entries (100)", "N" },
		{ 0 },
	};
	g_autoptr(GError) error = NULL;
	Category known;

	if (!command_options(app, self, entries, words))
		return EX_USAGE;
	if (category != NULL && !category_parse(category, &known))
		return command_misused("there is no category '%s'", category);
	if (limit < 1)
		return command_misused("--limit must be at least 1");
	g_autofree char *of_scope = scope == NULL ? NULL : blacklist_scope(scope);
	if (scope != NULL && of_scope == NULL)
		return command_misused("--scope is a domain or *, not '%s'", scope);
	g_autofree char *of_domain = domain == NULL ? NULL : domain_normalise(domain);
	if (domain != NULL && of_domain == NULL)
		return command_misused("'%s' is not a domain", domain);
	Blacklist *blacklist = app_blacklist(app, &error);
	if (blacklist == NULL)
		return app_fail(error);
	BlacklistQuery query = {
		.category = category, .scope = of_scope, .domain = of_domain, .expired = expired, .limit = limit
	};
	g_autoptr(GPtrArray) listings = blacklist_list(blacklist, &query, &error);
	if (listings == NULL)
		return app_fail(error);
	int64_t now = now_seconds();
	for (unsigned i = 0; app_json(app) && i < listings->len; i++)
		json_line_print(listing_json(g_ptr_array_index(listings, i), now));
	if (!app_json(app) && listings->len > 0)
		listings_print_table(listings);
	else if (!app_json(app))
		app_say("No entries.\n");
	if (listings->len == limit && !app_json(app))
		g_printerr("These are the newest %u; --limit shows more.\n", listings->len);
	return app_finish(EX_OK);
}

static const Command blacklist_list_command = {
	.name = "list",
	.summary = "List entries, newest first",
	.run = list_run,
};

static void
show_text(const GPtrArray *listings, const GPtrArray *audit)
{
	int64_t now = now_seconds();

	for (unsigned i = 0; i < listings->len; i++)
		listing_print(g_ptr_array_index(listings, i), now);
	if (audit->len > 0)
		app_say("\nHistory\n");
	audit_print(audit);
}

static void
show_json(const GPtrArray *listings, const GPtrArray *audit)
{
	JsonObject *object = json_object_new();
	JsonArray *array = json_array_new();
	int64_t now = now_seconds();

	for (unsigned i = 0; i < listings->len; i++)
		json_array_add_object_element(array, listing_json(g_ptr_array_index(listings, i), now));
	json_object_set_array_member(object, "listings", array);
	json_object_set_array_member(object, "audit", audit_json(audit));
	json_line_print(object);
}

static int
show_run(App *app, const Command *self, char **words)
{
	g_autoptr(GError) error = NULL;

	if (!command_options(app, self, NULL, words))
		return EX_USAGE;
	if (words[1] == NULL || words[2] != NULL)
		return command_misused("one address, @domain or reference is wanted");
	g_autofree char *named = NULL;
	Blacklist *blacklist = app_blacklist(app, &error);
	if (blacklist == NULL || !target_of(blacklist, words[1], &named, &error))
		return app_fail(error);
	g_autoptr(GPtrArray) listings = blacklist_find(blacklist, named, &error);
	if (listings == NULL)
		return app_fail(error);
	g_autoptr(GPtrArray) hashes = listings->len == 0 ? app_erased(app, named) : NULL;
	for (unsigned i = 0; hashes != NULL && i < hashes->len && listings->len == 0; i++) {
		g_ptr_array_unref(g_steal_pointer(&listings));
		listings = blacklist_find(blacklist, hashes->pdata[i], &error);
		if (listings == NULL)
			return app_fail(error);
	}
	const char *target = listings->len == 0 ? named : ((const Listing *)g_ptr_array_index(listings, 0))->target;
	g_autoptr(GPtrArray) audit = blacklist_audit(blacklist, target, &error);
	if (audit == NULL)
		return app_fail(error);
	if (app_json(app))
		show_json(listings, audit);
	else if (listings->len == 0 && audit->len == 0)
		app_say("%s is not on the blacklist and never was.\n", named);
	else
		show_text(listings, audit);
	return app_finish(EX_OK);
}

static const Command blacklist_show_command = {
	.name = "show",
	.arguments = "ADDRESS|@DOMAIN|R-NUMBER",
	.summary = "Show all entries of an address or domain, with their history",
	.description = "A reference shows those of whom it was given for, even if its own entry is gone.",
	.run = show_run,
};

/* The reference of the entry that a new one replaces, owned by the caller; NULL: none, or the database is away. */
static char *
find_replaced(Blacklist *blacklist, const BlacklistChange *change)
{
	g_autofree char *scope = blacklist_scope(change->scope);
	g_autoptr(GPtrArray) listings = blacklist_find(blacklist, change->target, NULL);

	for (unsigned i = 0; listings != NULL && i < listings->len; i++) {
		const Listing *listing = g_ptr_array_index(listings, i);

		if (g_strcmp0(listing->scope, scope) == 0)
			return g_strdup(listing->reference);
	}
	return NULL;
}

static int
add(App *app, const BlacklistChange *change)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *reference = NULL;
	Blacklist *blacklist = app_blacklist(app, &error);
	g_autofree char *replaced = blacklist == NULL ? NULL : find_replaced(blacklist, change);

	if (blacklist == NULL || !blacklist_add(blacklist, change, &reference, &error))
		return app_fail(error);
	if (app_json(app)) {
		JsonObject *object = json_object_new();

		json_object_set_string_member(object, "reference", reference);
		json_object_set_string_member(object, "replaced", replaced);
		json_line_print(object);
	} else {
		g_autofree char *scope = answer_scope(change->scope);
		g_autofree char *until = when_text(change->expires_at);

		app_say("%s: mail from %s to %s%s is refused from now on, %s%s%s%s.\n", reference, scope,
			change->target[0] == '@' ? "all of " : "", change->target + (change->target[0] == '@'),
			change->expires_at == NEVER_EXPIRES ? "" : "until ", until,
			replaced == NULL ? "" : ", instead of ", replaced == NULL ? "" : replaced);
	}
	return app_finish(EX_OK);
}

static int
add_run(App *app, const Command *self, char **words)
{
	g_autofree char *reason = NULL, *scope = NULL, *expires = NULL, *category = NULL, *note = NULL, *actor = NULL;
	const GOptionEntry entries[] = {
		{ "reason", 0, 0, G_OPTION_ARG_STRING, &reason, "Why, as refused senders may read it (required)",
			"TEXT" },
		{ "scope", 0, 0, G_OPTION_ARG_STRING, &scope, "Only mail from this sender domain (all)", "DOMAIN" },
		{ "expires", 0, 0, G_OPTION_ARG_STRING, &expires, "For how long: 12h, 30d, never (never)", "TIME" },
		{ "category", 0, 0, G_OPTION_ARG_STRING, &category, "Category of the entry (policy_other)", "NAME" },
		{ "note", 0, 0, G_OPTION_ARG_STRING, &note, "For colleagues only", "TEXT" },
		{ "actor", 0, 0, G_OPTION_ARG_STRING, &actor, "Who does it (you)", "NAME" },
		{ 0 },
	};
	BlacklistChange change = { .category = CATEGORY_POLICY_OTHER };

	if (!command_options(app, self, entries, words))
		return EX_USAGE;
	if (words[1] == NULL || words[2] != NULL)
		return command_misused("one address or @domain is wanted");
	if (reason == NULL || *reason == '\0')
		return command_misused("say why with --reason");
	if (category != NULL && !category_parse(category, &change.category))
		return command_misused("there is no category '%s'", category);
	if (!expiry_parse(expires, &change.expires_at))
		return command_misused("--expires is a time such as 12h or 30d, or 'never', not '%s'", expires);
	g_autofree char *who = actor_name(actor);
	change.target = words[1];
	change.scope = scope == NULL ? SCOPE_ALL : scope;
	change.actor = who;
	change.reason = reason;
	change.note = note;
	return add(app, &change);
}

static const Command blacklist_add_command = {
	.name = "add",
	.arguments = "ADDRESS|@DOMAIN",
	.summary = "Refuse mail to an address or a whole domain",
	.description = "Replaces an entry with the same scope. Automation leaves entries made by people alone.",
	.run = add_run,
};

/* Whatever holds mail back: the entry of the address, or that of its hash. */
static bool
remove_from(App *app, Blacklist *blacklist, const BlacklistChange *change, bool *ret_removed, GError **error)
{
	g_autoptr(GPtrArray) hashes = app_erased(app, change->target);
	BlacklistChange erased = *change;
	bool by_name, by_hash, any_hash = false;

	if (!blacklist_remove(blacklist, change, &by_name, error))
		return false;
	for (unsigned i = 0; hashes != NULL && i < hashes->len; i++) {
		erased.target = hashes->pdata[i];
		if (!blacklist_remove(blacklist, &erased, &by_hash, error))
			return false;
		any_hash |= by_hash;
	}
	*ret_removed = by_name || any_hash;
	return true;
}

/* A reference names one entry: its target and scope. NULL in *ret_entry: that is gone. */
static bool
find_referred(Blacklist *blacklist, const char *reference, Listing **ret_entry, GError **error)
{
	g_autoptr(GPtrArray) found = blacklist_find(blacklist, reference, error);

	if (found != NULL)
		*ret_entry = found->len == 0 ? NULL : g_ptr_array_steal_index(found, 0);
	return found != NULL;
}

static int
remove_entry(App *app, BlacklistChange *change)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Listing) entry = NULL;
	Blacklist *blacklist = app_blacklist(app, &error);
	bool removed;

	if (blacklist == NULL)
		return app_fail(error);
	if (target_is_reference(change->target)) {
		if (!find_referred(blacklist, change->target, &entry, &error))
			return app_fail(error);
		if (entry == NULL) {
			g_printerr("%s: no entry has the reference %s now; 'retour blacklist show %s' says what became "
				   "of it\n",
				g_get_prgname(), change->target, change->target);
			return EX_DATAERR;
		}
		change->target = entry->target;
		change->scope = entry->scope;
	}
	if (!(entry != NULL ? blacklist_remove(blacklist, change, &removed, &error)
			    : remove_from(app, blacklist, change, &removed, &error)))
		return app_fail(error);
	if (app_json(app)) {
		JsonObject *object = json_object_new();

		json_object_set_boolean_member(object, "removed", removed);
		json_line_print(object);
	} else if (removed) {
		app_say("Removed: mail to %s is no longer refused%s%s.\n", change->target,
			change->scope == NULL ? "" : " for ", change->scope == NULL ? "" : change->scope);
	} else {
		g_printerr("%s: %s is not on the blacklist%s%s\n", g_get_prgname(), change->target,
			change->scope == NULL ? "" : " with scope ", change->scope == NULL ? "" : change->scope);
	}
	return app_finish(removed ? EX_OK : EX_DATAERR);
}

static int
remove_run(App *app, const Command *self, char **words)
{
	g_autofree char *reason = NULL, *scope = NULL, *actor = NULL;
	const GOptionEntry entries[] = {
		{ "reason", 0, 0, G_OPTION_ARG_STRING, &reason, "Why (required)", "TEXT" },
		{ "scope", 0, 0, G_OPTION_ARG_STRING, &scope, "Only the entry of this sender domain; * of all senders",
			"DOMAIN" },
		{ "actor", 0, 0, G_OPTION_ARG_STRING, &actor, "Who does it (you)", "NAME" },
		{ 0 },
	};

	if (!command_options(app, self, entries, words))
		return EX_USAGE;
	if (words[1] == NULL || words[2] != NULL)
		return command_misused("one address, @domain or reference is wanted");
	if (scope != NULL && target_is_reference(words[1]))
		return command_misused("%s names one entry; --scope is for an address or @domain", words[1]);
	if (reason == NULL || *reason == '\0')
		return command_misused("say why with --reason");
	g_autofree char *who = actor_name(actor);
	BlacklistChange change = { .target = words[1], .scope = scope, .actor = who, .reason = reason };
	return remove_entry(app, &change);
}

static const Command blacklist_remove_command = {
	.name = "remove",
	.arguments = "ADDRESS|@DOMAIN|R-NUMBER",
	.summary = "Let mail to an address or domain pass again",
	.description = "An address or domain: all its entries, or that of --scope. A reference: that entry alone.\n"
		       "The exit code is 65 when there is no such entry.",
	.run = remove_run,
};

static const Command *const commands[] = {
	&blacklist_list_command,
	&blacklist_show_command,
	&blacklist_add_command,
	&blacklist_remove_command,
	&blacklist_import_command,
	&blacklist_export_command,
	&blacklist_discard_command,
	&blacklist_rekey_command,
	&blacklist_held_command,
	&blacklist_release_command,
	&blacklist_confirm_command,
	NULL,
};

const Command cmd_blacklist = {
	.name = "blacklist",
	.summary = "See and change who is not mailed any more",
	.commands = commands,
};
