#include "intake.h"

#include "event_key.h"
#include "log.h"

#include <pthread.h>
#include <string.h>

#define NEWS_SECONDS 86400

struct Intake {
	Store *store;
	Meter *meter;
	Limits limits;
	void (*published)(void *context);
	void *context;
	pthread_mutex_t lock; /* book */
	Rulebook *book;
};

/* The beginning of the hash, as METRIC_RULE_SET has it. */
static uint64_t
rule_set_number(const Rulebook *book)
{
	g_autofree char *begin = g_strndup(classifier_hash(book->classifier), 16);

	return g_ascii_strtoull(begin, NULL, 16);
}

Intake *
intake_new(Store *store, Rulebook *book, const Limits *limits, Meter *meter, void (*published)(void *context),
	void *context)
{
	Intake *intake = g_new0(Intake, 1);

	intake->store = store;
	intake->meter = meter;
	meter_set(meter, METRIC_RULE_SET, rule_set_number(book));
	intake->book = rulebook_ref(book);
	intake->limits = *limits;
	intake->published = published;
	intake->context = context;
	pthread_mutex_init(&intake->lock, NULL);
	return intake;
}

void
intake_free(Intake *intake)
{
	if (intake == NULL)
		return;
	pthread_mutex_destroy(&intake->lock);
	rulebook_unref(intake->book);
	g_free(intake);
}

void
intake_set_rulebook(Intake *intake, Rulebook *book)
{
	Rulebook *fresh = rulebook_ref(book);

	pthread_mutex_lock(&intake->lock);
	Rulebook *old = intake->book;

	intake->book = fresh;
	meter_set(intake->meter, METRIC_RULE_SET, rule_set_number(book));
	pthread_mutex_unlock(&intake->lock);
	rulebook_unref(old); /* outside the lock: freeing a large set takes a while */
}

Rulebook *
intake_rulebook(Intake *intake)
{
	pthread_mutex_lock(&intake->lock);
	Rulebook *book = rulebook_ref(intake->book);

	pthread_mutex_unlock(&intake->lock);
	return book;
}

static Plan
plan(const void *policy, const Case *subject)
{
	return policy_plan(policy, subject);
}

static Outcome
outcome_of(const GError *error)
{
	if (g_error_matches(error, RETOUR_ERROR, ERROR_INPUT))
		return OUTCOME_UNREADABLE;
	return OUTCOME_RETRY; /* a schema that is too old as well: the mail waits until it was migrated */
}

static const char *
programme_name(const Judged *judged)
{
	if (judged->report->kind != REPORT_COMPLAINT)
		return "";
	return judged->programme == NULL ? PROGRAMME_OTHER : judged->programme->name;
}

static Outcome
record(Intake *intake, const Inbound *inbound, const Judged *judged, Recorded *recorded, GError **error)
{
	Submission submission = {
		.inbound = inbound,
		.report = judged->report,
		.findings = judged->findings,
		.finding_count = judged->finding_count,
		.sender_domain = judged->sender_domain,
		.programme = programme_name(judged),
		.rule_set = classifier_hash(judged->book->classifier),
		.policy = judged->book->policy,
		.key = event_key,
		.plan = plan,
		.decide = policy_decide,
	};
	g_autoptr(GError) problem = NULL;

	if (store_record(intake->store, &submission, recorded, &problem))
		return OUTCOME_RECORDED;
	Outcome outcome = outcome_of(problem);

	g_propagate_error(error, g_steal_pointer(&problem));
	return outcome;
}

static void
append_complaint(GString *line, const Judged *judged)
{
	g_autofree char *type = log_value(judged->report->feedback_type);

	if (judged->report->kind == REPORT_COMPLAINT)
		g_string_append_printf(line, " feedback=%s programme=%s", type, programme_name(judged));
}

/* Somebody uses our systems for that, or an account of ours was taken over: a person should know, while it is news. */
static bool
is_alarm(const Inbound *inbound, const Judged *judged, const Recorded *recorded)
{
	const char *type = judged->report->feedback_type;

	return inbound->received_at > g_get_real_time() / G_USEC_PER_SEC - NEWS_SECONDS
	       && (strcmp(type, "fraud") == 0 || strcmp(type, "virus") == 0) && recorded->new_events > 0
	       && recorded->evidence != EVIDENCE_UNVERIFIED;
}

