#include "batch_items.h"

#include "copy_rows.h"
#include "text.h"
#include "text_limits.h"

#include <string.h>

static const char *const copy_reports =
	"copy reports (id, received_at, source, source_id, kind, dialect, digest, message_id, sender, envelope_sender,"
	" client_address, reporting_mta, subject, original_message_id, original_sender, original_queue_id, envelope_id,"
	" feedback_type, user_agent, source_ip, rule_set, programme, feedback_id, incidents) from stdin (format "
	"binary)";
#define REPORT_FIELDS 24

static const char *const copy_events =
	"copy events (at, report, key, reply_code, recipient, failed_recipient, sender_domain, provider, action, "
	"category,"
	" confidence, evidence, proof, rule, list, status, stage, remote_mta, diagnostic) from stdin (format binary)";
#define EVENT_FIELDS 19

/* Items of one request stand together. */
void
batch_number_reports(Batch *batch)
{
	Writer *writer = batch->writer;
	const Request *last = NULL;

	for (unsigned i = 0; i < batch->count; i++) {
		Item *item = &batch->items[i];

		if (!item->fresh) {
			item->report = item->before.report;
			continue;
		}
		if (item->request != last) {
			writer->last_report++;
			writer->reports_left--;
			last = item->request;
		}
		item->report = writer->last_report;
	}
}

/* Several recipients are several incidents already. */
int64_t
submission_incidents(const Submission *submission)
{
	return submission->finding_count == 1 ? MAX(submission->report->incidents, 1) : 1;
}

/* What the source calls things: a mail server or a file system, neither of which must speak UTF-8. */
static void
add_foreign(CopyRows *rows, const char *text, size_t limit)
{
	g_autofree char *clean = text == NULL ? NULL : text_clean(text, strlen(text), limit);

	copy_rows_add_text(rows, clean, limit);
}

static void
add_report(CopyRows *rows, int64_t id, const Submission *submission)
{
	const Inbound *inbound = submission->inbound;
	const Report *report = submission->report;

	copy_rows_begin(rows);
	copy_rows_add_int8(rows, id);
	copy_rows_add_time(rows, inbound->received_at);
	copy_rows_add_text(rows, inbound->source, NAME_BYTES);
	add_foreign(rows, inbound->id, LINE_BYTES);
	copy_rows_add_text(rows, report_kind_name(report->kind), NAME_BYTES);
	copy_rows_add_text(rows, report->dialect, NAME_BYTES);
	copy_rows_add_text(rows, report->digest, NAME_BYTES);
	copy_rows_add_text(rows, report->message_id, LINE_BYTES);
	copy_rows_add_text(rows, report->from, ADDRESS_BYTES);
	add_foreign(rows, inbound->envelope_sender, ADDRESS_BYTES);
	add_foreign(rows, inbound->client_address, NAME_BYTES);
	copy_rows_add_text(rows, report->reporting_mta, NAME_BYTES);
	copy_rows_add_text(rows, report->subject, LINE_BYTES);
	copy_rows_add_text(rows, report->original.message_id, LINE_BYTES);
	copy_rows_add_text(rows, report->original.envelope_sender, ADDRESS_BYTES);
	copy_rows_add_text(rows, report->original.queue_id, NAME_BYTES);
	copy_rows_add_text(rows, report->original.envelope_id, NAME_BYTES);
	copy_rows_add_text(rows, report->feedback_type, NAME_BYTES);
	copy_rows_add_text(rows, report->user_agent, NAME_BYTES);
	copy_rows_add_text(rows, report->source_ip, NAME_BYTES);
	copy_rows_add_text(rows, submission->rule_set, NAME_BYTES);
	copy_rows_add_text(rows, submission->programme, NAME_BYTES);
	copy_rows_add_text(rows, report->original.feedback_id, LINE_BYTES);
	copy_rows_add_int8(rows, submission_incidents(submission));
}

bool
batch_copy_reports(Batch *batch, GError **error)
{
	g_autoptr(CopyRows) rows = copy_rows_new(REPORT_FIELDS);
	int64_t last = 0;

	for (unsigned i = 0; i < batch->count; i++) {
		const Item *item = &batch->items[i];

		if (!item->fresh || item->report == last)
			continue;
		add_report(rows, item->report, item->request->submission);
		last = item->report;
	}
	return copy_rows_count(rows) == 0
	       || database_copy(batch->writer->database, copy_reports, copy_rows_finish(rows), error);
}

static void
add_event(CopyRows *rows, const Item *item)
{
	const Event *event = item->finding->event;
	const Verdict *verdict = &item->finding->verdict;
	const char *failed = g_ascii_strcasecmp(event->recipient, item->address) == 0 ? "" : event->recipient;
	char status[STATUS_TEXT_SIZE];

	status_format(event->status, status);
	copy_rows_begin(rows);
	copy_rows_add_time(rows, item->at);
	copy_rows_add_int8(rows, item->report);
	copy_rows_add_uuid(rows, item->key);
	copy_rows_add_int2(rows, event->reply_code);
	copy_rows_add_text(rows, item->address, ADDRESS_BYTES);
	copy_rows_add_text(rows, failed, ADDRESS_BYTES);
	copy_rows_add_text(rows, item->sender_domain, NAME_BYTES);
	copy_rows_add_text(rows, item_provider(item), NAME_BYTES);
	copy_rows_add_text(rows, action_name(event->action), NAME_BYTES);
	copy_rows_add_text(rows, category_name(verdict->category), NAME_BYTES);
	copy_rows_add_text(rows, confidence_name(verdict->confidence), NAME_BYTES);
	copy_rows_add_text(rows, evidence_name(item->evidence), NAME_BYTES);
	copy_rows_add_text(rows, item->proof, LINE_BYTES);
	copy_rows_add_text(rows, verdict->rule, NAME_BYTES);
	copy_rows_add_text(rows, verdict->list, NAME_BYTES);
	copy_rows_add_text(rows, status, NAME_BYTES);
	copy_rows_add_text(rows, stage_name(event->stage), NAME_BYTES);
	copy_rows_add_text(rows, event->remote_mta, NAME_BYTES);
	copy_rows_add_text(rows, event->diagnostic, DIAGNOSTIC_BYTES);
}

bool
batch_copy_events(Batch *batch, GError **error)
{
	g_autoptr(CopyRows) rows = copy_rows_new(EVENT_FIELDS);

	for (unsigned i = 0; i < batch->count; i++)
		if (batch->items[i].fresh)
			add_event(rows, &batch->items[i]);
	return copy_rows_count(rows) == 0
	       || database_copy(batch->writer->database, copy_events, copy_rows_finish(rows), error);
}
