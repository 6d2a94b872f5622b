#include "classifier.h"

#include "address.h"
#include "codes.h"
#include "rules_check.h"

#include <string.h>

struct Classifier {
	Matcher *matcher;
	const Providers *providers; /* borrowed */
};

static bool
load_folders(RuleSet *set, char *const *folders, GError **error)
{
	for (unsigned i = 0; folders != NULL && folders[i] != NULL; i++)
		if (!rule_set_load_folder(set, folders[i], i, error))
			return false;
	return true;
}

Classifier *
classifier_load(const ClassifierSettings *settings, const Providers *providers, GError **error)
{
	g_autoptr(RuleSet) set = rule_set_new(providers);
	g_autoptr(Matcher) matcher = NULL;
	Classifier *classifier;

	if (!load_folders(set, settings->rule_dirs, error))
		return NULL;
	matcher = matcher_new(g_steal_pointer(&set), settings->cache_dir, error);
	if (matcher == NULL || !rules_check(matcher, error))
		return NULL;
	classifier = g_new0(Classifier, 1);
	classifier->matcher = g_steal_pointer(&matcher);
	classifier->providers = providers;
	return classifier;
}

void
classifier_free(Classifier *classifier)
{
	if (classifier == NULL)
		return;
	matcher_free(classifier->matcher);
	g_free(classifier);
}

static const Verdict undetermined = { CATEGORY_UNDETERMINED, CONFIDENCE_LOW, "code.none", "", "" };

static bool
says(Category category, CodeVerdict code)
{
	return code.category == category;
}

/* Code and text agree: high; text alone: medium; a provider's own words are proof by themselves. */
static Confidence
confidence_of(const Rule *rule, const Subject *subject)
{
	bool agrees = says(rule->category, codes_judge_status(subject->status));

	if (rule->weak)
		return agrees ? CONFIDENCE_MEDIUM : CONFIDENCE_LOW;
	if (!rule_has_text(rule))
		return rule->providers->len > 0 ? CONFIDENCE_MEDIUM : CONFIDENCE_LOW;
	return agrees || rule->providers->len > 0 ? CONFIDENCE_HIGH : CONFIDENCE_MEDIUM;
}

/* A refusal "for now" proves nothing about a mailbox, whatever the words; 4.0.0 is no such statement, but the lack of one. */
static bool
is_temporary(const Subject *subject)
{
	if (subject->action == ACTION_DELAYED)
		return true;
	if (subject->reply_code != 0)
		return subject->reply_code / 100 == 4;
	return subject->status.class == 4 && subject->status.subject != 0;
}

static Category
soften(Category category, const Subject *subject)
{
	if (category_disposition(category) != DISPOSITION_PERMANENT || !is_temporary(subject))
		return category;
	if (category == CATEGORY_DOMAIN_NOT_FOUND)
		return CATEGORY_DNS_FAILURE;
	if (category == CATEGORY_DOMAIN_NO_MAIL)
		return CATEGORY_CONNECTION_FAILED;
	return subject->action == ACTION_DELAYED ? CATEGORY_GREYLISTED : CATEGORY_DELIVERY_EXPIRED;
}

static void
judge_subject(
	const Classifier *classifier, Subject *subject, const char *text, GPtrArray *matched, Verdict *ret_verdict)
{
	const Rule *rule = matcher_judge(classifier->matcher, subject, text, matched);
	CodeVerdict code = codes_judge_status(subject->status);
	Verdict verdict = undetermined;

	if (rule != NULL && rule->weak && code.category != CATEGORY_UNDETERMINED && code.category != rule->category)
		rule = NULL;
	if (rule != NULL) {
		verdict.category = rule->category;
		verdict.confidence = confidence_of(rule, subject);
		verdict.rule = rule->id;
		verdict.contact = rule->contact != NULL ? rule->contact : "";
		verdict.list = rule->list != NULL ? rule->list : "";
	} else {
		code = codes_judge(subject->status, subject->reply_code, subject->stage);
		verdict.category = code.category;
		verdict.rule = code.rule;
	}
	verdict.category = soften(verdict.category, subject);
	*ret_verdict = verdict;
}

typedef struct FeedbackRow {
	const char *type;
	Category category;
	const char *rule;
} FeedbackRow;

/*
 * RFC 5965, 6430, 6591 and the types of the old drafts. "other" and what nobody registered is not a recipient who objects:
 * it is kept and shown, no more. A programme's report that names no type at all is about spam, for that is what they are for.
 */
