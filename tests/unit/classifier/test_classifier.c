#include "classifier.h"
#include "providers_load.h"

#include <string.h>

/* With the shipped files: what an event means. NULL feedback type: no complaint. */
static const struct Case {
	EventAction action;
	ReportKind kind;
	const char *feedback_type;
	const char *recipient, *remote_mta;
	Stage stage;
	const char *text;
	Category category;
	Confidence confidence;
} cases[] = {
	{ ACTION_FAILED, REPORT_BOUNCE, "", "a@example.com", "", STAGE_RCPT, "550 5.1.1 <a@example.com>: User unknown",
		CATEGORY_USER_UNKNOWN, CONFIDENCE_HIGH },
	{ ACTION_FAILED, REPORT_BOUNCE, "", "a@example.com", "", STAGE_RCPT, "550 No such user here",
		CATEGORY_USER_UNKNOWN, CONFIDENCE_MEDIUM },
	{ ACTION_FAILED, REPORT_BOUNCE, "", "a@example.com", "", STAGE_UNKNOWN, "550 5.1.1", CATEGORY_USER_UNKNOWN,
		CONFIDENCE_LOW },
	{ ACTION_FAILED, REPORT_BOUNCE, "", "a@example.com", "", STAGE_UNKNOWN,
		"550 Requested action not taken: mailbox unavailable", CATEGORY_USER_UNKNOWN, CONFIDENCE_LOW },
	{ ACTION_FAILED, REPORT_BOUNCE, "", "a@example.com", "", STAGE_UNKNOWN,
		"550 5.2.2 Requested action not taken: mailbox unavailable", CATEGORY_MAILBOX_FULL, CONFIDENCE_LOW },
	/* text beats code, both ways */
	{ ACTION_FAILED, REPORT_BOUNCE, "", "a@example.com", "", STAGE_RCPT, "550 5.1.1 Message rate limit exceeded",
		CATEGORY_RATE_LIMITED, CONFIDENCE_MEDIUM },
	{ ACTION_FAILED, REPORT_BOUNCE, "", "a@example.com", "", STAGE_RCPT, "550 5.7.1 User unknown",
		CATEGORY_USER_UNKNOWN, CONFIDENCE_MEDIUM },
	{ ACTION_FAILED, REPORT_BOUNCE, "", "a@gmail.com", "", STAGE_RCPT,
		"550 5.2.1 The user you are trying to contact is receiving mail at a rate that is too high",
		CATEGORY_RECIPIENT_RATE_LIMITED, CONFIDENCE_HIGH },
	{ ACTION_FAILED, REPORT_BOUNCE, "", "a@yahoo.com", "", STAGE_RCPT,
		"552 1 Requested mail action aborted, mailbox not found", CATEGORY_USER_UNKNOWN, CONFIDENCE_HIGH },
	/* the provider by MX, by domain, by a host in the text */
	{ ACTION_FAILED, REPORT_BOUNCE, "", "a@example.com", "example-com.mail.protection.outlook.com", STAGE_RCPT,
		"550 5.4.1 Recipient address rejected: Access denied.", CATEGORY_USER_UNKNOWN, CONFIDENCE_HIGH },
	{ ACTION_FAILED, REPORT_BOUNCE, "", "a@example.com", "", STAGE_RCPT,
		"550 5.4.1 Recipient address rejected: Access denied. [DB1.eop-eur01.prod.protection.outlook.com]",
		CATEGORY_USER_UNKNOWN, CONFIDENCE_HIGH },
	/* a refusal for now is nobody's fault */
	{ ACTION_DELAYED, REPORT_DELAY, "", "a@example.com", "", STAGE_RCPT, "550 5.1.1 User unknown",
		CATEGORY_GREYLISTED, CONFIDENCE_HIGH },
	{ ACTION_FAILED, REPORT_DELAY, "", "a@example.com", "", STAGE_RCPT, "550 5.1.1 User unknown",
		CATEGORY_GREYLISTED, CONFIDENCE_HIGH },
	{ ACTION_FAILED, REPORT_BOUNCE, "", "a@example.com", "", STAGE_RCPT, "450 4.1.1 User unknown",
		CATEGORY_DELIVERY_EXPIRED, CONFIDENCE_MEDIUM },
	{ ACTION_DELAYED, REPORT_DELAY, "", "a@example.com", "", STAGE_UNKNOWN, "Domain not found",
		CATEGORY_DNS_FAILURE, CONFIDENCE_MEDIUM },
	{ ACTION_FAILED, REPORT_BOUNCE, "", "a@example.com", "", STAGE_UNKNOWN, "", CATEGORY_UNDETERMINED,
		CONFIDENCE_LOW },
	/* what needs no words */
	{ ACTION_DELIVERED, REPORT_SUCCESS, "", "a@example.com", "", STAGE_UNKNOWN, "250 user unknown",
		CATEGORY_DELIVERED, CONFIDENCE_HIGH },
	{ ACTION_RELAYED, REPORT_SUCCESS, "", "a@example.com", "", STAGE_UNKNOWN, "", CATEGORY_DELIVERED,
		CONFIDENCE_HIGH },
	{ ACTION_REPLIED, REPORT_AUTO_REPLY, "", "a@example.com", "", STAGE_UNKNOWN, "user unknown",
		CATEGORY_AUTO_REPLY, CONFIDENCE_HIGH },
	{ ACTION_COMPLAINED, REPORT_COMPLAINT, "abuse", "a@example.com", "", STAGE_UNKNOWN, "", CATEGORY_COMPLAINT_SPAM,
		CONFIDENCE_HIGH },
	{ ACTION_COMPLAINED, REPORT_COMPLAINT, "Fraud", "a@example.com", "", STAGE_UNKNOWN, "", CATEGORY_COMPLAINT_SPAM,
		CONFIDENCE_HIGH },
	{ ACTION_COMPLAINED, REPORT_COMPLAINT, "", "a@example.com", "", STAGE_UNKNOWN, "", CATEGORY_COMPLAINT_SPAM,
		CONFIDENCE_HIGH },
	{ ACTION_COMPLAINED, REPORT_COMPLAINT, "opt-out", "a@example.com", "", STAGE_UNKNOWN, "",
		CATEGORY_COMPLAINT_OPTOUT, CONFIDENCE_HIGH },
	{ ACTION_COMPLAINED, REPORT_OPTOUT, "", "a@example.com", "", STAGE_UNKNOWN, "", CATEGORY_COMPLAINT_OPTOUT,
		CONFIDENCE_HIGH },
	{ ACTION_COMPLAINED, REPORT_COMPLAINT, "not-spam", "a@example.com", "", STAGE_UNKNOWN, "", CATEGORY_NOT_SPAM,
		CONFIDENCE_HIGH },
	{ ACTION_COMPLAINED, REPORT_COMPLAINT, "auth-failure", "a@example.com", "", STAGE_UNKNOWN, "",
		CATEGORY_AUTH_FAILURE_REPORT, CONFIDENCE_HIGH },
	{ ACTION_COMPLAINED, REPORT_COMPLAINT, "other", "a@example.com", "", STAGE_UNKNOWN, "", CATEGORY_UNDETERMINED,
		CONFIDENCE_LOW },
};

