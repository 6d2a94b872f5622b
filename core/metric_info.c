#include "metric_info.h"

#include "category.h"
#include "evidence.h"
#include "inbound.h"
#include "report.h"

#include <glib.h>

const unsigned metric_bounds[METRIC_BOUNDS] = { 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000, 1000000,
	2500000, 10000000 };

static const char *const put_offs[] = { "busy", "no-store", "no-list" };
static const char *const copies[] = { "duplicate", "improved", "not-kept" };
static const char *const changes[] = { "listed", "released", "held" };
static const char *const failures[] = { "conflict", "lost", "refused" };
static const char *const answers[] = { "open", "listed", "unknown" };
static const char *const answerers[] = { "filter", "redis", "postgresql", "stale-redis", "nobody" };
static const char *const actions[] = { "passed", "refused", "removed", "discarded", "marked", "would-refuse" };
static const char *const results[] = { "told", "failed", "given-up" };

#define VALUE_OF(table) \
	static const char *table##_value(unsigned index) \
	{ \
		return (table)[index]; \
	}

VALUE_OF(put_offs)
VALUE_OF(copies)
VALUE_OF(changes)
VALUE_OF(failures)
VALUE_OF(answers)
VALUE_OF(answerers)
VALUE_OF(actions)
VALUE_OF(results)

static const char *
outcome_value(unsigned index)
{
	return outcome_name((Outcome)index);
}

static const char *
kind_value(unsigned index)
{
	return report_kind_name((ReportKind)index);
}

static const char *
category_value(unsigned index)
{
	return category_name((Category)index);
}

static const char *
evidence_value(unsigned index)
{
	return evidence_name((Evidence)index);
}

#define LABEL(name, table) \
	{ \
		name, G_N_ELEMENTS(table), table##_value \
	}
#define OUTCOME \
	{ \
		"outcome", OUTCOME_UNREADABLE + 1, outcome_value \
	}

