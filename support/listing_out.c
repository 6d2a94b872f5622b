#include "listing_out.h"

#include "answer.h"
#include "app.h"
#include "cells.h"
#include "json_line.h"
#include "when.h"

static const Column columns[] = {
	{ "REFERENCE", 9, 10, false },
	{ "TARGET", 22, 40, false },
	{ "SENDERS", 11, 24, false },
	{ "CATEGORY", 14, 24, false },
	{ "SINCE", 16, 16, false },
	{ "UNTIL", 16, 16, false },
	{ "REASON", 20, 60, false },
	{ 0 },
};

int64_t
now_seconds(void)
{
	return g_get_real_time() / G_USEC_PER_SEC;
}

static void
say_clean(const char *name, const char *value)
{
	g_autoptr(GString) line = g_string_new(NULL);

	if (*value == '\0')
		return;
	cells_append(line, value, 0, false);
	app_say("    %-10s %s\n", name, line->str);
}

void
listing_print(const Listing *listing, int64_t now)
{
	g_autofree char *scope = answer_scope(listing->scope);
	g_autofree char *since = when_text(listing->since);
	g_autofree char *until = when_text(listing->expires_at);

	app_say("  %s  %s%s\n", listing->reference, listing->target,
		listing->expires_at > now ? "" : "  (no longer in force)");
	app_say("    %-10s mail from %s\n", "refused", scope);
	app_say("    %-10s %s: %s\n", "category", category_name(listing->category), category_text(listing->category));
	say_clean("reason", listing->reason);
	app_say("    %-10s %s\n", "since", since);
	app_say("    %-10s %s\n", "until", until);
	say_clean("source", listing->source);
	say_clean("evidence", listing->evidence);
	if (listing->strikes > 0)
		app_say("    %-10s %u time%s by automation\n", "listed", listing->strikes,
			listing->strikes == 1 ? "" : "s");
	say_clean("note", listing->note);
}

JsonObject *
listing_json(const Listing *listing, int64_t now)
{
	JsonObject *object = json_object_new();

	json_object_set_string_member(object, "reference", listing->reference);
	json_object_set_string_member(object, "target", listing->target);
	json_object_set_string_member(object, "scope", listing->scope);
	json_object_set_string_member(object, "category", category_name(listing->category));
	json_object_set_string_member(object, "reason", listing->reason);
	json_object_set_string_member(object, "source", listing->source);
	json_object_set_string_member(object, "evidence", listing->evidence);
	json_object_set_string_member(object, "note", listing->note);
	json_object_set_int_member(object, "strikes", listing->strikes);
	json_object_set_boolean_member(object, "in_force", listing->expires_at > now);
	json_set_time(object, "since", listing->since);
	json_set_time(object, "expires_at", listing->expires_at);
	return object;
}

void
listings_print_table(const GPtrArray *listings)
{
	g_autoptr(Cells) cells = cells_new(columns, cells_terminal_width());
	g_autoptr(GString) text = g_string_new(NULL);

	cells_titles(cells, text);
	for (unsigned i = 0; i < listings->len; i++) {
		const Listing *listing = g_ptr_array_index(listings, i);
		g_autofree char *scope = answer_scope(listing->scope);
		g_autofree char *since = when_text(listing->since);
		g_autofree char *until = when_text(listing->expires_at);

		cells_row(cells, text,
			(const char *const[]){ listing->reference, listing->target, scope,
				category_name(listing->category), since, until, listing->reason });
	}
	app_say("%s", text->str);
}

void
audit_print(const GPtrArray *entries)
{
	for (unsigned i = 0; i < entries->len; i++) {
		const AuditEntry *entry = g_ptr_array_index(entries, i);
		g_autofree char *at = when_text(entry->at);
		g_autofree char *scope = answer_scope(entry->scope);
		g_autoptr(GString) line = g_string_new(NULL);

		cells_append(line, entry->reason, 0, false);
		if (*entry->detail != '\0') {
			g_string_append(line, " - ");
			cells_append(line, entry->detail, 0, false);
		}
		app_say("  %s  %s by %s (%s): %s\n", at, entry->action, entry->actor, scope, line->str);
	}
}

JsonArray *
audit_json(const GPtrArray *entries)
{
	JsonArray *array = json_array_new();

	for (unsigned i = 0; i < entries->len; i++) {
		const AuditEntry *entry = g_ptr_array_index(entries, i);
		JsonObject *object = json_object_new();

		json_set_time(object, "at", entry->at);
		json_object_set_string_member(object, "actor", entry->actor);
		json_object_set_string_member(object, "action", entry->action);
		json_object_set_string_member(object, "target", entry->target);
		json_object_set_string_member(object, "scope", entry->scope);
		json_object_set_string_member(object, "reason", entry->reason);
		json_object_set_string_member(object, "detail", entry->detail);
		json_array_add_object_element(array, object);
	}
	return array;
}
