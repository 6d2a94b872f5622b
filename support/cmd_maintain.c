#include "command.h"

#include "json_line.h"
#include "probes.h"
#include "progress.h"
#include "reputation.h"
#include "resolver.h"
#include "retention.h"
#include "subaddress_rules.h"

#include <sysexits.h>

#define PROBED_AT_ONCE 500

/*
 * What has to be done once in a while. Each chore can be interrupted at any moment and goes on with the next run; one that
 * fails does not keep the others from their turn.
 */
typedef struct Work {
	App *app;
	Blacklist *blacklist;
	RetentionSettings retention;
	ResolverSettings dns;
} Work;

typedef struct Chore {
	const char *name;
	/* *ret_said: what was done, in words, owned; NULL: nothing. */
	bool (*run)(Work *work, JsonObject *told, char **ret_said, GError **error);
} Chore;

static bool
make_partitions(Work *work, JsonObject *told, char **ret_said, GError **error)
{
	(void)told;
	*ret_said = NULL;
	return retention_prepare(work->blacklist, error);
}

static void
show(void *context, uint64_t rows)
{
	progress_show(context, rows);
}

static char *
retention_text(const RetentionRule *rule, const RetentionDone *done)
{
	g_autoptr(GString) text = g_string_new(NULL);

	if (done->partitions > 0)
		g_string_append_printf(
			text, "%s: %" G_GUINT64_FORMAT " partitions dropped\n", rule->table, done->partitions);
	if (done->rows > 0)
		g_string_append_printf(text, "%s: %" G_GUINT64_FORMAT " rows deleted\n", rule->table, done->rows);
	return g_string_free(g_steal_pointer(&text), FALSE);
}

static bool
keep_no_longer(Work *work, JsonObject *told, char **ret_said, GError **error)
{
	g_autoptr(GString) said = g_string_new(NULL);

	for (RetentionTable table = 0; table < RETENTION_COUNT; table++) {
		const RetentionRule *rule = &retention_rules[table];
		RetentionDone done;
		Progress progress;

		progress_begin(&progress, rule->table);
		bool ok = retention_run(work->blacklist, table, &work->retention, show, &progress, &done, error);
		progress_clear(&progress);
		if (!ok)
			return false;
		g_autofree char *text = retention_text(rule, &done);
		g_string_append(said, text);
		if (rule->partitioned) {
			g_autofree char *name = g_strconcat(rule->table, "_partitions", NULL);

			json_object_set_int_member(told, name, (gint64)done.partitions);
		}
		if (rule->swept)
			json_object_set_int_member(told, rule->table, (gint64)done.rows);
	}
	*ret_said = g_string_free(g_steal_pointer(&said), FALSE);
	return true;
}

/* An hour a step: what is done is done, whatever interrupts the next one. */
static bool
roll_up(Work *work, JsonObject *told, char **ret_said, GError **error)
{
	bool moved = true;
	int hours = 0;

	while (moved) {
		if (!counters_roll_up(work->blacklist, &moved, error))
			return false;
		hours += moved;
	}
	json_object_set_int_member(told, "hours", hours);
	*ret_said = hours == 0 ? NULL : g_strdup_printf("counters: %d hours rolled up into days\n", hours);
	return true;
}

static bool
release_found(Work *work, const char *domain, const MailDomain *answer, unsigned *released, GError **error)
{
	g_autofree char *words = g_strdup_printf("MX %s", *answer->mx == '\0' ? domain : answer->mx);
	unsigned entries;

	if (answer->answer != MAIL_DOMAIN_FOUND)
		return true;
	if (!probes_answer(work->blacklist, domain, words, &entries, error))
		return false;
	*released += entries;
	return true;
}

static bool
probe(Work *work, Resolver *resolver, const GPtrArray *domains, unsigned *released, GError **error)
{
	g_autofree MailDomain *answers = g_new0(MailDomain, domains->len);
	bool done = resolver_confirm(resolver, (const char *const *)domains->pdata, domains->len, answers, error);

	for (unsigned i = 0; i < domains->len; i++) {
		done = done && release_found(work, domains->pdata[i], &answers[i], released, error);
		mail_domain_clear(&answers[i]);
	}
	return done;
}

