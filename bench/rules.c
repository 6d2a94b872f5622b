/*
 * rules [MAIL-DIRECTORY]: what a judgement costs with the shipped rules and 100 to 20,000 generated ones beside them, and how
 * long such a set takes to load with and without compiled patterns in the cache. The texts are the shipped rules' own examples.
 * With a directory of mails also what reading and judging a whole message costs. Sets take turns within a round, so
 * that all see the same machine.
 */
#include "data_dir.h"
#include "judge.h"
#include "mailfile.h"
#include "message.h"
#include "yaml_file.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <time.h>

#define ROUNDS 15
#define REPEATS 20

static const unsigned sizes[] = { 100, 1000, 5000, 20000 };

typedef struct Set {
	Rulebook *book;
	double cold_ms, warm_ms;
	double judge_us[ROUNDS], mail_us[ROUNDS];
} Set;

typedef struct Bench {
	GPtrArray *texts; /* char * */
	GPtrArray *mails; /* Mail * */
	Set sets[G_N_ELEMENTS(sizes)];
} Bench;

static double
cpu_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static double
wall_ms(void)
{
	return (double)g_get_monotonic_time() / 1e3;
}

static void
add_examples(GPtrArray *texts, const YamlNode *rules)
{
	for (size_t i = 0; i < yaml_count(rules); i++) {
		const YamlNode *examples = yaml_get(yaml_item(rules, i), "eg");

		for (size_t k = 0; examples != NULL && k < yaml_count(examples); k++)
			g_ptr_array_add(texts, g_strdup(yaml_scalar(yaml_item(examples, k))));
	}
}

static void
load_texts(Bench *bench, const char *folder)
{
	g_autoptr(GDir) entries = g_dir_open(folder, 0, NULL);
	const char *name;

	bench->texts = g_ptr_array_new_with_free_func(g_free);
	while (entries != NULL && (name = g_dir_read_name(entries)) != NULL) {
		g_autofree char *path = g_build_filename(folder, name, NULL);
		g_autoptr(YamlFile) file = yaml_file_load(path, NULL);
		const YamlNode *root = file == NULL ? NULL : yaml_file_root(file);

		if (root != NULL)
			add_examples(bench->texts, yaml_kind(root) == YAML_LIST ? root : yaml_get(root, "rules"));
	}
}

static void
load_mails(Bench *bench, const char *path)
{
	bench->mails = g_ptr_array_new();
	if (path == NULL)
		return;
	g_autoptr(MailFile) source = mailfile_new((const char *const[]){ path, NULL }, limits_default.message_bytes);
	Mail *mail = g_new0(Mail, 1);

	mail_init(mail);
	while (mailfile_next(source, mail, NULL) != MAIL_END) {
		g_ptr_array_add(bench->mails, mail);
		mail = g_new0(Mail, 1);
		mail_init(mail);
	}
	mail_clear(mail);
	g_free(mail);
}

/* Rules as people write them: common words around one of their own; one in fifty a regex. */
static char *
generate(unsigned count)
{
	static const char *const words[] = { "mailbox", "user", "unknown", "address", "rejected", "quota", "exceeded",
		"message", "policy", "blocked", "recipient", "domain", "server", "temporary", "account", "sender",
		"limit", "rate", "denied", "access" };
	g_autoptr(GRand) random = g_rand_new_with_seed(count);
	GString *text = g_string_new(NULL);

	for (unsigned i = 0; i < count; i++) {
		const char *first = words[g_rand_int(random) % G_N_ELEMENTS(words)];
		const char *second = words[g_rand_int(random) % G_N_ELEMENTS(words)];
		const char *condition = i % 50 == 0 ? "re" : "any";

		g_string_append_printf(text,
			"- id: generated.%u\n  when: { %s: [\"%s %s w%c%c%ux\"] }\n  category: policy_other\n"
			"  eg: [\"550 5.7.1 Sorry, %s %s w%c%c%ux\"]\n",
			i, condition, first, second, 'a' + (int)(i % 26), 'a' + (int)(i / 26 % 26), i, first, second,
			'a' + (int)(i % 26), 'a' + (int)(i / 26 % 26), i);
	}
	return g_string_free(text, FALSE);
}

static Rulebook *
load_book(RulebookSettings *settings, char *const *folders, const char *cache, double *ret_ms)
{
	g_autoptr(GError) error = NULL;
	RulebookSettings own = *settings;
	double start = wall_ms();
	Rulebook *book;

	own.classifier.rule_dirs = (char **)(uintptr_t)folders;
	own.classifier.cache_dir = (char *)(uintptr_t)cache;
	book = rulebook_load(&own, &error);
	if (book == NULL)
		g_error("%s", error->message);
	*ret_ms = wall_ms() - start;
	return book;
}

