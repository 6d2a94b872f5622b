#include "address.h"
#include "dialects.h"
#include "json_facts.h"
#include "original.h"
#include "reply.h"

#include <string.h>

/*
 * Amazon SES by way of Amazon SNS: the report is a JSON object in the text of an ordinary mail, or a JSON string
 * within that object when the topic does not deliver raw messages.
 */

typedef struct NotificationKind {
	const char *name;       /* of the notification */
	const char *object;     /* member that holds its facts */
	const char *recipients; /* array of recipients within */
	ReportKind kind;
	EventAction action;
} NotificationKind;

static const NotificationKind kinds[] = {
	{ "Bounce", "bounce", "bouncedRecipients", REPORT_BOUNCE, ACTION_FAILED },
	{ "Complaint", "complaint", "complainedRecipients", REPORT_COMPLAINT, ACTION_COMPLAINED },
	{ "Delivery", "delivery", "recipients", REPORT_SUCCESS, ACTION_DELIVERED },
	{ "DeliveryDelay", "deliveryDelay", "delayedRecipients", REPORT_DELAY, ACTION_DELAYED },
};

/* "smtp; 550 5.1.1 ..." without type; what Amazon calls the bounce where it quotes nobody. */
static void
fill_reply(Event *event, JsonObject *facts, JsonObject *recipient)
{
	const char *diagnostic = json_facts_text(recipient, "diagnosticCode"), *semicolon = strchr(diagnostic, ';');
	Status status = { 0 };

	status_parse(json_facts_text(recipient, "status"), &status);
	if (*diagnostic != '\0') {
		reply_fill(
			event, semicolon != NULL && semicolon - diagnostic < 10 ? semicolon + 1 : diagnostic, status);
	} else if (*json_facts_text(facts, "bounceType") != '\0') {
		g_autofree char *words = g_strdup_printf("Amazon SES bounce: %s, %s",
			json_facts_text(facts, "bounceType"), json_facts_text(facts, "bounceSubType"));

		reply_fill(event, words, status);
	} else {
		reply_fill(event, json_facts_text(facts, "smtpResponse"), status);
	}
	json_facts_set(&event->diagnostic, event->diagnostic);
}

static bool
is_text(JsonNode *node)
{
	return node != NULL && JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING;
}

/* The array holds objects with an emailAddress; of a delivery, strings. */
static void
add_recipient(Report *report, const NotificationKind *kind, JsonObject *facts, JsonNode *node)
{
	JsonObject *recipient = JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
	g_autofree char *address =
		address_parse(is_text(node) ? json_node_get_string(node) : json_facts_text(recipient, "emailAddress"));
	Event *event;

	if (address == NULL)
		return;
	event = report_add_event(report, kind->action);
	report_set(&event->recipient, address);
	fill_reply(event, facts, recipient);
}

/* Of the headers that Amazon was given, where the topic includes them. */
static void
fill_headers(Original *original, JsonArray *headers)
{
	JsonObject *header;

	for (guint i = 0; (header = json_facts_item(headers, i)) != NULL; i++)
		if (g_ascii_strcasecmp(json_facts_text(header, "name"), "CFBL-Feedback-ID") == 0)
			json_facts_set(&original->feedback_id, json_facts_text(header, "value"));
}

static void
fill_original(Original *original, JsonObject *mail)
{
	JsonObject *common = json_facts_object(mail, "commonHeaders");
	JsonArray *authors = json_facts_array(common, "from");
	JsonNode *author =
		authors == NULL || json_array_get_length(authors) == 0 ? NULL : json_array_get_element(authors, 0);
	g_autofree char *id = message_id_parse(json_facts_text(common, "messageId"));
	g_autofree char *sender = address_parse(json_facts_text(mail, "source"));
	g_autofree char *from = is_text(author) ? address_parse(json_node_get_string(author)) : NULL;

	json_facts_set(&original->message_id, id);
	report_set(&original->envelope_sender, sender);
	report_set(&original->from, from == NULL ? sender : from);
	json_facts_set(&original->subject, json_facts_text(common, "subject"));
	fill_headers(original, json_facts_array(mail, "headers"));
}

/* Amazon names all recipients of that domain; one of them complained, and the others must not suffer for it. */
static void
hide_recipients(Report *report)
{
	g_ptr_array_set_size(report->events, 0);
	report_add_event(report, ACTION_COMPLAINED);
}

static Report *
read_notification(JsonObject *notification, const Limits *limits)
{
	const char *name = json_facts_text(notification, "notificationType");
	const NotificationKind *kind = NULL;
	JsonObject *facts;
	JsonArray *recipients;
	Report *report;

	if (*name == '\0')
		name = json_facts_text(notification, "eventType");
	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
		if (strcmp(kinds[i].name, name) == 0)
			kind = &kinds[i];
	facts = kind == NULL ? NULL : json_facts_object(notification, kind->object);
	recipients = facts == NULL ? NULL : json_facts_array(facts, kind->recipients);
	if (recipients == NULL)
		return NULL;
	report = report_new(kind->kind, "amazon-sns");
	for (guint i = 0; i < json_array_get_length(recipients) && report->events->len < limits->recipients; i++)
		add_recipient(report, kind, facts, json_array_get_element(recipients, i));
	if (report->events->len == 0) {
		report_free(report);
		return NULL;
	}
	if (kind->kind == REPORT_COMPLAINT && report->events->len > 1)
		hide_recipients(report);
	json_facts_set(&report->feedback_type, json_facts_text(facts, "complaintFeedbackType"));
	report->incidents = kind->kind == REPORT_COMPLAINT;
	json_facts_set(&report->user_agent, json_facts_text(facts, "userAgent"));
	fill_original(&report->original, json_facts_object(notification, "mail"));
	return report;
}

static Report *
read_report(const Message *message, const Inbound *inbound, const Limits *limits)
{
	const Part *part = message_part(message, "text/plain");
	g_autoptr(JsonNode) outer = NULL;
	g_autoptr(JsonNode) inner = NULL;

	(void)inbound;
	if (part == NULL || strcasestr(message_header(message, "From"), "@sns.amazonaws.com") == NULL)
		return NULL;
	outer = json_facts_parse(part->text);
	if (outer == NULL)
		return NULL;
	inner = json_facts_parse(json_facts_text(json_node_get_object(outer), "Message"));
	return read_notification(json_node_get_object(inner == NULL ? outer : inner), limits);
}

const Reader sns_reader = { "amazon-sns", read_report };