/* Each domain is taken once until its next turn, so this ends, and one that could not be asked for waits for that turn. */
static bool
probe_domains(Work *work, JsonObject *told, char **ret_said, GError **error)
{
	g_autoptr(Resolver) resolver = NULL;
	unsigned asked = 0, released = 0;

	for (;;) {
		g_autoptr(GPtrArray) domains = probes_take(work->blacklist, PROBED_AT_ONCE, error);

		if (domains == NULL)
			return false;
		if (domains->len == 0)
			break;
		if (resolver == NULL && (resolver = resolver_open(&work->dns, error)) == NULL)
			return false;
		if (!probe(work, resolver, domains, &released, error))
			return false;
		asked += domains->len;
	}
	json_object_set_int_member(told, "probed", asked);
	json_object_set_int_member(told, "released", released);
	*ret_said = asked == 0 ? NULL
			       : g_strdup_printf(
				       "listed domains: %u asked for in DNS, %u entries ended\n", asked, released);
	return true;
}

/* What a process made under old rules in the moment they changed, or a restored backup brought. */
static bool
rekey(Work *work, JsonObject *told, char **ret_said, GError **error)
{
	RekeyCount count;
	Progress progress;

	progress_begin(&progress, "entries");
	bool done = subaddress_rules_rekey(work->blacklist, "auto", show, &progress, &count, error);
	progress_clear(&progress);
	if (!done)
		return false;
	json_object_set_int_member(told, "moved", (gint64)count.moved);
	json_object_set_int_member(told, "merged", (gint64)count.merged);
	*ret_said = count.moved + count.merged == 0 ? NULL
						    : g_strdup_printf("sub-addressing: %" G_GUINT64_FORMAT
								      " entries moved, %" G_GUINT64_FORMAT " merged\n",
							    count.moved, count.merged);
	return true;
}

static const Chore chores[] = {
	{ "partitions", make_partitions },
	{ "retention", keep_no_longer },
	{ "roll_up", roll_up },
	{ "probes", probe_domains },
	{ "rekey", rekey },
};

static int
do_chore(Work *work, const Chore *chore)
{
	JsonObject *told = json_object_new();
	g_autofree char *said = NULL;
	g_autoptr(GError) error = NULL;
	bool done = chore->run(work, told, &said, &error);

	json_object_set_string_member(told, "chore", chore->name);
	json_object_set_boolean_member(told, "done", done);
	if (app_json(work->app)) {
		if (error != NULL)
			json_object_set_string_member(told, "error", error->message);
		json_line_print(told);
	} else {
		json_object_unref(told);
		if (said != NULL)
			app_say("%s", said);
	}
	return done ? EX_OK : app_fail(error);
}

static int
run(App *app, const Command *self, char **words)
{
	g_autoptr(GError) error = NULL;
	Work work = { .app = app };
	int worst = EX_OK;

	if (!command_options(app, self, NULL, words))
		return EX_USAGE;
	if (words[1] != NULL)
		return command_misused("no argument is wanted");
	if (!app_section(app, "retention", retention_settings, &work.retention, &error)
		|| !app_section(app, "dns", resolver_settings, &work.dns, &error))
		return app_fail(error);
	work.blacklist = app_blacklist(app, &error);
	if (work.blacklist == NULL)
		return app_fail(error);
	for (size_t i = 0; i < G_N_ELEMENTS(chores); i++) {
		int code = do_chore(&work, &chores[i]);

		if (code != EX_OK && worst != EX_CONFIG)
			worst = code;
	}
	settings_clear(resolver_settings, &work.dns);
	return app_finish(worst);
}

const Command cmd_maintain = {
	.name = "maintain",
	.summary = "Do what is due: make partitions, delete what is no longer kept, roll up counters",
	.description =
		"Meant for a timer, once a day or more often. Runs beside everything else, and goes on where it was\n"
		"interrupted. The database role needs membership in retour_admin. The exit code is 75 when something\n"
		"was in use and is left for the next run.",
	.run = run,
};
