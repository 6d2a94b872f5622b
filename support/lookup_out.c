#include "lookup_out.h"

#include "answer.h"
#include "app.h"
#include "cells.h"
#include "json_line.h"
#include "listing_out.h"
#include "when.h"

static void
print_event(const LookupEvent *event)
{
	g_autofree char *at = when_text(event->at);
	g_autofree char *what = answer_event(event);
	g_autoptr(GString) line = g_string_new(NULL);

	app_say("  %s  %s\n", at, what);
	if (*event->diagnostic != '\0') {
		cells_append(line, *event->remote_mta == '\0' ? "The other side" : event->remote_mta, 0, false);
		g_string_append(line, " said: ");
		cells_append(line, event->diagnostic, 0, false);
		app_say("                    %s\n", line->str);
	}
	app_say("                    %s, %s; rule %s (%s confidence), evidence %s%s%s%s%s\n", event->category,
		event->disposition, event->rule, event->confidence, event->evidence, *event->proof == '\0' ? "" : ": ",
		event->proof, *event->sender_domain == '\0' ? "" : ", mail from ", event->sender_domain);
}

static void
print_sent(const LookupSent *sent)
{
	g_autofree char *at = when_text(sent->at);
	g_autoptr(GString) line = g_string_new(NULL);

	cells_append(line, sent->message_id, 0, false);
	app_say("  %s  from %s, Message-ID %s, queue id %s\n", at, *sent->sender == '\0' ? "<>" : sent->sender,
		line->str, sent->queue_id);
}

static void
print_strikes(const LookupStrikes *strikes)
{
	g_autofree char *scope = answer_scope(strikes->scope);
	g_autofree char *last = when_text(strikes->last_at);

	app_say("  %s on %u day%s, last %s (mail from %s)\n", strikes->category, strikes->days,
		strikes->days == 1 ? "" : "s", last, scope);
}

static void
print_objection(const Contact *objection)
{
	if (objection == NULL || *objection->channel == '\0')
		return;
	app_say("Objections:  %s\n", objection->channel);
	if (*objection->note != '\0')
		app_say("             %s\n", objection->note);
}

void
lookup_print(const Lookup *lookup, const Contact *objection, const char *meant)
{
	int64_t now = now_seconds();
	g_autofree char *answer = answer_text(lookup, now);

	app_say("%s.\n", answer);
	if (meant != NULL)
		app_say("Is %s meant?\n", meant);
	if (*lookup->provider != '\0')
		app_say("\nProvider:    %s\n", lookup->provider);
	else if (objection != NULL)
		app_say("\n");
	print_objection(objection);
	if (lookup->listings->len > 0)
		app_say("\nBlacklist entries\n");
	for (unsigned i = 0; i < lookup->listings->len; i++)
		listing_print(g_ptr_array_index(lookup->listings, i), now);
	if (lookup->audit->len > 0)
		app_say("\nWhat was done with entries\n");
	audit_print(lookup->audit);
	if (lookup->events->len > 0)
		app_say("\nWhat came back, newest first\n");
	for (unsigned i = 0; i < lookup->events->len; i++)
		print_event(g_ptr_array_index(lookup->events, i));
	if (lookup->strikes->len > 0)
		app_say("\nCounted towards an entry\n");
	for (unsigned i = 0; i < lookup->strikes->len; i++)
		print_strikes(g_ptr_array_index(lookup->strikes, i));
	if (lookup->sent->len > 0)
		app_say("\nMail sent, newest first\n");
	for (unsigned i = 0; i < lookup->sent->len; i++)
		print_sent(g_ptr_array_index(lookup->sent, i));
}

static JsonObject *
event_json(const LookupEvent *event)
{
	JsonObject *object = json_object_new();
	g_autofree char *words = answer_event(event);
	const struct {
		const char *name, *value;
	} members[] = { { "words", words }, { "kind", event->kind }, { "action", event->action },
		{ "category", event->category }, { "disposition", event->disposition },
		{ "confidence", event->confidence }, { "evidence", event->evidence }, { "proof", event->proof },
		{ "rule", event->rule }, { "status", event->status }, { "diagnostic", event->diagnostic },
		{ "remote_mta", event->remote_mta }, { "provider", event->provider },
		{ "sender_domain", event->sender_domain }, { "source", event->source },
		{ "recipient", event->recipient } };

	json_set_time(object, "at", event->at);
	for (size_t i = 0; i < G_N_ELEMENTS(members); i++)
		json_object_set_string_member(object, members[i].name, members[i].value);
	json_object_set_int_member(object, "reply_code", event->reply_code);
	return object;
}

static JsonObject *
sent_json(const LookupSent *sent)
{
	JsonObject *object = json_object_new();

	json_set_time(object, "at", sent->at);
	json_object_set_string_member(object, "message_id", sent->message_id);
	json_object_set_string_member(object, "queue_id", sent->queue_id);
	json_object_set_string_member(object, "sender", sent->sender);
	json_object_set_string_member(object, "sender_domain", sent->sender_domain);
	return object;
}

static JsonObject *
strikes_json(const LookupStrikes *strikes)
{
	JsonObject *object = json_object_new();

	json_object_set_string_member(object, "target", strikes->target);
	json_object_set_string_member(object, "scope", strikes->scope);
	json_object_set_string_member(object, "category", strikes->category);
	json_object_set_int_member(object, "days", strikes->days);
	json_set_time(object, "last_at", strikes->last_at);
	return object;
}

void
lookup_print_json(const Lookup *lookup, const Contact *objection, const char *meant)
{
	int64_t now = now_seconds();
	g_autofree char *answer = answer_text(lookup, now);
	const Listing *listing = answer_listing(lookup, now);
	JsonObject *object = json_object_new();
	JsonArray *listings = json_array_new(), *events = json_array_new();
	JsonArray *sent = json_array_new(), *strikes = json_array_new();

	for (unsigned i = 0; i < lookup->listings->len; i++)
		json_array_add_object_element(listings, listing_json(g_ptr_array_index(lookup->listings, i), now));
	for (unsigned i = 0; i < lookup->events->len; i++)
		json_array_add_object_element(events, event_json(g_ptr_array_index(lookup->events, i)));
	for (unsigned i = 0; i < lookup->sent->len; i++)
		json_array_add_object_element(sent, sent_json(g_ptr_array_index(lookup->sent, i)));
	for (unsigned i = 0; i < lookup->strikes->len; i++)
		json_array_add_object_element(strikes, strikes_json(g_ptr_array_index(lookup->strikes, i)));
	json_object_set_string_member(object, "address", lookup->address);
	json_object_set_string_member(object, "answer", answer);
	json_object_set_boolean_member(object, "refused", listing != NULL);
	json_object_set_string_member(object, "meant", meant);
	json_object_set_string_member(object, "provider", lookup->provider);
	json_object_set_string_member(object, "objection", objection == NULL ? "" : objection->channel);
	json_object_set_string_member(object, "objection_note", objection == NULL ? "" : objection->note);
	json_object_set_array_member(object, "listings", listings);
	json_object_set_array_member(object, "audit", audit_json(lookup->audit));
	json_object_set_array_member(object, "events", events);
	json_object_set_array_member(object, "strikes", strikes);
	json_object_set_array_member(object, "sent", sent);
	json_line_print(object);
}
