#include "command.h"

#include "json_line.h"
#include "mailfile.h"
#include "readers.h"
#include "rule_trace.h"
#include "verdict_line.h"

#include <string.h>
#include <sysexits.h>

static void
say_if(const char *name, const char *value)
{
	g_autoptr(GString) line = g_string_new(NULL);

	if (*value == '\0')
		return;
	cells_append(line, value, 0, false);
	app_say("%-17s %s\n", name, line->str);
}

/* Readers are asked in order: those before the one that knew the mail had nothing to say. */
static void
say_readers(const Report *report)
{
	g_autoptr(GString) asked = g_string_new(NULL);

	for (const char *const *name = report_reader_names(); *name != NULL; name++) {
		if (strcmp(*name, report->dialect) == 0)
			break;
		g_string_append_printf(asked, "%s%s", asked->len == 0 ? "" : ", ", *name);
	}
	app_say("%-17s %s", "read by", report->dialect);
	if (asked->len > 0)
		app_say(" (asked before: %s)", asked->str);
	app_say("\n");
}

static void
explain_report(const Mail *mail, const Judged *judged)
{
	const Report *report = judged->report;

	app_say("%s%s\n", mail->file, mail->truncated ? " (its beginning; the rest is beyond the limit)" : "");
	if (mail->number != 0)
		app_say("%-17s %u\n", "message", mail->number);
	app_say("%-17s %s\n", "kind", report_kind_name(report->kind));
	say_readers(report);
	say_if("subject", report->subject);
	say_if("from", report->from);
	say_if("reporting MTA", report->reporting_mta);
	say_if("feedback type", report->feedback_type);
	say_if("sender domain", judged->sender_domain);
	say_if("original id", report->original.message_id);
	say_if("original subject", report->original.subject);
}

static void
explain_event(const Finding *finding)
{
	const Event *event = finding->event;
	char status[STATUS_TEXT_SIZE];

	status_format(event->status, status);
	app_say("\n%-17s %s\n", "recipient", *event->recipient == '\0' ? "(not named)" : event->recipient);
	say_if("shown as", event->mask);
	if (strcmp(event->original_recipient, event->recipient) != 0)
		say_if("mailed address", event->original_recipient);
	say_if("provider", finding->provider);
	app_say("%-17s %s\n", "action", action_name(event->action));
	say_if("status", status);
	if (event->reply_code != 0)
		app_say("%-17s %u\n", "reply code", event->reply_code);
	if (event->stage != STAGE_UNKNOWN)
		say_if("stage", stage_name(event->stage));
	say_if("remote MTA", event->remote_mta);
	say_if("text judged", event->diagnostic);
	app_say("%-17s %s: %s\n", "category", category_name(finding->verdict.category),
		category_text(finding->verdict.category));
	app_say("%-17s %s%s\n", "disposition", disposition_name(category_disposition(finding->verdict.category)),
		verdict_is_hard(finding) ? ", a hard bounce" : "");
	app_say("%-17s %s\n", "confidence", confidence_name(finding->verdict.confidence));
	say_if("rule", finding->verdict.rule);
	app_say("%-17s %s%s%s\n", "evidence", evidence_name(finding->evidence), *finding->proof == '\0' ? "" : ": ",
		finding->proof);
}

static JsonArray *
events_json(const Judged *judged, const Classifier *classifier)
{
	JsonArray *events = json_array_new();

	for (size_t i = 0; i < judged->finding_count; i++) {
		const Finding *finding = &judged->findings[i];
		g_autoptr(RuleTrace) trace = rule_trace_new(classifier, finding->event->diagnostic, finding->provider);
		JsonObject *object = verdict_json(finding);

		json_object_set_string_member(object, "evidence", evidence_name(finding->evidence));
		json_object_set_string_member(object, "proof", finding->proof);
		json_object_set_string_member(object, "stage", stage_name(finding->event->stage));
		json_object_set_string_member(object, "remote_mta", finding->event->remote_mta);
		json_object_set_object_member(object, "text_alone", rule_trace_json(trace));
		json_array_add_object_element(events, object);
	}
	return events;
}

static void
print_json(const Mail *mail, const Judged *judged, const Classifier *classifier)
{
	JsonObject *object = verdict_report_json(mail, judged->report);

	json_object_set_string_member(object, "subject", judged->report->subject);
	json_object_set_string_member(object, "from", judged->report->from);
	json_object_set_string_member(object, "reporting_mta", judged->report->reporting_mta);
	json_object_set_string_member(object, "sender_domain", judged->sender_domain);
	json_object_set_string_member(object, "original_message_id", judged->report->original.message_id);
	json_object_set_string_member(object, "digest", judged->report->digest);
	json_object_set_boolean_member(object, "truncated", mail->truncated);
	json_object_set_array_member(object, "events", events_json(judged, classifier));
	json_line_print(object);
}

static void
print_text(const Mail *mail, const Judged *judged, const Classifier *classifier)
{
	explain_report(mail, judged);
	for (size_t i = 0; i < judged->finding_count; i++) {
		const Finding *finding = &judged->findings[i];
		g_autoptr(RuleTrace) trace = rule_trace_new(classifier, finding->event->diagnostic, finding->provider);

		explain_event(finding);
		rule_trace_print_candidates(trace);
	}
	if (judged->finding_count == 0)
		app_say("\nIt says nothing about any recipient.\n");
	app_say("\n");
}

static void
explain_mail(const App *app, Rulebook *book, const Mail *mail)
{
	Inbound inbound = { .source = "file",
		.id = mail->file,
		.bytes = (const char *)mail->bytes->data,
		.size = mail->bytes->len,
		.truncated = mail->truncated,
		.client_address = "" };
	g_autoptr(Judged) judged = judge(book, &inbound, &limits_default);

	judged_name(judged);
	if (app_json(app))
		print_json(mail, judged, book->classifier);
	else
		print_text(mail, judged, book->classifier);
}

static int
run(App *app, const Command *self, char **words)
{
	g_autoptr(GError) error = NULL;
	bool unreadable = false;
	MailStep step;
	Mail mail;

	if (!command_options(app, self, NULL, words))
		return EX_USAGE;
	Rulebook *book = app_rulebook(app, &error);
	if (book == NULL)
		return app_fail(error);
	g_autoptr(MailFile) source = mailfile_new((const char *const *)words + 1, limits_default.message_bytes);
	mail_init(&mail);
	while ((step = mailfile_next(source, &mail, &error)) != MAIL_END) {
		if (step == MAIL_READ) {
			explain_mail(app, book, &mail);
			continue;
		}
		app_fail(error);
		g_clear_error(&error);
		unreadable = true;
	}
	mail_clear(&mail);
	return app_finish(unreadable ? EX_IOERR : EX_OK);
}

const Command cmd_explain = {
	.name = "explain",
	.arguments = "FILE...",
	.summary = "Show how a mail became a verdict: what was read, which rules match, why one won",
	.run = run,
};