static void
load_set(Set *set, unsigned count, RulebookSettings *settings, const char *folder)
{
	g_autofree char *own = g_strdup_printf("%s/%u", folder, count), *cache = g_build_filename(own, "cache", NULL);
	g_autofree char *rules = g_build_filename(own, "generated.yaml", NULL), *text = generate(count);
	char *folders[] = { settings->classifier.rule_dirs[0], own, NULL };

	g_mkdir_with_parents(cache, 0700);
	if (!g_file_set_contents(rules, text, -1, NULL))
		g_error("cannot write %s", rules);
	rulebook_unref(load_book(settings, folders, cache, &set->cold_ms));
	set->book = load_book(settings, folders, cache, &set->warm_ms);
}

static double
judge_texts(const Bench *bench, const Set *set)
{
	g_autoptr(Report) report = report_new(REPORT_BOUNCE, "bench");
	double start;

	for (unsigned i = 0; i < bench->texts->len; i++) {
		Event *event = report_add_event(report, ACTION_FAILED);

		report_set(&event->recipient, "a@example.com");
		report_set(&event->diagnostic, g_ptr_array_index(bench->texts, i));
	}
	start = cpu_us();
	for (unsigned repeat = 0; repeat < REPEATS; repeat++)
		for (unsigned i = 0; i < report->events->len; i++) {
			Verdict verdict;

			classifier_judge(set->book->classifier, report, g_ptr_array_index(report->events, i), &verdict);
		}
	return (cpu_us() - start) / REPEATS / bench->texts->len;
}

static double
judge_mails(const Bench *bench, const Set *set)
{
	double start = cpu_us();

	for (unsigned i = 0; i < bench->mails->len; i++) {
		const Mail *mail = g_ptr_array_index(bench->mails, i);
		Inbound inbound = { .source = "bench",
			.id = "",
			.bytes = (const char *)mail->bytes->data,
			.size = mail->bytes->len,
			.client_address = "" };

		judged_free(judge(set->book, &inbound, &limits_default));
	}
	return bench->mails->len == 0 ? 0 : (cpu_us() - start) / bench->mails->len;
}

static int
compare_doubles(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return a < b ? -1 : a > b;
}

static double
median(double *values)
{
	qsort(values, ROUNDS, sizeof(double), compare_doubles);
	return values[ROUNDS / 2];
}

static void
print(Bench *bench)
{
	double base_judge = median(bench->sets[0].judge_us), base_mail = median(bench->sets[0].mail_us);

	printf("%u texts, %u mails; median of %d rounds\n", bench->texts->len, bench->mails->len, ROUNDS);
	printf("%8s %12s %12s %14s %7s %14s %7s\n", "rules", "load ms", "cached ms", "us/judgement", "ratio",
		"us/message", "ratio");
	for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
		Set *set = &bench->sets[i];
		double judge_us = median(set->judge_us), mail_us = median(set->mail_us);

		printf("%8zu %12.0f %12.0f %14.2f %7.2f %14.1f %7.2f\n", classifier_rule_count(set->book->classifier),
			set->cold_ms, set->warm_ms, judge_us, judge_us / base_judge, mail_us,
			base_mail > 0 ? mail_us / base_mail : 0);
	}
}

int
main(int argc, char **argv)
{
	Bench bench = { 0 };
	g_autoptr(GError) error = NULL;
	g_autofree char *shipped = data_dir(), *folder = g_dir_make_tmp("retour-bench-XXXXXX", NULL);
	RulebookSettings settings;

	message_init();
	if (folder == NULL || !rulebook_settings_read(NULL, NULL, shipped, &settings, &error))
		return 1;
	load_texts(&bench, settings.classifier.rule_dirs[0]);
	load_mails(&bench, argc > 1 ? argv[1] : NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++)
		load_set(&bench.sets[i], sizes[i], &settings, folder);
	for (unsigned round = 0; round < ROUNDS; round++)
		for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
			bench.sets[i].judge_us[round] = judge_texts(&bench, &bench.sets[i]);
			bench.sets[i].mail_us[round] = judge_mails(&bench, &bench.sets[i]);
		}
	print(&bench);
	printf("generated sets are in %s\n", folder);
	return 0;
}