typedef struct Fixture {
	Providers *providers;
	Classifier *classifier;
} Fixture;

static void
set_up(Fixture *fixture, const void *data)
{
	g_autofree char *path = g_build_filename(g_getenv("RETOUR_CONFIG"), "providers.yaml", NULL);
	g_autofree char *rules = g_build_filename(g_getenv("RETOUR_CONFIG"), "rules", NULL);
	char *folders[] = { rules, NULL };
	ClassifierSettings settings = { .rule_dirs = folders };
	g_autoptr(GError) error = NULL;

	(void)data;
	fixture->providers = providers_load(path, &error);
	g_assert_no_error(error);
	fixture->classifier = classifier_load(&settings, fixture->providers, &error);
	g_assert_no_error(error);
}

static void
tear_down(Fixture *fixture, const void *data)
{
	(void)data;
	classifier_free(fixture->classifier);
	providers_free(fixture->providers);
}

static Verdict
judge(const Classifier *classifier, const struct Case *row)
{
	g_autoptr(Report) report = report_new(row->kind, "test");
	Event *event = report_add_event(report, row->action);
	Verdict verdict;

	report_set(&report->feedback_type, row->feedback_type);
	report_set(&event->recipient, row->recipient);
	report_set(&event->remote_mta, row->remote_mta);
	report_set(&event->diagnostic, row->text);
	status_find(row->text, &event->status);
	event->reply_code = reply_code_find(row->text);
	event->stage = row->stage;
	classifier_judge(classifier, report, event, &verdict);
	return verdict;
}

static void
check_cases(Fixture *fixture, const void *data)
{
	(void)data;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		Verdict verdict = judge(fixture->classifier, &cases[i]);

		if (verdict.category != cases[i].category || verdict.confidence != cases[i].confidence)
			g_error("row %zu '%s': %s %s by %s", i, cases[i].text, category_name(verdict.category),
				confidence_name(verdict.confidence), verdict.rule);
	}
}

static void
check_attributes(Fixture *fixture, const void *data)
{
	g_autoptr(GArray) candidates = g_array_new(FALSE, FALSE, sizeof(Candidate));
	Verdict verdict;

	(void)data;
	classifier_explain(fixture->classifier, "554 5.7.1 Client host [192.0.2.7] blocked using zen.spamhaus.org",
		NULL, candidates, &verdict);
	g_assert_cmpstr(verdict.list, ==, "spamhaus");
	g_assert_cmpstr(verdict.contact, ==, "spamhaus");
	g_assert_cmpint(verdict.category, ==, CATEGORY_BLOCKLISTED);
	g_assert_cmpuint(candidates->len, >=, 2);
	g_assert_cmpstr(g_array_index(candidates, Candidate, 0).rule, ==, verdict.rule);
	g_assert_cmpuint(g_array_index(candidates, Candidate, 0).line, >, 0);
	g_assert_nonnull(strstr(g_array_index(candidates, Candidate, 0).file, ".yaml"));
}

static void
check_missing_folder(void)
{
	char *folders[] = { (char[]){ "/nonexistent/rules" }, NULL };
	ClassifierSettings settings = { .rule_dirs = folders };
	g_autoptr(Providers) providers = providers_new();
	g_autoptr(GError) error = NULL;

	g_assert_null(classifier_load(&settings, providers, &error));
	g_assert_error(error, RETOUR_ERROR, ERROR_CONFIG);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add("/classifier/cases", Fixture, NULL, set_up, check_cases, tear_down);
	g_test_add("/classifier/attributes", Fixture, NULL, set_up, check_attributes, tear_down);
	g_test_add_func("/classifier/missing-folder", check_missing_folder);
	return g_test_run();
}