static void
log_outcome(
	const Inbound *inbound, const IntakeResult *result, const Judged *judged, int64_t started, const GError *error)
{
	g_autofree char *id = log_value(inbound->id);
	g_autofree char *reason = error == NULL ? NULL : log_value(error->message);
	g_autoptr(GString) line = g_string_sized_new(256);

	g_string_printf(line, "source=%s id=%s outcome=%s report=%s dialect=%s events=%u", inbound->source, id,
		outcome_name(result->outcome), report_kind_name(result->kind), result->dialect,
		(unsigned)judged->finding_count);
	append_complaint(line, judged);
	if (result->recorded.held > 0)
		g_string_append_printf(line, " held=%u%s", result->recorded.held,
			result->recorded.hold_began ? " alarm=provider-outage" : "");
	if (result->recorded.unkept_events > 0)
		g_string_append_printf(line, " not_kept=%u", result->recorded.unkept_events);
	if (result->outcome == OUTCOME_RECORDED)
		g_string_append_printf(line, " new=%u duplicate=%u improved=%u listed=%u released=%u evidence=%s",
			result->recorded.new_events, result->recorded.duplicate_events,
			result->recorded.improved_events, result->recorded.listed, result->recorded.released,
			evidence_name(result->recorded.evidence));
	g_string_append_printf(line, " ms=%" G_GINT64_FORMAT, (g_get_monotonic_time() - started) / 1000);
	if (reason != NULL)
		g_warning("%s error=%s", line->str, reason);
	else if (is_alarm(inbound, judged, &result->recorded) || result->recorded.hold_began)
		g_warning("%s", line->str);
	else
		g_info("%s", line->str);
}

static void
count(Meter *meter, const IntakeResult *result, int64_t microseconds)
{
	const Recorded *recorded = &result->recorded;

	meter_count_as_both(meter, METRIC_MESSAGES, result->outcome, result->kind);
	meter_time(meter, METRIC_MESSAGE_SECONDS, microseconds);
	meter_add(meter, METRIC_EVENT_COPIES, COPY_DUPLICATE, recorded->duplicate_events);
	meter_add(meter, METRIC_EVENT_COPIES, COPY_IMPROVED, recorded->improved_events);
	meter_add(meter, METRIC_EVENT_COPIES, COPY_NOT_KEPT, recorded->unkept_events);
	meter_add(meter, METRIC_ENTRIES, ENTRY_LISTED, recorded->listed);
	meter_add(meter, METRIC_ENTRIES, ENTRY_RELEASED, recorded->released);
	meter_add(meter, METRIC_ENTRIES, ENTRY_HELD, recorded->held);
	meter_add(meter, METRIC_OUTAGES, 0, recorded->hold_began);
}

Outcome
intake_deliver(Intake *intake, const Inbound *inbound, IntakeResult *result)
{
	int64_t started = g_get_monotonic_time();
	g_autoptr(Rulebook) book = intake_rulebook(intake);
	g_autoptr(Judged) judged = judge(book, inbound, &intake->limits);
	g_autoptr(GError) error = NULL;
	IntakeResult done = {
		.outcome = judged->report->garbled ? OUTCOME_UNREADABLE : OUTCOME_NOT_A_REPORT,
		.kind = judged->report->kind,
		.dialect = judged->report->dialect,
	};

	if (done.kind != REPORT_OTHER && judged->finding_count > 0) {
		judged_name(judged);
		done.outcome = record(intake, inbound, judged, &done.recorded, &error);
	}
	if (done.recorded.listed + done.recorded.released > 0 && intake->published != NULL)
		intake->published(intake->context);
	count(intake->meter, &done, g_get_monotonic_time() - started);
	log_outcome(inbound, &done, judged, started, error);
	if (result != NULL)
		*result = done;
	return done.outcome;
}
