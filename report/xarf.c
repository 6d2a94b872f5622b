#include "address.h"
#include "complained.h"
#include "content_type.h"
#include "json_facts.h"
#include "original.h"
#include "reader.h"
#include "text.h"

#include <string.h>

/*
 * XARF, JSON abuse reports: version 4 (xarf_version, category, type) and version 3 of before (ReporterInfo,
 * Report). By mail they come as a part of a multipart/report that calls itself a feedback report, or of an ordinary mail. Whom
 * it is about is told by what they copy of the envelope, and by the mail that is enclosed as evidence.
 */

typedef struct TypeRow {
	const char *category, *type; /* of version 4, or of the ReportType of version 3, caseless; NULL: any */
	const char *feedback_type;
} TypeRow;

static const TypeRow types[] = {
	{ "messaging", NULL, "abuse" }, /* spam, bulk_messaging */
	{ "content", "phishing", "fraud" },
	{ "content", "fraud", "fraud" },
	{ "content", "malware", "virus" },
	{ "infrastructure", NULL, "other" },
	{ NULL, "spam", "abuse" },
	{ NULL, "phishing", "fraud" },
	{ NULL, "fraud", "fraud" },
	{ NULL, "malware", "virus" },
};

static const char *
feedback_type(const char *category, const char *type)
{
	for (size_t i = 0; i < G_N_ELEMENTS(types); i++)
		if ((types[i].category == NULL || g_ascii_strcasecmp(types[i].category, category) == 0)
			&& (types[i].type == NULL || g_ascii_strcasecmp(types[i].type, type) == 0))
			return types[i].feedback_type;
	return "other";
}

/* A mail that is enclosed, as "evidence" (4) or "Samples" (3). */
static void
read_sample(Report *report, const char *type, const char *payload, bool base64, const Limits *limits)
{
	g_autofree guchar *bytes = NULL;
	g_autofree char *text = NULL;
	g_autoptr(GPtrArray) headers = NULL;
	gsize size = strlen(payload);

	if (g_ascii_strncasecmp(type, "message/rfc822", 14) != 0
		&& g_ascii_strncasecmp(type, "text/rfc822-headers", 19) != 0)
		return;
	bytes = base64 ? g_base64_decode(payload, &size) : (guchar *)g_strdup(payload);
	text = text_clean((const char *)bytes, size, limits->text_bytes);
	headers = headers_parse(text, limits);
	complained_source_from_headers(report, headers);
	original_read_headers(&report->original, headers);
	if (report->events->len == 0 && headers->len > 0)
		complained_from_headers(report, headers);
	complained_mask(report, headers_get(headers, "To"));
}

/* After all samples. recipient: how the report copies it, which may be masked. */
static void
end_recipients(Report *report, const char *recipient)
{
	if (report->events->len == 0)
		report_add_event(report, ACTION_COMPLAINED);
	complained_mask(report, recipient);
}

/* Facts that both versions tell under different names. */
static void
read_facts(Report *report, JsonObject *reporter, const char *domain, JsonObject *facts, const char *from,
	const char *subject)
{
	g_autofree char *sender = address_parse(json_facts_text(facts, from));
	g_autofree char *reporting = g_ascii_strdown(json_facts_text(reporter, domain), -1);

	text_fill(&report->original.envelope_sender, sender);
	json_facts_set(&report->original.subject, json_facts_text(facts, subject));
	json_facts_set(&report->reporting_mta, reporting);
}

static Report *
read_version_4(JsonObject *root, const Limits *limits)
{
	const char *category = json_facts_text(root, "category");
	JsonArray *evidence = json_facts_array(root, "evidence");
	g_autofree char *id = message_id_parse(json_facts_text(root, "message_id"));
	Report *report = report_new(REPORT_COMPLAINT, "xarf");
	JsonObject *item;

	report_set(&report->feedback_type, feedback_type(*category == '\0' ? json_facts_text(root, "class") : category,
						   json_facts_text(root, "type")));
	complained_source(report, json_facts_text(root, "source_identifier"));
	complained_add(report, json_facts_text(root, "smtp_to"), limits->complaint_recipients);
	read_facts(report, json_facts_object(root, "reporter"), "domain", root, "smtp_from", "subject");
	json_facts_set(&report->original.message_id, id);
	for (guint i = 0; (item = json_facts_item(evidence, i)) != NULL; i++)
		read_sample(
			report, json_facts_text(item, "content_type"), json_facts_text(item, "payload"), true, limits);
	end_recipients(report, json_facts_text(root, "smtp_to"));
	return report;
}

static Report *
read_version_3(JsonObject *root, const Limits *limits)
{
	JsonObject *facts = json_facts_object(root, "Report"), *item;
	JsonArray *samples = json_facts_array(facts, "Samples");
	Report *report;

	if (facts == NULL)
		return NULL;
	report = report_new(REPORT_COMPLAINT, "xarf");
	report_set(&report->feedback_type, feedback_type("", json_facts_text(facts, "ReportType")));
	complained_source(report, json_facts_text(facts, "SourceIp"));
	complained_source(report, json_facts_text(json_facts_object(facts, "Source"), "IP"));
	complained_add(report, json_facts_text(facts, "SmtpRcptToAddress"), limits->complaint_recipients);
	read_facts(report, json_facts_object(root, "ReporterInfo"), "ReporterOrgDomain", facts, "SmtpMailFromAddress",
		"SmtpMessageSubject");
	for (guint i = 0; (item = json_facts_item(samples, i)) != NULL; i++)
		read_sample(report, json_facts_text(item, "ContentType"), json_facts_text(item, "Payload"),
			json_object_get_boolean_member_with_default(item, "Base64Encoded", FALSE), limits);
	end_recipients(report, json_facts_text(facts, "SmtpRcptToAddress"));
	return report;
}

static Report *
read_json(const char *text, const Limits *limits)
{
	g_autoptr(JsonNode) node = json_facts_parse(text);
	JsonObject *root = node == NULL ? NULL : json_node_get_object(node);

	if (*json_facts_text(root, "xarf_version") == '4')
		return read_version_4(root, limits);
	if (*json_facts_text(root, "Version") == '3' && json_facts_object(root, "ReporterInfo") != NULL)
		return read_version_3(root, limits);
	return NULL;
}

/* Of feedback reports every part is looked at, of other mail only what says that it is JSON: people quote reports. */
static Report *
read_report(const Message *message, const Inbound *inbound, const Limits *limits)
{
	bool feedback = strcmp(message->report_type, "feedback-report") == 0;
	Report *report = NULL;

	(void)inbound;
	for (guint i = 0; i < message->parts->len && report == NULL; i++) {
		const Part *part = g_ptr_array_index(message->parts, i);

		if (!part->original && (feedback || content_type_is_json(part->type)))
			report = read_json(part->text, limits);
	}
	if (report == NULL)
		return NULL;
	report->incidents = 1;
	return report;
}

const Reader xarf_reader = { "xarf", read_report };
