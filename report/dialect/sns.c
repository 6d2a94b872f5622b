#include "address.h"
#include "dialects.h"
#include "original.h"
#include "reply.h"
#include "text.h"

#include <json-glib/json-glib.h>
#include <string.h>

/*
 * Amazon SES by way of Amazon SNS: the report is a JSON object in the text of an ordinary mail, or a JSON string
 * within that object when the topic does not deliver raw messages.
 */

#define DEPTH_LIMIT 24 /* json-glib recurses */

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

/* Where the object that begins at p ends; NULL: nowhere, or it is nested too deep. */
static const char *
object_end(const char *p)
{
	unsigned depth = 0;
	bool quoted = false;

	for (; *p != '\0'; p++) {
		if (*p == '\\' && quoted && p[1] != '\0')
			p++;
		else if (*p == '"')
			quoted = !quoted;
		else if (!quoted && (*p == '{' || *p == '['))
			depth++;
		else if (!quoted && (*p == '}' || *p == ']') && --depth == 0)
			return p + 1;
		if (depth > DEPTH_LIMIT)
			return NULL;
	}
	return NULL;
}

/* Line ends within a string are those of the mail, which may not have longer lines. */
static char *
without_line_ends(const char *begin, const char *end)
{
	GString *text = g_string_sized_new((gsize)(end - begin));

	for (const char *p = begin; p < end; p++) {
		if (*p != '\n')
			g_string_append_c(text, *p);
		else if (p + 1 < end && p[1] == ' ')
			p++;
	}
	return g_string_free(text, FALSE);
}

/* The object that text begins with; NULL: none. */
static JsonNode *
parse_object(const char *text)
{
	const char *begin = text + strspn(text, " \t\n"), *end;
	g_autofree char *json = NULL;
	JsonNode *node;

	if (*begin != '{' || (end = object_end(begin)) == NULL)
		return NULL;
	json = without_line_ends(begin, end);
	node = json_from_string(json, NULL);
	if (node != NULL && !JSON_NODE_HOLDS_OBJECT(node)) {
		json_node_unref(node);
		return NULL;
	}
	return node;
}

static const char *
string_of(JsonObject *object, const char *name)
{
	JsonNode *node = object == NULL ? NULL : json_object_get_member(object, name);

	if (node == NULL || !JSON_NODE_HOLDS_VALUE(node) || json_node_get_value_type(node) != G_TYPE_STRING)
		return "";
	return json_node_get_string(node);
}

static JsonObject *
object_of(JsonObject *object, const char *name)
{
	JsonNode *node = object == NULL ? NULL : json_object_get_member(object, name);

	return node != NULL && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

static JsonArray *
array_of(JsonObject *object, const char *name)
{
	JsonNode *node = object == NULL ? NULL : json_object_get_member(object, name);

	return node != NULL && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
}

/* Text from JSON may hold what escapes like \u0000 made of it. */
static void
set_clean(char **text, const char *value)
{
	g_autofree char *clean = text_clean(value, strlen(value), 2000);

	report_set(text, text_collapse(clean));
}

/* "smtp; 550 5.1.1 ..." without type; what Amazon calls the bounce where it quotes nobody. */
static void
fill_reply(Event *event, JsonObject *facts, JsonObject *recipient)
{
	const char *diagnostic = string_of(recipient, "diagnosticCode"), *semicolon = strchr(diagnostic, ';');
	Status status = { 0 };

	status_parse(string_of(recipient, "status"), &status);
	if (*diagnostic != '\0') {
		reply_fill(
			event, semicolon != NULL && semicolon - diagnostic < 10 ? semicolon + 1 : diagnostic, status);
	} else if (*string_of(facts, "bounceType") != '\0') {
		g_autofree char *words = g_strdup_printf(
			"Amazon SES bounce: %s, %s", string_of(facts, "bounceType"), string_of(facts, "bounceSubType"));

		reply_fill(event, words, status);
	} else {
		reply_fill(event, string_of(facts, "smtpResponse"), status);
	}
	set_clean(&event->diagnostic, event->diagnostic);
}

/* The array holds objects with an emailAddress; of a delivery, strings. */
static void
add_recipient(Report *report, const NotificationKind *kind, JsonObject *facts, JsonNode *node)
{
	JsonObject *recipient = JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
	bool plain = JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING;
	g_autofree char *address =
		address_parse(plain ? json_node_get_string(node) : string_of(recipient, "emailAddress"));
	Event *event;

	if (address == NULL)
		return;
	event = report_add_event(report, kind->action);
	report_set(&event->recipient, address);
	fill_reply(event, facts, recipient);
}

static void
fill_original(Original *original, JsonObject *mail)
{
	JsonObject *common = object_of(mail, "commonHeaders");
	g_autofree char *id = message_id_parse(string_of(common, "messageId"));
	g_autofree char *sender = address_parse(string_of(mail, "source"));

	set_clean(&original->message_id, id);
	report_set(&original->envelope_sender, sender);
	report_set(&original->from, sender);
	set_clean(&original->subject, string_of(common, "subject"));
}

static Report *
read_notification(JsonObject *notification, const Limits *limits)
{
	const char *name = string_of(notification, "notificationType");
	const NotificationKind *kind = NULL;
	JsonObject *facts;
	JsonArray *recipients;
	Report *report;

	if (*name == '\0')
		name = string_of(notification, "eventType");
	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
		if (strcmp(kinds[i].name, name) == 0)
			kind = &kinds[i];
	facts = kind == NULL ? NULL : object_of(notification, kind->object);
	recipients = facts == NULL ? NULL : array_of(facts, kind->recipients);
	if (recipients == NULL)
		return NULL;
	report = report_new(kind->kind, "amazon-sns");
	for (guint i = 0; i < json_array_get_length(recipients) && report->events->len < limits->recipients; i++)
		add_recipient(report, kind, facts, json_array_get_element(recipients, i));
	if (report->events->len == 0) {
		report_free(report);
		return NULL;
	}
	set_clean(&report->feedback_type, string_of(facts, "complaintFeedbackType"));
	report->incidents = kind->kind == REPORT_COMPLAINT;
	fill_original(&report->original, object_of(notification, "mail"));
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
	outer = parse_object(part->text);
	if (outer == NULL)
		return NULL;
	inner = parse_object(string_of(json_node_get_object(outer), "Message"));
	return read_notification(json_node_get_object(inner == NULL ? outer : inner), limits);
}

const Reader sns_reader = { "amazon-sns", read_report };
