#include "command.h"

#include "actor.h"
#include "blacklist_bulk.h"
#include "expiry.h"
#include "foreign_list.h"
#include "json_line.h"
#include "listing_out.h"
#include "progress.h"
#include "record_file.h"
#include "rule_trace.h"
#include "when.h"

#include <errno.h>
#include <string.h>
#include <sysexits.h>

#define AT_ONCE 1000

/* One import or removal on its way. */
typedef struct Bulk {
	App *app;
	Blacklist *blacklist;
	const ForeignList *list;
	const char *file, *reason, *scope, *actor;
	const Category *category; /* of all records; NULL: as each says */
	int64_t expires_at;
	gboolean dry_run, replaces, removes, all;
	GPtrArray *batch; /* BlacklistChange *, or char * to remove */
	BulkDone done;
	uint64_t removed, refused, passed_over, read;
	Progress progress;
	GError *error;
} Bulk;

static void
change_free(void *data)
{
	BlacklistChange *change = data;

	g_free((char *)(uintptr_t)change->target);
	g_free((char *)(uintptr_t)change->scope);
	g_free((char *)(uintptr_t)change->reason);
	g_free((char *)(uintptr_t)change->note);
	g_free(change);
}

static bool
refuse(Bulk *bulk, unsigned line, const char *what, const char *why)
{
	progress_clear(&bulk->progress);
	g_printerr("%s:%u: \"%s\" %s\n", bulk->file, line, what, why);
	bulk->refused++;
	return true;
}

static bool
flush(Bulk *bulk)
{
	BulkDone done = { 0 };
	uint64_t removed = 0;

	if (bulk->batch->len == 0)
		return true;
	if (bulk->removes ? !blacklist_remove_many(
		    bulk->blacklist, bulk->batch, bulk->scope, bulk->reason, bulk->actor, &removed, &bulk->error)
			  : !blacklist_import(bulk->blacklist, bulk->batch, bulk->actor, bulk->replaces, bulk->dry_run,
				  &done, &bulk->error))
		return false;
	bulk->done.added += done.added;
	bulk->done.replaced += done.replaced;
	bulk->done.kept += done.kept;
	bulk->removed += removed;
	g_ptr_array_set_size(bulk->batch, 0);
	progress_show(&bulk->progress, bulk->read);
	return true;
}

/* Rules take their time to load, so they are for files that hold replies. NULL: bulk->error says why. */
static RuleTrace *
read_reply(Bulk *bulk, const char *reply)
{
	Rulebook *book = app_rulebook(bulk->app, &bulk->error);

	return book == NULL ? NULL : rule_trace_new(book->classifier, reply, "");
}

/* What the record says of why. *ret_blamed false: the recipient is not at fault. False: bulk->error. */
static bool
judge(Bulk *bulk, GHashTable *record, const char *reply, Category *ret_category, bool *ret_blamed)
{
	g_autoptr(RuleTrace) trace = NULL;
	Disposition disposition;

	*ret_blamed = true;
	*ret_category = bulk->category == NULL ? CATEGORY_USER_UNKNOWN : *bulk->category;
	if (bulk->category != NULL || foreign_kind_category(record_get(record, bulk->list->kind), ret_category)
		|| *reply == '\0')
		return true;
	trace = read_reply(bulk, reply);
	if (trace == NULL)
		return false;
	disposition = category_disposition(trace->verdict.category);
	*ret_blamed = bulk->all || trace->verdict.category == CATEGORY_UNDETERMINED
		      || disposition == DISPOSITION_PERMANENT || disposition == DISPOSITION_COMPLAINT;
	if (trace->verdict.category != CATEGORY_UNDETERMINED)
		*ret_category = trace->verdict.category;
	return true;
}

