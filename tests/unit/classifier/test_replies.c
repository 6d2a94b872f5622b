#include "classifier.h"
#include "providers_load.h"

#include <string.h>

/* Replies of the field, from replies.tsv beside this file: what the shipped rules make of each. */

enum {
	COLUMN_DOMAIN,
	COLUMN_STAGE,
	COLUMN_CATEGORY,
	COLUMN_TEXT,
	COLUMNS
};

static Verdict
judge(const Classifier *classifier, char *const *columns)
{
	g_autoptr(Report) report = report_new(REPORT_BOUNCE, "test");
	Event *event = report_add_event(report, ACTION_FAILED);
	g_autofree char *address = g_strconcat("a@", columns[COLUMN_DOMAIN], NULL);
	bool known = strcmp(columns[COLUMN_DOMAIN], "-") != 0;
	Verdict verdict;

	report_set(&event->recipient, known ? address : "a@example.com");
	report_set(&event->remote_mta, known ? columns[COLUMN_DOMAIN] : "");
	report_set(&event->diagnostic, columns[COLUMN_TEXT]);
	status_find(event->diagnostic, &event->status);
	event->reply_code = reply_code_find(event->diagnostic);
	g_assert_true(stage_parse(columns[COLUMN_STAGE], &event->stage));
	classifier_judge(classifier, report, event, &verdict);
	return verdict;
}

static Classifier *
load(const Providers *providers)
{
	g_autofree char *rules = g_build_filename(g_getenv("RETOUR_CONFIG"), "rules", NULL);
	char *folders[] = { rules, NULL };
	ClassifierSettings settings = { .rule_dirs = folders };
	g_autoptr(GError) error = NULL;
	Classifier *classifier = classifier_load(&settings, providers, &error);

	g_assert_no_error(error);
	return classifier;
}

static bool
check_line(const Classifier *classifier, const char *line, unsigned number)
{
	g_auto(GStrv) columns = g_strsplit(line, "\t", COLUMNS);
	Category expected;
	Verdict verdict;

	if (g_strv_length(columns) != COLUMNS || !category_parse(columns[COLUMN_CATEGORY], &expected))
		g_error("replies.tsv:%u: domain, stage, category and text are expected", number);
	verdict = judge(classifier, columns);
	if (verdict.category != expected)
		g_test_message("replies.tsv:%u: %s by %s, not %s: %s", number, category_name(verdict.category),
			verdict.rule, category_name(expected), columns[COLUMN_TEXT]);
	return verdict.category == expected;
}

static void
check_replies(void)
{
	g_autofree char *path = g_build_filename(g_getenv("RETOUR_CONFIG"), "providers.yaml", NULL);
	g_autoptr(Providers) providers = providers_load(path, NULL);
	g_autoptr(Classifier) classifier = load(providers);
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;
	unsigned right = 0, all = 0;

	g_assert_true(g_file_get_contents(g_getenv("RETOUR_REPLIES"), &text, NULL, NULL));
	lines = g_strsplit(text, "\n", -1);
	for (unsigned i = 0; lines[i] != NULL; i++) {
		if (*lines[i] == '\0' || *lines[i] == '#')
			continue;
		all++;
		right += check_line(classifier, lines[i], i + 1);
	}
	g_test_message("%u of %u right", right, all);
	g_assert_cmpuint(all, >=, 150);
	g_assert_cmpuint(right, ==, all);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/replies", check_replies);
	return g_test_run();
}
