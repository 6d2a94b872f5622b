#include "command.h"

#include "mailcrew.h"
#include "progress.h"
#include "readers.h"
#include "verdict_line.h"

#include <string.h>
#include <sysexits.h>

/* Lines are written in the order of the mails, whoever judged them. */
typedef struct Work {
	App *app;
	Rulebook *book;
	Cells *cells;
	gboolean all;
	MailCrew crew;

	pthread_mutex_t lock; /* over all that follows */
	pthread_cond_t turn;
	uint64_t written;
	bool unreadable;
	Progress progress;
} Work;

static void
put(Work *work, uint64_t number, const GString *lines, const GError *error)
{
	pthread_mutex_lock(&work->lock);
	while (work->written != number)
		pthread_cond_wait(&work->turn, &work->lock);
	if (error != NULL) {
		progress_clear(&work->progress);
		g_printerr("%s: %s\n", g_get_prgname(), error->message);
		work->unreadable = true;
	} else if (lines->len > 0) {
		progress_clear(&work->progress);
		work->crew.stop = fwrite(lines->str, 1, lines->len, stdout) < lines->len;
	}
	work->written++;
	progress_show(&work->progress, work->written);
	pthread_cond_broadcast(&work->turn);
	pthread_mutex_unlock(&work->lock);
}

static void
classify_mail(const Work *work, const Mail *mail, GString *lines)
{
	Inbound inbound = { .source = "file",
		.id = mail->file,
		.bytes = (const char *)mail->bytes->data,
		.size = mail->bytes->len,
		.truncated = mail->truncated,
		.client_address = "" };
	g_autoptr(Judged) judged = judge(work->book, &inbound, &limits_default);

	if (app_json(work->app))
		verdict_lines_json(lines, mail, judged);
	else
		verdict_lines_text(lines, work->cells, mail, judged, work->all);
}

static void
each(void *context, uint64_t number, const Mail *mail, const GError *error)
{
	Work *work = context;
	g_autoptr(GString) lines = g_string_new(NULL);

	if (mail != NULL)
		classify_mail(work, mail, lines);
	put(work, number, lines, error);
}

static void
print_titles(const Work *work)
{
	g_autoptr(GString) line = g_string_new(NULL);

	if (app_json(work->app))
		return;
	cells_titles(work->cells, line);
	fwrite(line->str, 1, line->len, stdout);
}

static int
classify(App *app, char **paths, unsigned jobs, gboolean all)
{
	g_autoptr(GError) error = NULL;
	Rulebook *book = app_rulebook(app, &error);
	g_autoptr(MailFile) source = mailfile_new((const char *const *)paths, limits_default.message_bytes);
	g_autoptr(Cells) cells = cells_new(verdict_columns, cells_terminal_width());
	Work work = { .app = app,
		.book = book,
		.cells = cells,
		.all = all,
		.crew = { .source = source, .each = each, .context = &work, .lock = PTHREAD_MUTEX_INITIALIZER },
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.turn = PTHREAD_COND_INITIALIZER };

	if (book == NULL)
		return app_fail(error);
	print_titles(&work);
	progress_begin(&work.progress, "mails");
	mailcrew_run(&work.crew, jobs);
	progress_clear(&work.progress);
	return app_finish(work.unreadable ? EX_IOERR : EX_OK);
}

static int
run(App *app, const Command *self, char **words)
{
	gint jobs = 1;
	gboolean all = FALSE;
	const GOptionEntry entries[] = {
		{ "jobs", 0, 0, G_OPTION_ARG_INT, &jobs, "Judge with N threads; the order of the output stays", "N" },
		{ "all", 'a', 0, G_OPTION_ARG_NONE, &all, "Print a line for mail that is no report too", NULL },
		{ 0 },
	};

	if (!command_options(app, self, entries, words))
		return EX_USAGE;
	if (jobs < 1 || jobs > MAILCREW_MAX)
		return command_misused("--jobs must lie between 1 and %d", MAILCREW_MAX);
	return classify(app, words + 1, (unsigned)jobs, all);
}

const Command cmd_classify = {
	.name = "classify",
	.arguments = "[FILE|DIRECTORY|-]...",
	.summary = "Say what bounces and complaints in files mean, one line per recipient",
	.description =
		"Files may be single mails or mboxes; directories are read recursively, Maildirs too. Without any, or\n"
		"with \"-\", standard input is read. Nothing is recorded.",
	.run = run,
};