static bool
take_entry(Bulk *bulk, GHashTable *record, unsigned line, const char *name, char *target)
{
	static const char *const scopes[] = { "scope", NULL }, *const notes[] = { "note", NULL };
	const char *code = record_get(record, bulk->list->code), *text = record_get(record, bulk->list->reason);
	const char *scope = bulk->scope != NULL ? bulk->scope : record_get(record, scopes);
	g_autofree char *reply = g_strstrip(g_strdup_printf("%s %s", g_str_has_prefix(text, code) ? "" : code, text));
	g_autofree char *normal =
		*scope == '\0' || strcmp(scope, SCOPE_ALL) == 0 ? g_strdup(SCOPE_ALL) : blacklist_scope(scope);
	BlacklistChange *change;
	Category category;
	bool blamed = true;

	if (normal != NULL && !judge(bulk, record, reply, &category, &blamed)) {
		g_free(target);
		return false;
	}
	if (normal == NULL || !blamed) {
		g_autofree char *words = normal == NULL
						 ? g_strdup_printf("has a scope that is no domain: %s", scope)
						 : g_strdup_printf("is not at fault: %s (--all takes it all the same)",
							 category_name(category));

		g_free(target);
		return refuse(bulk, line, name, words);
	}
	change = g_new0(BlacklistChange, 1);
	change->target = target;
	change->scope = g_steal_pointer(&normal);
	change->category = category;
	change->reason = g_strdup(bulk->reason != NULL ? bulk->reason
				  : *reply != '\0'     ? reply
						       : category_text(category));
	change->note = g_strdup(record_get(record, notes));
	change->expires_at = bulk->expires_at;
	g_ptr_array_add(bulk->batch, change);
	return bulk->batch->len < AT_ONCE || flush(bulk);
}

static bool
take(void *context, GHashTable *record, unsigned line)
{
	static const char *const types[] = { "type", NULL };
	Bulk *bulk = context;
	const char *name = record_get(record, bulk->list->target);
	char *target;

	bulk->read++;
	if (bulk->list->only != NULL && strcmp(record_get(record, types), bulk->list->only) != 0) {
		bulk->passed_over++;
		return true;
	}
	target = *name == '\0' ? NULL : blacklist_target(name);
	if (target == NULL)
		return refuse(bulk, line, name, "is neither an address nor \"@domain\"");
	if (!bulk->removes)
		return take_entry(bulk, record, line, name, target);
	g_ptr_array_add(bulk->batch, target);
	return bulk->batch->len < AT_ONCE || flush(bulk);
}

static int
tell(const Bulk *bulk)
{
	if (app_json(bulk->app)) {
		JsonObject *object = json_object_new();

		json_object_set_int_member(object, "read", (gint64)bulk->read);
		json_object_set_int_member(object, "added", (gint64)bulk->done.added);
		json_object_set_int_member(object, "replaced", (gint64)bulk->done.replaced);
		json_object_set_int_member(object, "kept", (gint64)bulk->done.kept);
		json_object_set_int_member(object, "removed", (gint64)bulk->removed);
		json_object_set_int_member(object, "passed_over", (gint64)bulk->passed_over);
		json_object_set_int_member(object, "refused", (gint64)bulk->refused);
		json_object_set_boolean_member(object, "dry_run", bulk->dry_run);
		json_line_print(object);
	} else if (bulk->removes) {
		app_say("%" G_GUINT64_FORMAT " entries removed, %" G_GUINT64_FORMAT " lines refused.\n", bulk->removed,
			bulk->refused);
	} else {
		app_say("%s%" G_GUINT64_FORMAT " added, %" G_GUINT64_FORMAT " replaced, %" G_GUINT64_FORMAT
			" on the list already, %" G_GUINT64_FORMAT " refused.\n",
			bulk->dry_run ? "Without --dry-run: " : "", bulk->done.added, bulk->done.replaced,
			bulk->done.kept, bulk->refused);
	}
	return app_finish(bulk->refused > 0 ? EX_DATAERR : EX_OK);
}

