#include "policy_load.h"

#include "settings.h"

#include <string.h>

#define HOUR_MILLISECONDS (INT64_C(60) * 60 * 1000)
#define DAY_MILLISECONDS (24 * HOUR_MILLISECONDS)
#define WINDOW_LIMIT 366

/*
 * A file is a list of clauses:
 *
 *   - category: [user_unknown, mailbox_moved]
 *     evidence: known_message      the least that counts
 *     confidence: medium           the least that counts
 *     action: list                 list (at once), count (list after strikes on so many days), nothing
 *     days: 2                      count only
 *     window: 30d                  count only
 *     scope: everybody             everybody, sender_domain
 *     target: address              address, domain
 *     periods: [30d, 180d, forever]
 *     on_delivery: release         release, keep
 *     probe: 1d                    target: domain only
 *     hold_share: 20               per cent of a provider's mail
 *     hold_events: 100             and at least so many
 */
typedef struct ClauseText {
	char **category, **periods;
	char *evidence, *confidence;
	int action, scope, target, on_delivery;
	int64_t days, window, probe, hold_share, hold_events;
} ClauseText;

static const char *const action_names[] = { "list", "count", "nothing", NULL };
static const PlanKind action_kinds[] = { PLAN_LIST, PLAN_COUNT, PLAN_NOTHING };
static const char *const scope_names[] = { "everybody", "sender_domain", NULL };
static const char *const target_names[] = { "address", "domain", NULL };
static const char *const delivery_names[] = { "keep", "release", NULL };

static const Setting clause_table[] = {
	{ .key = "category", .type = SETTING_TEXTS, .offset = offsetof(ClauseText, category), .required = true },
	{ .key = "evidence", .type = SETTING_TEXT, .offset = offsetof(ClauseText, evidence) },
	{ .key = "confidence", .type = SETTING_TEXT, .offset = offsetof(ClauseText, confidence), .fallback = "low" },
	{ .key = "action",
		.type = SETTING_CHOICE,
		.offset = offsetof(ClauseText, action),
		.required = true,
		.choices = action_names },
	{ .key = "days", .type = SETTING_NUMBER, .offset = offsetof(ClauseText, days), .low = 1, .high = WINDOW_LIMIT },
	{ .key = "window",
		.type = SETTING_DURATION,
		.offset = offsetof(ClauseText, window),
		.low = DAY_MILLISECONDS,
		.high = WINDOW_LIMIT * DAY_MILLISECONDS },
	{ .key = "scope", .type = SETTING_CHOICE, .offset = offsetof(ClauseText, scope), .choices = scope_names },
	{ .key = "target", .type = SETTING_CHOICE, .offset = offsetof(ClauseText, target), .choices = target_names },
	{ .key = "periods", .type = SETTING_TEXTS, .offset = offsetof(ClauseText, periods) },
	{ .key = "on_delivery",
		.type = SETTING_CHOICE,
		.offset = offsetof(ClauseText, on_delivery),
		.choices = delivery_names },
	{ .key = "probe",
		.type = SETTING_DURATION,
		.offset = offsetof(ClauseText, probe),
		.low = HOUR_MILLISECONDS,
		.high = WINDOW_LIMIT * DAY_MILLISECONDS },
	{ .key = "hold_share",
		.type = SETTING_NUMBER,
		.offset = offsetof(ClauseText, hold_share),
		.low = 1,
		.high = 100 },
	{ .key = "hold_events",
		.type = SETTING_NUMBER,
		.offset = offsetof(ClauseText, hold_events),
		.fallback = "100",
		.low = 1,
		.high = 1000000 },
	{ 0 },
};

static bool
read_categories(const ClauseText *text, const YamlNode *node, Clause *clause, GError **error)
{
	const YamlNode *place = yaml_get(node, "category");

	if (text->category[0] == NULL)
		return yaml_fail(place, error, "'category' is empty");
	for (unsigned i = 0; text->category[i] != NULL; i++) {
		Category category;

		if (!category_parse(text->category[i], &category))
			return yaml_fail(place, error, "unknown category '%s'", text->category[i]);
		clause->categories |= UINT64_C(1) << category;
	}
	return true;
}

