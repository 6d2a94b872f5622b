#include "report.h"

#include "names.h"

static const char *const kinds[] = {
	[REPORT_OTHER] = "other",
	[REPORT_BOUNCE] = "bounce",
	[REPORT_DELAY] = "delay",
	[REPORT_SUCCESS] = "success",
	[REPORT_COMPLAINT] = "complaint",
	[REPORT_OPTOUT] = "optout",
	[REPORT_AUTO_REPLY] = "auto_reply",
};

static const char *const actions[] = {
	[ACTION_FAILED] = "failed",
	[ACTION_DELAYED] = "delayed",
	[ACTION_DELIVERED] = "delivered",
	[ACTION_RELAYED] = "relayed",
	[ACTION_EXPANDED] = "expanded",
	[ACTION_COMPLAINED] = "complained",
	[ACTION_REPLIED] = "replied",
};

static const char *const stages[] = {
	[STAGE_UNKNOWN] = "unknown",
	[STAGE_CONNECT] = "connect",
	[STAGE_HELO] = "helo",
	[STAGE_MAIL] = "mail",
	[STAGE_RCPT] = "rcpt",
	[STAGE_DATA] = "data",
	[STAGE_END_OF_DATA] = "end_of_data",
};

static void
event_free(void *data)
{
	Event *event = data;

	g_free(event->recipient);
	g_free(event->mask);
	g_free(event->original_recipient);
	g_free(event->remote_mta);
	g_free(event->diagnostic);
	g_free(event);
}

Report *
report_new(ReportKind kind, const char *dialect)
{
	Report *report = g_new0(Report, 1);
	char **texts[] = { &report->reporting_mta, &report->feedback_type, &report->user_agent, &report->source_ip,
		&report->message_id, &report->subject, &report->from, &report->original.message_id,
		&report->original.envelope_id, &report->original.envelope_sender, &report->original.from,
		&report->original.to, &report->original.subject, &report->original.queue_id,
		&report->original.arrival_date, &report->original.feedback_id, &report->original.trace,
		&report->original.unsubscribe };

	report->kind = kind;
	report->dialect = dialect;
	report->events = g_ptr_array_new_with_free_func(event_free);
	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
		*texts[i] = g_strdup("");
	return report;
}

static void
original_clear(Original *original)
{
	g_free(original->message_id);
	g_free(original->envelope_id);
	g_free(original->envelope_sender);
	g_free(original->from);
	g_free(original->to);
	g_free(original->subject);
	g_free(original->queue_id);
	g_free(original->arrival_date);
	g_free(original->feedback_id);
	g_free(original->trace);
	g_free(original->unsubscribe);
}

void
report_free(Report *report)
{
	if (report == NULL)
		return;
	g_free(report->reporting_mta);
	g_free(report->feedback_type);
	g_free(report->user_agent);
	g_free(report->source_ip);
	g_free(report->message_id);
	g_free(report->subject);
	g_free(report->from);
	original_clear(&report->original);
	for (size_t i = 0; i < G_N_ELEMENTS(report->kept); i++)
		g_clear_pointer(&report->kept[i], g_byte_array_unref);
	g_ptr_array_unref(report->events);
	g_free(report);
}

Event *
report_add_event(Report *report, EventAction action)
{
	Event *event = g_new0(Event, 1);

	event->action = action;
	event->recipient = g_strdup("");
	event->mask = g_strdup("");
	event->original_recipient = g_strdup("");
	event->remote_mta = g_strdup("");
	event->diagnostic = g_strdup("");
	g_ptr_array_add(report->events, event);
	return event;
}

void
report_set(char **text, const char *value)
{
	char *copy = g_strdup(value == NULL ? "" : value);

	g_free(*text);
	*text = copy;
}

const char *
report_kind_name(ReportKind kind)
{
	g_assert(kind < G_N_ELEMENTS(kinds));
	return kinds[kind];
}

const char *
action_name(EventAction action)
{
	g_assert(action < G_N_ELEMENTS(actions));
	return actions[action];
}

bool
action_parse(const char *name, EventAction *ret_action)
{
	return names_find(actions, G_N_ELEMENTS(actions), name, ret_action);
}

const char *
stage_name(Stage stage)
{
	g_assert(stage < G_N_ELEMENTS(stages));
	return stages[stage];
}

bool
stage_parse(const char *name, Stage *ret_stage)
{
	return names_find(stages, G_N_ELEMENTS(stages), name, ret_stage);
}