/* Batches are committed one by one: what was interrupted is run again, and finds the beginning on the list. */
static int
run_bulk(Bulk *bulk, bool lines)
{
	bool standard = strcmp(bulk->file, "-") == 0;
	g_autoptr(GError) error = NULL;
	RecordFile file = { .file = standard ? stdin : fopen(bulk->file, "re"), .name = bulk->file, .lines = lines };
	bool done;

	if (file.file == NULL) {
		g_printerr("%s: %s: %s\n", g_get_prgname(), bulk->file, g_strerror(errno));
		return EX_NOINPUT;
	}
	bulk->batch = g_ptr_array_new_with_free_func(bulk->removes ? g_free : change_free);
	progress_begin(&bulk->progress, "records");
	done = record_file_read(&file, take, bulk, &error) && bulk->error == NULL && flush(bulk);
	progress_clear(&bulk->progress);
	g_ptr_array_unref(bulk->batch);
	if (!standard)
		fclose(file.file);
	if (!done && bulk->error != NULL)
		g_propagate_error(&error, bulk->error);
	return done ? tell(bulk) : app_fail(error);
}

static int
import_run(App *app, const Command *self, char **words)
{
	g_autofree char *format = NULL, *reason = NULL, *scope = NULL, *expires = NULL, *category = NULL, *actor = NULL;
	Bulk bulk = { .app = app };
	const GOptionEntry entries[] = {
		{ "format", 0, 0, G_OPTION_ARG_STRING, &format, "csv, json, ses, sendgrid, postmark, mailgun, kumomta",
			"NAME" },
		{ "reason", 0, 0, G_OPTION_ARG_STRING, &reason, "Why, for all (as the file says)", "TEXT" },
		{ "scope", 0, 0, G_OPTION_ARG_STRING, &scope, "Only mail from this sender domain", "DOMAIN" },
		{ "category", 0, 0, G_OPTION_ARG_STRING, &category, "Category of all (as the file says)", "NAME" },
		{ "expires", 0, 0, G_OPTION_ARG_STRING, &expires, "For how long: 12h, 30d, never (never)", "TIME" },
		{ "actor", 0, 0, G_OPTION_ARG_STRING, &actor, "Who does it (you)", "NAME" },
		{ "replace", 0, 0, G_OPTION_ARG_NONE, &bulk.replaces, "Replace entries that are in force", NULL },
		{ "all", 0, 0, G_OPTION_ARG_NONE, &bulk.all, "Also addresses whose reply does not blame them", NULL },
		{ "dry-run", 'n', 0, G_OPTION_ARG_NONE, &bulk.dry_run, "Only say what would happen", NULL },
		{ 0 },
	};
	g_autoptr(GError) error = NULL;
	Category known;

	if (!command_options(app, self, entries, words))
		return EX_USAGE;
	if (words[1] == NULL || words[2] != NULL)
		return command_misused("one file is wanted, or '-' for standard input");
	bulk.list = format == NULL ? NULL : foreign_list_find(format);
	if (bulk.list == NULL) {
		g_autofree char *names = foreign_list_names();

		return command_misused("--format is one of %s", names);
	}
	if (category != NULL && !category_parse(category, &known))
		return command_misused("there is no category '%s'", category);
	if (!expiry_parse(expires, &bulk.expires_at))
		return command_misused("--expires is a time such as 12h or 30d, or 'never', not '%s'", expires);
	g_autofree char *who = actor_name(actor);
	bulk.file = words[1];
	bulk.reason = reason;
	bulk.scope = scope;
	bulk.actor = who;
	bulk.category = category == NULL ? NULL : &known;
	bulk.blacklist = app_blacklist(app, &error);
	return bulk.blacklist == NULL ? app_fail(error) : run_bulk(&bulk, false);
}

const Command blacklist_import_command = {
	.name = "import",
	.arguments = "FILE|-",
	.summary = "Take over the list of another system",
	.description = "CSV or JSON, as the other system exports it. Where the file holds a reply, the rules judge it: "
		       "who was\n"
		       "refused for what we did is not listed. Lines that cannot be taken are printed, and the exit "
		       "code is 65;\n"
		       "the others are taken. Interrupted, it can be run again: what is on the list already stays.",
	.run = import_run,
};