static bool
read_grades(const ClauseText *text, const YamlNode *node, Clause *clause, GError **error)
{
	clause->evidence = EVIDENCE_UNVERIFIED;
	if (*text->evidence != '\0' && !evidence_parse(text->evidence, &clause->evidence))
		return yaml_fail(yaml_get(node, "evidence"), error, "unknown evidence '%s'", text->evidence);
	if (!confidence_parse(text->confidence, &clause->confidence))
		return yaml_fail(yaml_get(node, "confidence"), error, "unknown confidence '%s'", text->confidence);
	return true;
}

static bool
read_periods(const ClauseText *text, const YamlNode *node, Clause *clause, GError **error)
{
	const YamlNode *place = yaml_get(node, "periods");

	for (unsigned i = 0; text->periods[i] != NULL; i++) {
		int64_t milliseconds;

		if (i == CLAUSE_PERIODS)
			return yaml_fail(place, error, "more than %d periods", CLAUSE_PERIODS);
		if (i > 0 && clause->periods[i - 1] == NEVER_EXPIRES)
			return yaml_fail(place, error, "nothing comes after 'forever'");
		if (strcmp(text->periods[i], "forever") == 0)
			clause->periods[i] = NEVER_EXPIRES;
		else if (!duration_parse(text->periods[i], &milliseconds) || milliseconds < 1000)
			return yaml_fail(
				place, error, "'%s' is neither a time such as 30d nor 'forever'", text->periods[i]);
		else
			clause->periods[i] = milliseconds / 1000;
		clause->period_count++;
	}
	return true;
}

static bool
refuse_keys(const YamlNode *node, const char *const *keys, const char *why, GError **error)
{
	for (; *keys != NULL; keys++)
		if (yaml_get(node, *keys) != NULL)
			return yaml_fail(yaml_get(node, *keys), error, "'%s' %s", *keys, why);
	return true;
}

static bool
require_keys(const YamlNode *node, const char *const *keys, const char *action, GError **error)
{
	for (; *keys != NULL; keys++)
		if (yaml_get(node, *keys) == NULL)
			return yaml_fail(node, error, "action '%s' needs '%s'", action, *keys);
	return true;
}

static bool
check_keys(const YamlNode *node, PlanKind kind, GError **error)
{
	static const char *const acting[] = { "evidence", "scope", "periods", NULL };
	static const char *const counting[] = { "days", "window", NULL };
	static const char *const all[] = { "days", "window", "scope", "target", "periods", "on_delivery", "probe",
		"hold_share", "hold_events", NULL };

	if (kind == PLAN_NOTHING)
		return refuse_keys(node, all, "makes no sense with action 'nothing'", error);
	if (kind == PLAN_COUNT)
		return require_keys(node, acting, "count", error) && require_keys(node, counting, "count", error);
	return require_keys(node, acting, "list", error) && refuse_keys(node, counting, "is for action 'count'", error);
}

static bool
check_category(const Clause *clause, Category category, const YamlNode *node, GError **error)
{
	Disposition disposition = category_disposition(category);

	if (disposition == DISPOSITION_INFORMATIONAL)
		return yaml_fail(node, error, "'%s' is no reason to list anybody", category_name(category));
	if (disposition == DISPOSITION_POLICY && clause->scope == SCOPE_EVERYBODY)
		return yaml_fail(node, error,
			"'%s' is not the recipient's fault: scope 'sender_domain' is the most it allows",
			category_name(category));
	if (disposition == DISPOSITION_COMPLAINT && clause->released)
		return yaml_fail(yaml_get(node, "on_delivery"), error,
			"who complains has got the mail: a delivery is no reason to end '%s'", category_name(category));
	return true;
}

/* What no configuration may ask for. */
static bool
check_safety(const Clause *clause, const YamlNode *node, GError **error)
{
	if (clause->kind == PLAN_NOTHING)
		return true;
	if (clause->evidence == EVIDENCE_UNVERIFIED)
		return yaml_fail(yaml_get(node, "evidence"), error,
			"an unverified report may not list anybody: anyone can send one");
	if (clause->period_count == 0)
		return yaml_fail(yaml_get(node, "periods"), error, "'periods' is empty");
	if (clause->needed_days > clause->window_days)
		return yaml_fail(yaml_get(node, "window"), error, "%u days with a strike do not fit in %u days",
			clause->needed_days, clause->window_days);
	if (clause->probe_seconds > 0 && !clause->whole_domain)
		return yaml_fail(yaml_get(node, "probe"), error, "'probe' is for target 'domain'");
	if (clause->hold_percent == 0 && yaml_get(node, "hold_events") != NULL)
		return yaml_fail(yaml_get(node, "hold_events"), error, "'hold_events' goes with 'hold_share'");
	for (Category category = 0; category < CATEGORY_COUNT; category++)
		if (((clause->categories >> category) & 1) != 0 && !check_category(clause, category, node, error))
			return false;
	return true;
}

