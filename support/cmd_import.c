#include "command.h"

#include "actor.h"
#include "backend.h"
#include "import_place.h"
#include "imports.h"
#include "json_line.h"
#include "mail_date.h"
#include "mailcrew.h"
#include "progress.h"

#include <string.h>
#include <sysexits.h>

#define DATABASE_TIMEOUT_MS 20000
#define JOBS 16
#define TRIES 5 /* of a mail while the database is away, a second apart */

/* What became of the mails. */
typedef struct Tally {
	uint64_t mails, recorded, known, no_report, unreadable;
	uint64_t events, listed;
} Tally;

typedef struct Work {
	App *app;
	Rulebook *book;
	Backend *backend; /* NULL: nothing is recorded, only said what would be */
	bool vouched;
	MailCrew crew;

	pthread_mutex_t lock; /* over all that follows */
	GHashTable *months;   /* set: those that have partitions */
	Tally tally;
	bool away;
	Progress progress;
	ImportPlace *place; /* NULL: none is kept */
} Work;

static void
complain(Work *work, const Mail *mail, const char *what)
{
	progress_clear(&work->progress);
	if (mail != NULL && mail->number > 0)
		g_printerr("%s: %s, mail %u: %s\n", g_get_prgname(), mail->file, mail->number, what);
	else if (mail != NULL)
		g_printerr("%s: %s: %s\n", g_get_prgname(), mail->file, what);
	else
		g_printerr("%s: %s\n", g_get_prgname(), what);
}

/* Without partitions its rows go where partitions that are made later look for them, so a failure is no reason to stop. */
static void
make_month(Work *work, int64_t at)
{
	g_autoptr(GDateTime) date = g_date_time_new_from_unix_utc(at);
	void *month = GINT_TO_POINTER(g_date_time_get_year(date) * 12 + g_date_time_get_month(date));

	pthread_mutex_lock(&work->lock);
	if (g_hash_table_add(work->months, month))
		imports_make_month(work->backend->blacklist, at, NULL);
	pthread_mutex_unlock(&work->lock);
}

static Outcome
deliver(Work *work, const Inbound *inbound, IntakeResult *ret_result)
{
	if (work->backend == NULL) {
		g_autoptr(Judged) judged = judge(work->book, inbound, &limits_default);

		*ret_result = (IntakeResult){ .kind = judged->report->kind };
		ret_result->recorded.new_events = (unsigned)judged->finding_count;
		if (judged->report->kind != REPORT_OTHER && judged->finding_count > 0)
			return OUTCOME_RECORDED;
		return judged->report->garbled ? OUTCOME_UNREADABLE : OUTCOME_NOT_A_REPORT;
	}
	make_month(work, inbound->received_at);
	for (unsigned try = 1;; try++) {
		Outcome outcome = intake_deliver(work->backend->intake, inbound, ret_result);

		if (outcome != OUTCOME_RETRY || try == TRIES || work->crew.stop)
			return outcome;
		g_usleep(G_USEC_PER_SEC);
	}
}

static void
count(Work *work, const Mail *mail, Outcome outcome, const Recorded *recorded)
{
	Tally *tally = &work->tally;

	tally->events += recorded->new_events;
	tally->listed += recorded->listed;
	switch (outcome) {
	case OUTCOME_RECORDED:
		if (recorded->new_events + recorded->improved_events > 0)
			tally->recorded++;
		else
			tally->known++;
		break;
	case OUTCOME_NOT_A_REPORT:
		tally->no_report++;
		break;
	case OUTCOME_UNREADABLE:
		tally->unreadable++;
		complain(work, mail, "a report that cannot be read");
		break;
	case OUTCOME_RETRY:
		work->away = true;
		work->crew.stop = true;
		break;
	}
}

/* The time of the archive, never one to come. */
static int64_t
received_at(const Mail *mail)
{
	int64_t now = g_get_real_time() / G_USEC_PER_SEC;
	int64_t date = mail_date((const char *)mail->bytes->data, mail->bytes->len);

	return date == 0 || date > now ? now : date;
}