static int
discard_run(App *app, const Command *self, char **words)
{
	g_autofree char *reason = NULL, *scope = NULL, *actor = NULL;
	const GOptionEntry entries[] = {
		{ "reason", 0, 0, G_OPTION_ARG_STRING, &reason, "Why (required)", "TEXT" },
		{ "scope", 0, 0, G_OPTION_ARG_STRING, &scope, "Only entries of this sender domain; * of all senders",
			"DOMAIN" },
		{ "actor", 0, 0, G_OPTION_ARG_STRING, &actor, "Who does it (you)", "NAME" },
		{ 0 },
	};
	g_autoptr(GError) error = NULL;
	Bulk bulk = { .app = app, .removes = TRUE };

	if (!command_options(app, self, entries, words))
		return EX_USAGE;
	if (words[1] == NULL || words[2] != NULL)
		return command_misused("one file is wanted, or '-' for standard input");
	if (reason == NULL || *reason == '\0')
		return command_misused("say why with --reason");
	g_autofree char *who = actor_name(actor);
	bulk.list = foreign_list_find("csv");
	bulk.file = words[1];
	bulk.reason = reason;
	bulk.scope = scope;
	bulk.actor = who;
	bulk.blacklist = app_blacklist(app, &error);
	return bulk.blacklist == NULL ? app_fail(error) : run_bulk(&bulk, true);
}

const Command blacklist_discard_command = {
	.name = "remove-all",
	.arguments = "FILE|-",
	.summary = "Remove many entries: one address or @domain a line",
	.run = discard_run,
};

static void
append_csv(GString *line, const char *value)
{
	bool quote = value[strcspn(value, ",\"\r\n")] != '\0';

	if (line->len > 0)
		g_string_append_c(line, ',');
	if (quote)
		g_string_append_c(line, '"');
	for (; *value != '\0'; value++) {
		if (*value == '"')
			g_string_append_c(line, '"');
		g_string_append_c(line, *value);
	}
	if (quote)
		g_string_append_c(line, '"');
}

static bool
print_csv(void *context, const Listing *listing)
{
	GString *line = context;
	g_autofree char *since = when_json(listing->since), *until = when_json(listing->expires_at);
	const char *values[] = { listing->target, listing->scope, category_name(listing->category), listing->reason,
		listing->reference, listing->source, listing->evidence, since, until == NULL ? "" : until,
		listing->note };

	g_string_truncate(line, 0);
	for (size_t i = 0; i < G_N_ELEMENTS(values); i++)
		append_csv(line, values[i]);
	return printf("%s\n", line->str) >= 0;
}

static bool
print_json(void *context, const Listing *listing)
{
	(void)context;
	json_line_print(listing_json(listing, now_seconds()));
	return !ferror(stdout);
}

static int
export_run(App *app, const Command *self, char **words)
{
	g_autofree char *format = NULL;
	gboolean expired = FALSE;
	const GOptionEntry entries[] = {
		{ "format", 0, 0, G_OPTION_ARG_STRING, &format, "csv or json (csv)", "NAME" },
		{ "expired", 0, 0, G_OPTION_ARG_NONE, &expired, "Also entries that are no longer in force", NULL },
		{ 0 },
	};
	g_autoptr(GString) line = g_string_new(NULL);
	g_autoptr(GError) error = NULL;

	if (!command_options(app, self, entries, words))
		return EX_USAGE;
	if (format != NULL && strcmp(format, "csv") != 0 && strcmp(format, "json") != 0)
		return command_misused("--format is csv or json, not '%s'", format);
	bool json = app_json(app) || g_strcmp0(format, "json") == 0;
	Blacklist *blacklist = app_blacklist(app, &error);
	if (blacklist == NULL)
		return app_fail(error);
	if (!json)
		app_say("target,scope,category,reason,reference,source,evidence,since,expires_at,note\n");
	if (!blacklist_export(blacklist, expired, json ? print_json : print_csv, line, &error))
		return app_fail(error);
	return app_finish(EX_OK);
}

const Command blacklist_export_command = {
	.name = "export",
	.summary = "Print the whole list, as import takes it",
	.run = export_run,
};
