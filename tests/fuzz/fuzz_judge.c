#include "classifier.h"
#include "data_dir.h"
#include "fuzz.h"
#include "normalise.h"
#include "providers_load.h"

#include <string.h>

/* Loaded once: what is fuzzed is the text, not the rules. */
static const Classifier *classifier;

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	g_autofree char *shipped = data_dir(), *rules = g_build_filename(shipped, "rules", NULL);
	g_autofree char *path = g_build_filename(shipped, "providers.yaml", NULL);
	char *folders[] = { rules, NULL };
	ClassifierSettings settings = { .rule_dirs = folders };
	g_autoptr(GError) error = NULL;
	Providers *providers = providers_load(path, &error);

	(void)argc;
	(void)argv;
	g_assert_no_error(error);
	classifier = classifier_load(&settings, providers, &error);
	g_assert_no_error(error);
	return 0;
}

static void
check_normal(const char *text)
{
	g_autofree char *normal = normalise(text, NULL, NULL, NULL);

	g_assert_true(g_utf8_validate(normal, -1, NULL));
	g_assert_null(strpbrk(normal, "\t\r\n"));
	g_assert_null(strstr(normal, "  "));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, MIN(size, 20000));
	g_autoptr(GArray) candidates = g_array_new(FALSE, FALSE, sizeof(Candidate));
	Verdict verdict, again;

	check_normal(text);
	classifier_explain(classifier, text, NULL, candidates, &verdict);
	g_assert_true(verdict.category < CATEGORY_COUNT && *verdict.rule != '\0');
	g_assert_true(verdict.confidence != CONFIDENCE_HIGH || candidates->len > 0);
	g_array_set_size(candidates, 0);
	classifier_explain(classifier, text, NULL, candidates, &again);
	g_assert_cmpstr(again.rule, ==, verdict.rule);
	return 0;
}