/* With the lock held: what is committed, or will never be, need not be told again. */
static void
note_place(Work *work, uint64_t number, const Mail *mail, Outcome outcome)
{
	g_autoptr(GError) error = NULL;

	if (work->place == NULL || outcome == OUTCOME_RETRY)
		return;
	import_place_done(work->place, number, mail);
	if (import_place_save(work->place, false, &error))
		return;
	complain(work, NULL, error->message);
	g_clear_pointer(&work->place, import_place_free);
}

static void
each(void *context, uint64_t number, const Mail *mail, const GError *error)
{
	Work *work = context;
	IntakeResult result = { 0 };
	Outcome outcome = OUTCOME_UNREADABLE;

	if (mail != NULL) {
		g_autofree char *id =
			mail->number == 0 ? g_strdup(mail->file) : g_strdup_printf("%s:%u", mail->file, mail->number);
		Inbound inbound = { .source = "file",
			.id = id,
			.bytes = (const char *)mail->bytes->data,
			.size = mail->bytes->len,
			.truncated = mail->truncated,
			.vouched = work->vouched,
			.client_address = "",
			.received_at = received_at(mail) };

		outcome = deliver(work, &inbound, &result);
	}
	pthread_mutex_lock(&work->lock);
	work->tally.mails += mail != NULL;
	if (mail != NULL) {
		count(work, mail, outcome, &result.recorded);
	} else {
		work->tally.unreadable++;
		complain(work, NULL, error->message);
	}
	note_place(work, number, mail, outcome);
	if (mail != NULL)
		work->progress.at = MAX(work->progress.at, mail->end);
	progress_show(&work->progress, work->tally.mails);
	pthread_mutex_unlock(&work->lock);
}

static void
say(const Work *work)
{
	const Tally *tally = &work->tally;
	JsonObject *object;

	if (!app_json(work->app)) {
		app_say("%" G_GUINT64_FORMAT " mails: %" G_GUINT64_FORMAT " %srecorded (%" G_GUINT64_FORMAT
			" events, %" G_GUINT64_FORMAT " listed), %" G_GUINT64_FORMAT
			" known already, %" G_GUINT64_FORMAT " no report, %" G_GUINT64_FORMAT " unreadable\n",
			tally->mails, tally->recorded, work->backend == NULL ? "would be " : "", tally->events,
			tally->listed, tally->known, tally->no_report, tally->unreadable);
		return;
	}
	object = json_object_new();
	json_object_set_boolean_member(object, "dry_run", work->backend == NULL);
	json_object_set_int_member(object, "mails", (gint64)tally->mails);
	json_object_set_int_member(object, "recorded", (gint64)tally->recorded);
	json_object_set_int_member(object, "events", (gint64)tally->events);
	json_object_set_int_member(object, "listed", (gint64)tally->listed);
	json_object_set_int_member(object, "known", (gint64)tally->known);
	json_object_set_int_member(object, "no_report", (gint64)tally->no_report);
	json_object_set_int_member(object, "unreadable", (gint64)tally->unreadable);
	json_line_print(object);
}

/* To where a run before has come. */
static bool
go_on(Work *work, MailFile *source, GError **error)
{
	uint64_t skipped;

	if (work->place == NULL)
		return true;
	if (!import_place_skip(work->place, source, &skipped, error))
		return false;
	if (skipped > 0)
		g_printerr("%s: %" G_GUINT64_FORMAT " mails were done before\n", g_get_prgname(), skipped);
	return true;
}

static void
close_place(Work *work)
{
	g_autoptr(GError) error = NULL;

	if (work->place == NULL)
		return;
	if (!work->away)
		import_place_remove(work->place);
	else if (!import_place_save(work->place, true, &error))
		complain(work, NULL, error->message);
}

static int
import(Work *work, char **paths, unsigned jobs)
{
	g_autoptr(MailFile) source = mailfile_new((const char *const *)paths, limits_default.message_bytes);
	g_autoptr(GError) error = NULL;

	if (!go_on(work, source, &error))
		return app_fail(error);
	work->crew = (MailCrew){ .source = source, .each = each, .context = work, .lock = PTHREAD_MUTEX_INITIALIZER };
	work->months = g_hash_table_new(NULL, NULL);
	pthread_mutex_init(&work->lock, NULL);
	progress_begin(&work->progress, "mails");
	if (work->progress.terminal)
		work->progress.total = mailfile_measure((const char *const *)paths);
	mailcrew_run(&work->crew, jobs);
	progress_clear(&work->progress);
	pthread_mutex_destroy(&work->lock);
	g_hash_table_unref(work->months);
	close_place(work);
	say(work);
	if (work->away)
		complain(work, NULL, "stopped, for the database does not answer; run it again to go on");
	return app_finish(work->away ? EX_TEMPFAIL : work->tally.unreadable > 0 ? EX_DATAERR : EX_OK);
}

