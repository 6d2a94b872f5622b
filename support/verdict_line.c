#include "verdict_line.h"

#include "json_line.h"

const Column verdict_columns[] = {
	{ "FILE", 12, 32, true },
	{ "RECIPIENT", 16, 36, false },
	{ "CATEGORY", 12, 24, false },
	{ "DISPOSITION", 9, 13, false },
	{ "RULE", 8, 32, false },
	{ "DIAGNOSTIC", 13, 80, false },
	{ 0 },
};

bool
verdict_is_hard(const Finding *finding)
{
	return finding->event->action == ACTION_FAILED && category_is_final(finding->verdict.category);
}

static char *
mail_name(const Mail *mail)
{
	return mail->number == 0 ? g_strdup(mail->file) : g_strdup_printf("%s:%u", mail->file, mail->number);
}

void
verdict_lines_text(GString *out, const Cells *cells, const Mail *mail, const Judged *judged, bool all)
{
	g_autofree char *name = mail_name(mail);

	for (size_t i = 0; i < judged->finding_count; i++) {
		const Finding *finding = &judged->findings[i];
		const Event *event = finding->event;
		const char *recipient = *event->recipient != '\0' ? event->recipient : event->original_recipient;

		cells_row(cells, out,
			(const char *const[]){ name, *recipient == '\0' ? "-" : recipient,
				category_name(finding->verdict.category),
				disposition_name(category_disposition(finding->verdict.category)),
				finding->verdict.rule, event->diagnostic });
	}
	if (judged->finding_count == 0 && (all || judged->report->kind != REPORT_OTHER))
		cells_row(cells, out,
			(const char *const[]){
				name, "-", report_kind_name(judged->report->kind), "-", "-", judged->report->subject });
}

JsonObject *
verdict_report_json(const Mail *mail, const Report *report)
{
	JsonObject *object = json_object_new();

	json_object_set_string_member(object, "file", mail->file);
	if (mail->number != 0)
		json_object_set_int_member(object, "message", mail->number);
	json_object_set_string_member(object, "kind", report_kind_name(report->kind));
	json_object_set_string_member(object, "dialect", report->dialect);
	json_object_set_string_member(object, "feedback_type", report->feedback_type);
	return object;
}

static void
add_event(JsonObject *object, const Finding *finding)
{
	const Event *event = finding->event;
	const Verdict *verdict = &finding->verdict;
	char status[STATUS_TEXT_SIZE];

	status_format(event->status, status);
	json_object_set_string_member(object, "recipient", event->recipient);
	json_object_set_string_member(object, "original_recipient", event->original_recipient);
	json_object_set_string_member(object, "provider", finding->provider);
	json_object_set_string_member(object, "action", action_name(event->action));
	json_object_set_string_member(object, "status", status);
	json_object_set_int_member(object, "reply_code", event->reply_code);
	json_object_set_string_member(object, "category", category_name(verdict->category));
	json_object_set_string_member(object, "disposition", disposition_name(category_disposition(verdict->category)));
	json_object_set_boolean_member(object, "hard", verdict_is_hard(finding));
	json_object_set_string_member(object, "confidence", confidence_name(verdict->confidence));
	json_object_set_string_member(object, "rule", verdict->rule);
	json_object_set_string_member(object, "diagnostic", event->diagnostic);
}

JsonObject *
verdict_json(const Finding *finding)
{
	JsonObject *object = json_object_new();

	add_event(object, finding);
	return object;
}

static void
add_no_event(JsonObject *object)
{
	static const char *const names[] = { "recipient", "original_recipient", "provider", "action", "status",
		"category", "disposition", "confidence", "rule", "diagnostic" };

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		json_object_set_string_member(object, names[i], "");
	json_object_set_int_member(object, "reply_code", 0);
	json_object_set_boolean_member(object, "hard", FALSE);
}

void
verdict_lines_json(GString *out, const Mail *mail, const Judged *judged)
{
	for (size_t i = 0; i < judged->finding_count; i++) {
		JsonObject *object = verdict_report_json(mail, judged->report);

		add_event(object, &judged->findings[i]);
		json_line_append(out, object);
	}
	if (judged->finding_count == 0) {
		JsonObject *object = verdict_report_json(mail, judged->report);

		add_no_event(object);
		json_line_append(out, object);
	}
}
