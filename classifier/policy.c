#include "policy.h"

#include "policy_load.h"

static bool
clause_holds(const Clause *clause, const Case *subject)
{
	return ((clause->categories >> subject->verdict.category) & 1) != 0 && subject->evidence <= clause->evidence
	       && subject->verdict.confidence >= clause->confidence;
}

static const Clause *
find_clause(const Policy *policy, const Case *subject)
{
	for (unsigned i = 0; i < policy->clauses->len; i++) {
		const Clause *clause = &g_array_index(policy->clauses, Clause, i);

		if (clause_holds(clause, subject))
			return clause;
	}
	return NULL;
}

static Plan
plan_of(const Clause *clause)
{
	return (Plan){
		.kind = clause->kind,
		.scope = clause->scope,
		.whole_domain = clause->whole_domain,
		.window_days = clause->window_days,
		.needed_days = clause->needed_days,
		.probe_seconds = clause->probe_seconds,
		.hold_percent = clause->hold_percent,
		.hold_events = clause->hold_events,
		.clause = clause,
	};
}

Plan
policy_plan(const Policy *policy, const Case *subject)
{
	static const Plan nothing = { .kind = PLAN_NOTHING };
	const Clause *clause;

	/* Whatever the file says: who proves nothing changes nothing, and what may still arrive is no failure. */
	if (subject->evidence == EVIDENCE_UNVERIFIED || !subject->has_recipient)
		return nothing;
	if (subject->action == ACTION_DELIVERED)
		return (Plan){ .kind = PLAN_RELEASE, .released = policy->released };
	if (subject->action != ACTION_FAILED && subject->action != ACTION_COMPLAINED)
		return nothing;
	clause = find_clause(policy, subject);
	if (clause == NULL || clause->kind == PLAN_NOTHING)
		return nothing;
	if (clause->scope == SCOPE_SENDER_DOMAIN && !subject->has_sender_domain)
		return nothing;
	return plan_of(clause);
}

/* The first listing lasts the first period, the next one the next. An entry that still holds keeps its place. */
static int64_t
expiry(const Clause *clause, const History *history, int64_t now)
{
	unsigned last = clause->period_count - 1;
	int64_t period = clause->periods[MIN(history->listings, last)];

	return period == NEVER_EXPIRES ? NEVER_EXPIRES : now + period;
}

Decision
policy_decide(const Plan *plan, const History *history, int64_t now)
{
	static const Decision leave = { .list = false };
	bool lists = plan->kind == PLAN_LIST || (plan->kind == PLAN_COUNT && history->strike_days >= plan->needed_days);

	if (!lists || (history->listed && history->manual))
		return leave;
	return (Decision){ .list = true, .expires_at = expiry(plan->clause, history, now) };
}

unsigned
policy_window_days(const Policy *policy)
{
	unsigned longest = 0;

	for (unsigned i = 0; i < policy->clauses->len; i++)
		longest = MAX(longest, g_array_index(policy->clauses, Clause, i).window_days);
	return longest;
}

void
policy_free(Policy *policy)
{
	if (policy == NULL)
		return;
	g_array_unref(policy->clauses);
	g_free(policy);
}