static bool
open_backend(App *app, Rulebook *book, Backend *backend, GError **error)
{
	const StoreSettings *configured = app_database(app, error);
	const CacheSettings *cache = configured == NULL ? NULL : app_redis(app, error);
	StoreSettings store;

	if (cache == NULL)
		return false;
	store = *configured;
	store.unverified_per_hour = store.unverified_per_source = 0; /* a person asked for them: no flood */
	return backend_open_lists(backend, &store, cache, 1, DATABASE_TIMEOUT_MS, error)
	       && imports_allowed(backend->blacklist, error) && backend_open_intake(backend, &store, book, error);
}

/* The trace comes before the first report, whatever becomes of the rest. */
static bool
note(const Backend *backend, const char *by, const char *trust, char **paths, GError **error)
{
	g_autofree char *actor = actor_name(by);
	g_autofree char *given = *paths == NULL ? g_strdup("-") : g_strjoinv(" ", paths);
	g_autofree char *sources = g_utf8_make_valid(given, -1);

	return *trust == '\0' || imports_note(backend->blacklist, actor, trust, sources, error);
}

static int
run(App *app, const Command *self, char **words)
{
	gint jobs = JOBS;
	gboolean dry = FALSE;
	g_autofree char *trust = NULL, *actor = NULL, *resume = NULL;
	const GOptionEntry entries[] = {
		{ "dry-run", 'n', 0, G_OPTION_ARG_NONE, &dry, "Record nothing, say what would be", NULL },
		{ "trust", 0, 0, G_OPTION_ARG_STRING, &trust,
			"Vouch for the archive: \"local\" makes its reports as good as bounces of our own server",
			"GRADE" },
		{ "actor", 0, 0, G_OPTION_ARG_STRING, &actor, "Who vouches; without it the user who runs this",
			"NAME" },
		{ "resume", 0, 0, G_OPTION_ARG_FILENAME, &resume,
			"Keep in FILE how far it has come, and go on from there", "FILE" },
		{ "jobs", 0, 0, G_OPTION_ARG_INT, &jobs, "Mails in work at once; without it 16", "N" },
		{ 0 },
	};
	Backend backend = { 0 };
	g_autoptr(GError) error = NULL;
	int code;

	if (!command_options(app, self, entries, words))
		return EX_USAGE;
	if (jobs < 1 || jobs > MAILCREW_MAX)
		return command_misused("--jobs must lie between 1 and %d", MAILCREW_MAX);
	if (trust != NULL && strcmp(trust, "local") != 0)
		return command_misused("--trust takes \"local\" alone");
	Work work = { .app = app, .book = app_rulebook(app, &error), .vouched = trust != NULL };

	if (resume != NULL && dry)
		return command_misused("--resume and --dry-run exclude each other");
	if (!dry)
		work.backend = &backend;
	if (resume != NULL && work.book != NULL)
		work.place = import_place_open(resume, &error);
	if (error != NULL || (!dry && !open_backend(app, work.book, &backend, &error))
		|| (!dry && !note(&backend, actor, trust == NULL ? "" : trust, words + 1, &error)))
		code = app_fail(error);
	else
		code = import(&work, words + 1, (unsigned)jobs);
	import_place_free(work.place);
	backend_close(&backend);
	return code;
}

const Command cmd_import = {
	.name = "import",
	.arguments = "[FILE|DIRECTORY|-]...",
	.summary = "Record an archive of old bounces and complaints",
	.description =
		"Files may be single mails or mboxes; directories are read recursively, Maildirs too. Reports are "
		"recorded for\n"
		"the time at which they arrived. What is recorded already is not recorded again, so a run that was\n"
		"interrupted is begun anew, or with --resume goes on where it was. Without --trust they count as "
		"unverified, unless recorded mail proves "
		"them.",
	.run = run,
};