static const FeedbackRow feedback_types[] = {
	{ "abuse", CATEGORY_COMPLAINT_SPAM, "feedback.abuse" },
	{ "fraud", CATEGORY_COMPLAINT_SPAM, "feedback.fraud" },
	{ "virus", CATEGORY_COMPLAINT_SPAM, "feedback.virus" },
	{ "miscategorized", CATEGORY_COMPLAINT_SPAM, "feedback.miscategorized" },
	{ "", CATEGORY_COMPLAINT_SPAM, "feedback" },
	{ "opt-out", CATEGORY_COMPLAINT_OPTOUT, "feedback.opt-out" },
	{ "opt-out-list", CATEGORY_COMPLAINT_OPTOUT, "feedback.opt-out-list" },
	{ "not-spam", CATEGORY_NOT_SPAM, "feedback.not-spam" },
	{ "auth-failure", CATEGORY_AUTH_FAILURE_REPORT, "feedback.auth-failure" },
};

static Verdict
judge_complaint(const Report *report)
{
	Verdict verdict = { CATEGORY_UNDETERMINED, CONFIDENCE_LOW, "feedback.other", "", "" };

	if (report->kind == REPORT_OPTOUT)
		return (Verdict){ CATEGORY_COMPLAINT_OPTOUT, CONFIDENCE_HIGH, "report.opt-out", "", "" };
	for (size_t i = 0; i < G_N_ELEMENTS(feedback_types); i++)
		if (g_ascii_strcasecmp(report->feedback_type, feedback_types[i].type) == 0)
			return (Verdict){ feedback_types[i].category, CONFIDENCE_HIGH, feedback_types[i].rule, "", "" };
	return verdict;
}

/* Remote-MTA is who said it; the recipient's domain is next; the host that wrote the report may be theirs as well. */
static void
add_providers(const Providers *providers, const Report *report, const Event *event, Subject *subject)
{
	const char *addresses[] = { event->recipient, event->original_recipient };
	const char *hosts[] = { event->remote_mta, report->reporting_mta };

	subject_add_provider(subject, providers_by_mx(providers, hosts[0]));
	for (size_t i = 0; i < G_N_ELEMENTS(addresses); i++) {
		g_autofree char *domain = domain_normalise(address_domain(addresses[i]));

		if (domain != NULL)
			subject_add_provider(subject, providers_by_domain(providers, domain));
	}
	subject_add_provider(subject, providers_by_mx(providers, hosts[1]));
}

static Verdict
judge_failure(const Classifier *classifier, const Report *report, const Event *event)
{
	Subject subject = {
		.action = event->action, .stage = event->stage, .status = event->status, .reply_code = event->reply_code
	};
	Verdict verdict;

	if (report->kind == REPORT_DELAY)
		subject.action = ACTION_DELAYED;
	add_providers(classifier->providers, report, event, &subject);
	judge_subject(classifier, &subject, event->diagnostic, NULL, &verdict);
	return verdict;
}

void
classifier_judge(const Classifier *classifier, const Report *report, const Event *event, Verdict *ret_verdict)
{
	switch (event->action) {
	case ACTION_FAILED:
	case ACTION_DELAYED:
		*ret_verdict = judge_failure(classifier, report, event);
		break;
	case ACTION_DELIVERED:
	case ACTION_RELAYED:
	case ACTION_EXPANDED:
		*ret_verdict = (Verdict){ CATEGORY_DELIVERED, CONFIDENCE_HIGH, "action.delivered", "", "" };
		break;
	case ACTION_COMPLAINED:
		*ret_verdict = judge_complaint(report);
		break;
	case ACTION_REPLIED:
		*ret_verdict = (Verdict){ CATEGORY_AUTO_REPLY, CONFIDENCE_HIGH, "action.replied", "", "" };
		break;
	}
}

const char *
classifier_hash(const Classifier *classifier)
{
	return g_checksum_get_string(matcher_rules(classifier->matcher)->checksum);
}

size_t
classifier_rule_count(const Classifier *classifier)
{
	return matcher_rules(classifier->matcher)->rules->len;
}

void
classifier_explain(
	const Classifier *classifier, const char *text, const char *provider, GArray *candidates, Verdict *ret_verdict)
{
	g_autoptr(GPtrArray) matched = g_ptr_array_new();
	Subject subject;

	subject_from_text(&subject, text);
	if (provider != NULL)
		subject_add_provider(&subject, providers_find(classifier->providers, provider));
	judge_subject(classifier, &subject, text, matched, ret_verdict);
	for (unsigned i = 0; i < matched->len; i++) {
		const Rule *rule = g_ptr_array_index(matched, i);
		Candidate candidate = { .rule = rule->id,
			.file = rule->file,
			.line = rule->line,
			.category = rule->category,
			.conditions = rule->conditions };

		g_array_append_val(candidates, candidate);
	}
}