static bool
fill_clause(const ClauseText *text, const YamlNode *node, Clause *clause, GError **error)
{
	clause->kind = action_kinds[text->action];
	clause->scope = text->scope == 0 ? SCOPE_EVERYBODY : SCOPE_SENDER_DOMAIN;
	clause->whole_domain = text->target == 1;
	clause->needed_days = (unsigned)text->days;
	clause->window_days = (unsigned)(text->window / DAY_MILLISECONDS);
	clause->probe_seconds = text->probe / 1000;
	clause->hold_percent = (unsigned)text->hold_share;
	clause->hold_events = (unsigned)text->hold_events;
	clause->released = text->on_delivery == 1;
	if (text->window % DAY_MILLISECONDS != 0)
		return yaml_fail(yaml_get(node, "window"), error, "'window' must be whole days");
	return check_keys(node, clause->kind, error) && read_categories(text, node, clause, error)
	       && read_grades(text, node, clause, error) && read_periods(text, node, clause, error)
	       && check_safety(clause, node, error);
}

/* Categories for which an earlier clause takes all that this one would. */
static bool
check_reachable(const Policy *policy, const Clause *clause, const YamlNode *node, GError **error)
{
	uint64_t left = clause->categories;

	for (unsigned i = 0; i < policy->clauses->len; i++) {
		const Clause *earlier = &g_array_index(policy->clauses, Clause, i);

		if (earlier->evidence >= clause->evidence && earlier->confidence <= clause->confidence)
			left &= ~earlier->categories;
	}
	return left != 0 || yaml_fail(node, error, "this clause is never reached: earlier ones take all its cases");
}

/* The entry does not say which clause made it, only its category; so all clauses of a category treat it alike. */
static bool
note_released(Policy *policy, const Clause *clause, const YamlNode *node, GError **error)
{
	for (unsigned i = 0; i < policy->clauses->len; i++) {
		const Clause *earlier = &g_array_index(policy->clauses, Clause, i);

		if (earlier->kind != PLAN_NOTHING && clause->kind != PLAN_NOTHING
			&& earlier->released != clause->released && (earlier->categories & clause->categories) != 0)
			return yaml_fail(node, error,
				"'on_delivery' differs from that of an earlier clause for the same category");
	}
	if (clause->released)
		policy->released |= clause->categories;
	return true;
}

static bool
add_clause(Policy *policy, const YamlNode *node, GError **error)
{
	ClauseText text = { 0 };
	Clause clause = { 0 };
	bool ok = settings_read(clause_table, node, &text, error) && fill_clause(&text, node, &clause, error)
		  && check_reachable(policy, &clause, node, error) && note_released(policy, &clause, node, error);

	if (ok)
		g_array_append_val(policy->clauses, clause);
	settings_clear(clause_table, &text);
	return ok;
}

static Policy *
read_policy(const YamlFile *file, GError **error)
{
	const YamlNode *root = yaml_file_root(file);
	g_autoptr(Policy) policy = g_new0(Policy, 1);

	policy->clauses = g_array_new(FALSE, FALSE, sizeof(Clause));
	if (yaml_kind(root) != YAML_LIST && yaml_count(root) > 0) {
		yaml_fail(root, error, "a list of clauses is expected here");
		return NULL;
	}
	for (size_t i = 0; i < yaml_count(root); i++)
		if (!add_clause(policy, yaml_item(root, i), error))
			return NULL;
	return g_steal_pointer(&policy);
}

Policy *
policy_parse(const char *name, const char *text, size_t size, GError **error)
{
	g_autoptr(YamlFile) file = yaml_file_parse(name, text, size, error);

	return file == NULL ? NULL : read_policy(file, error);
}

Policy *
policy_load(const char *path, GError **error)
{
	g_autoptr(YamlFile) file = yaml_file_load(path, error);

	return file == NULL ? NULL : read_policy(file, error);
}
