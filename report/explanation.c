#include "explanation.h"

#include "address.h"
#include "failures.h"
#include "outcome.h"
#include "reply.h"

#include <string.h>

/* Empty, or an exit code. */
static bool
says_nothing(const char *diagnostic)
{
	for (const char *p = diagnostic; *p != '\0'; p++)
		if (g_ascii_isalpha(*p) || (unsigned char)*p >= 0x80)
			return false;
	return true;
}

static bool
wants_words(const Event *event)
{
	return event->action == ACTION_FAILED || event->action == ACTION_DELAYED;
}

static bool
lacks_words(const Event *event)
{
	return wants_words(event) && (says_nothing(event->diagnostic) || *event->recipient == '\0');
}

static bool
lacks_stage(const Event *event)
{
	return wants_words(event) && event->stage == STAGE_UNKNOWN;
}

static bool
any_event(const Report *report, bool (*is)(const Event *event))
{
	for (guint i = 0; i < report->events->len; i++)
		if (is(g_ptr_array_index(report->events, i)))
			return true;
	return false;
}

static const Failure *
by_address(const Failures *failures, const char *address)
{
	g_autofree char *key = address_key(address);

	return key == NULL ? NULL : g_hash_table_lookup(failures->by_key, key);
}

/* What is said of this recipient: by its address, or because there is but one. NULL: nothing. */
static const Failure *
find_failure(const Report *report, const Event *event, const Failures *failures)
{
	const Failure *failure = by_address(failures, event->recipient);

	if (failure == NULL)
		failure = by_address(failures, event->original_recipient);
	if (failure == NULL && report->events->len == 1 && failures->list->len == 1)
		failure = g_ptr_array_index(failures->list, 0);
	return failure;
}

/* What is said of nobody in particular is believed of an only recipient, where it quotes a reply. */
static const char *
choose_words(const Report *report, const Failure *failure, const Failures *failures)
{
	const char *own = failure == NULL ? "" : failure->text->str;

	if (report->events->len > 1 || outcome_has_reply(own) || !outcome_has_reply(failures->common->str))
		return own;
	return failures->common->str;
}

/*
 * "Your message to <user> was automatically rejected:" and the reason below: the words of the delivery agent that holds the
 * mailbox (Dovecot's, Sieve's). The notification around them may be made by a template that knows less. NULL: not said.
 */
static const char *
agent_reason(const char *words)
{
	const char *found = strstr(words, PROSE_AGENT_PHRASE);
	const char *reason = found == NULL ? "" : found + strlen(PROSE_AGENT_PHRASE);

	reason += strspn(reason, " \t\n");
	return *reason == '\0' ? NULL : reason;
}

static Stage
choose_stage(Stage told, const Failure *failure, const Failures *failures)
{
	if (told != STAGE_UNKNOWN)
		return told;
	return failure != NULL && failure->stage != STAGE_UNKNOWN ? failure->stage : failures->stage;
}

static void
complete(const Report *report, Event *event, const Failures *failures)
{
	const Failure *failure = find_failure(report, event, failures);
	const char *words = choose_words(report, failure, failures), *reason;
	g_autoptr(Report) scratch = report_new(report->kind, "explanation");
	Event *told = report_add_event(scratch, event->action);

	outcome_fill(told, words);
	reason = report->events->len == 1 && *words == '\0' ? agent_reason(failures->common->str) : agent_reason(words);
	if (reason != NULL)
		reply_fill(event, reason, event->status);
	else if (says_nothing(event->diagnostic) && *words != '\0')
		reply_fill(event, told->diagnostic, event->status);
	if (event->stage == STAGE_UNKNOWN)
		event->stage = choose_stage(told->stage, failure, failures);
	if (*event->recipient == '\0' && failure != NULL && failure->rank == FAILURE_NAMED)
		report_set(&event->recipient, failure->address);
}

void
explanation_apply(Report *report, const Message *message, const Inbound *inbound, const Limits *limits)
{
	g_autoptr(Prose) prose = NULL;
	g_autoptr(Failures) failures = NULL;

	if (!any_event(report, lacks_words) && !(any_event(report, lacks_stage) && prose_may_tell_more(message)))
		return;
	prose = prose_read(message, inbound, limits);
	failures = failures_read(message, prose, limits);
	for (guint i = 0; i < report->events->len; i++) {
		Event *event = g_ptr_array_index(report->events, i);

		if (lacks_words(event) || lacks_stage(event))
			complete(report, event, failures);
	}
}