static const MetricInfo infos[] = {
	[METRIC_START_TIME] = { "retour_start_time_seconds", "When the service started, since the epoch", AREA_SERVICE,
		TYPE_GAUGE, { { 0 } } },
	[METRIC_RULE_SET] = { "retour_rule_set_info", "The rules in force: the beginning of their hash", AREA_INTAKE,
		TYPE_HASH, { { 0 } } },

	[METRIC_LISTENER_UP] = { "retour_listener_up", "1: the listener serves", AREA_LISTENER, TYPE_GAUGE, { { 0 } } },
	[METRIC_LISTENER_STARTS] = { "retour_listener_starts_total", "Processes started for the listener",
		AREA_LISTENER, TYPE_COUNTER, { { 0 } } },
	[METRIC_IN_WORK] = { "retour_messages_in_work", "Messages in work now", AREA_LISTENER, TYPE_GAUGE, { { 0 } } },
	[METRIC_PUT_OFF] = { "retour_put_off_total", "Replies 4xx, after which the MTA tries again", AREA_LISTENER,
		TYPE_COUNTER, { LABEL("reason", put_offs) } },

	[METRIC_MESSAGES] = { "retour_messages_total", "Messages that the intake has seen", AREA_INTAKE, TYPE_COUNTER,
		{ OUTCOME, { "report", REPORT_AUTO_REPLY + 1, kind_value } } },
	[METRIC_MESSAGE_SECONDS] = { "retour_message_seconds", "From a whole message to its outcome, commit included",
		AREA_INTAKE, TYPE_SECONDS, { { 0 } } },
	[METRIC_EVENTS] = { "retour_events_total", "Events recorded, as they were judged when they were new",
		AREA_INTAKE, TYPE_COUNTER,
		{ { "category", CATEGORY_COUNT, category_value },
			{ "evidence", EVIDENCE_UNVERIFIED + 1, evidence_value } } },
	[METRIC_EVENT_COPIES] = { "retour_event_copies_total", "Events that made no new row", AREA_INTAKE, TYPE_COUNTER,
		{ LABEL("kind", copies) } },
	[METRIC_ENTRIES] = { "retour_blacklist_changes_total", "Blacklist entries that reports made, ended or had held",
		AREA_INTAKE, TYPE_COUNTER, { LABEL("change", changes) } },
	[METRIC_OUTAGES] = { "retour_provider_outages_total", "Times that entries of a provider began to be held",
		AREA_INTAKE, TYPE_COUNTER, { { 0 } } },
	[METRIC_COMMIT_SECONDS] = { "retour_commit_seconds", "Transactions that record reports", AREA_INTAKE,
		TYPE_SECONDS, { { 0 } } },
	[METRIC_COMMIT_MESSAGES] = { "retour_commit_messages_total", "Messages in these transactions", AREA_INTAKE,
		TYPE_COUNTER, { { 0 } } },
	[METRIC_COMMIT_EVENTS] = { "retour_commit_events_total", "Events in these transactions, copies included",
		AREA_INTAKE, TYPE_COUNTER, { { 0 } } },
	[METRIC_COMMIT_FAILURES] = { "retour_commit_failures_total", "Transactions that failed", AREA_INTAKE,
		TYPE_COUNTER, { LABEL("reason", failures) } },
	[METRIC_QUEUE_EVENTS] = { "retour_commit_queue_events", "Events that wait for a transaction", AREA_INTAKE,
		TYPE_GAUGE, { { 0 } } },

	[METRIC_DATABASE_CONNECTS] = { "retour_database_connects_total", "Connections made to PostgreSQL",
		AREA_DATABASE, TYPE_COUNTER, { { 0 } } },
	[METRIC_DATABASE_FAILURES] = { "retour_database_connect_failures_total",
		"Tries to connect to PostgreSQL that failed", AREA_DATABASE, TYPE_COUNTER, { { 0 } } },

	[METRIC_QUESTIONS] = { "retour_questions_total", "Recipients asked about, by answer and who gave it", AREA_GATE,
		TYPE_COUNTER, { LABEL("answer", answers), LABEL("by", answerers) } },

	[METRIC_RECIPIENTS] = { "retour_outgoing_recipients_total", "Recipients of our own mail", AREA_OUTGOING,
		TYPE_COUNTER, { LABEL("action", actions) } },
	[METRIC_SENT_LEFT_OUT] = { "retour_sent_dropped_recipients_total",
		"Recipients of mail that left and could not be written down", AREA_OUTGOING, TYPE_COUNTER, { { 0 } } },

	[METRIC_REDIS_UP] = { "retour_redis_up", "1: Redis answered when it was last asked", AREA_MIRROR, TYPE_GAUGE,
		{ { 0 } } },
	[METRIC_REDIS_CONNECTS] = { "retour_redis_connects_total", "Connections made to Redis", AREA_MIRROR,
		TYPE_COUNTER, { { 0 } } },
	[METRIC_MIRROR_CURRENT] = { "retour_mirror_current",
		"1: the mirror in Redis was brought up to date at the last try", AREA_MIRROR, TYPE_GAUGE, { { 0 } } },
	[METRIC_MIRROR_TIME] = { "retour_mirror_current_timestamp_seconds",
		"When the mirror was last up to date, since the epoch", AREA_MIRROR, TYPE_GAUGE, { { 0 } } },
	[METRIC_MIRROR_REBUILDS] = { "retour_mirror_rebuilds_total", "Times that the mirror was made anew", AREA_MIRROR,
		TYPE_COUNTER, { { 0 } } },
	[METRIC_MIRROR_FAILURES] = { "retour_mirror_failures_total",
		"Times that the mirror could not be brought up to date", AREA_MIRROR, TYPE_COUNTER, { { 0 } } },

	[METRIC_MAILBOX_UP] = { "retour_mailbox_up", "1: the mailbox was read without an error at the last try",
		AREA_MAILBOX, TYPE_GAUGE, { { 0 } } },
	[METRIC_MAILBOX_MESSAGES] = { "retour_mailbox_messages_total", "Messages of the mailbox", AREA_MAILBOX,
		TYPE_COUNTER, { OUTCOME } },
	[METRIC_MAILBOX_TIME] = { "retour_mailbox_last_message_timestamp_seconds",
		"When a message was last dealt with, since the epoch; 0: none since the start", AREA_MAILBOX,
		TYPE_GAUGE, { { 0 } } },
	[METRIC_MAILBOX_SET_ASIDE] = { "retour_mailbox_set_aside_total", "Messages that were begun too often",
		AREA_MAILBOX, TYPE_COUNTER, { { 0 } } },
	[METRIC_MAILBOX_ERRORS] = { "retour_mailbox_errors_total", "Times that reading broke off with an error",
		AREA_MAILBOX, TYPE_COUNTER, { { 0 } } },

	[METRIC_WATCH_TIME] = { "retour_watch_last_round_timestamp_seconds",
		"When a round was last finished without an error, since the epoch", AREA_WATCH, TYPE_GAUGE, { { 0 } } },
	[METRIC_WATCH_FAILURES] = { "retour_watch_failed_rounds_total", "Rounds that ended with an error", AREA_WATCH,
		TYPE_COUNTER, { { 0 } } },
	[METRIC_ALERTS] = { "retour_alerts_total", "Tries to tell a change of standing", AREA_WATCH, TYPE_COUNTER,
		{ LABEL("result", results) } },
};

const MetricInfo *
metric_info(Metric metric)
{
	g_assert(metric < METRIC_COUNT);
	return &infos[metric];
}

size_t
metric_cells(Metric metric)
{
	const MetricInfo *info = metric_info(metric);
	size_t cells = 1;

	if (info->type == TYPE_SECONDS)
		return METRIC_BOUNDS + 2; /* what is longer, and the sum */
	for (unsigned i = 0; i < METRIC_LABELS && info->labels[i].name != NULL; i++)
		cells *= info->labels[i].count;
	return cells;
}
