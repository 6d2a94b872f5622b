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

		if (*recipient == '\0')
			recipient = event->mask;
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

static void
add_report(GString *out, const Mail *mail, const Report *report)
{
	g_autofree char *file = g_utf8_make_valid(mail->file, -1);

	json_line_text(out, "file", file);
	if (mail->number != 0)
		json_line_number(out, "message", mail->number);
	json_line_text(out, "kind", report_kind_name(report->kind));
	json_line_text(out, "dialect", report->dialect);
	json_line_text(out, "feedback_type", report->feedback_type);
}

JsonObject *
verdict_report_json(const Mail *mail, const Report *report)
{
	g_autoptr(GString) line = g_string_new(NULL);

	add_report(line, mail, report);
	json_line_end(line);
	return json_line_object(line);
}

static void
add_event(GString *out, const Finding *finding)
{
	const Event *event = finding->event;
	const Verdict *verdict = &finding->verdict;
	char status[STATUS_TEXT_SIZE];

	status_format(event->status, status);
	json_line_text(out, "recipient", *event->mask != '\0' ? event->mask : event->recipient);
	if (*event->mask != '\0')
		json_line_truth(out, "redacted", true);
	json_line_text(out, "original_recipient", event->original_recipient);
	json_line_text(out, "provider", finding->provider);
	json_line_text(out, "action", action_name(event->action));
	json_line_text(out, "status", status);
	json_line_number(out, "reply_code", event->reply_code);
	json_line_text(out, "category", category_name(verdict->category));
	json_line_text(out, "disposition", disposition_name(category_disposition(verdict->category)));
	json_line_truth(out, "hard", verdict_is_hard(finding));
	json_line_text(out, "confidence", confidence_name(verdict->confidence));
	json_line_text(out, "rule", verdict->rule);
	json_line_text(out, "diagnostic", event->diagnostic);
}

JsonObject *
verdict_json(const Finding *finding)
{
	g_autoptr(GString) line = g_string_new(NULL);

	add_event(line, finding);
	json_line_end(line);
	return json_line_object(line);
}

static void
add_no_event(GString *out)
{
	static const char *const names[] = { "recipient", "original_recipient", "provider", "action", "status",
		"category", "disposition", "confidence", "rule", "diagnostic" };

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		json_line_text(out, names[i], "");
	json_line_number(out, "reply_code", 0);
	json_line_truth(out, "hard", false);
}

void
verdict_lines_json(GString *out, const Mail *mail, const Judged *judged)
{
	for (size_t i = 0; i < judged->finding_count; i++) {
		add_report(out, mail, judged->report);
		add_event(out, &judged->findings[i]);
		json_line_end(out);
	}
	if (judged->finding_count == 0) {
		add_report(out, mail, judged->report);
		add_no_event(out);
		json_line_end(out);
	}
}
