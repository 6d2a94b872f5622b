#include "mailbox.h"

#include "imap_mailbox.h"
#include "log.h"
#include "maildir.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define LOCK_MS 2000 /* how often the lock is asked for that another reader has */
#define PAUSE_MS 1000
#define PAUSE_MAX_MS (60 * 1000)
#define CONFIG_PAUSE_MS (5 * 60 * 1000) /* until a person has seen to it: too many tries lock an account */

static char *
make_key(const MailboxSettings *settings)
{
	g_autofree char *host = g_ascii_strdown(settings->host, -1);

	if (*settings->host == '\0')
		return g_strdup_printf("maildir:%s:%s", g_get_host_name(), settings->maildir);
	return g_strdup_printf("imap:%s@%s:%" G_GINT64_FORMAT, settings->user, host, settings->port);
}

bool
mailbox_wait(Mailbox *mailbox, int64_t milliseconds)
{
	struct pollfd fds[] = { { mailbox->wake, POLLIN, 0 }, { mailbox->services.cancel, POLLIN, 0 } };

	poll(fds, G_N_ELEMENTS(fds), (int)CLAMP(milliseconds, 0, INT_MAX));
	return !atomic_load(&mailbox->stop);
}

void
mailbox_note_health(Mailbox *mailbox)
{
	if (mailbox->failures > 0)
		g_info("mailbox=%s state=recovered", mailbox->log_name);
	mailbox->failures = 0;
	meter_set(mailbox->meter, METRIC_MAILBOX_UP, 1);
}

FolderPlan
mailbox_plan(const Mailbox *mailbox, const char *folder)
{
	const MailboxSettings *settings = mailbox->settings;

	return (FolderPlan){
		.mailbox = settings->name,
		.name = folder,
		.handled = settings->handled,
		.unreadable = settings->unreadable,
		.not_a_report = settings->not_a_report,
		.tries_max = (unsigned)settings->tries_max,
		.meter = mailbox->meter,
	};
}

FolderRound
mailbox_round(Mailbox *mailbox, unsigned folder, const FolderDriver *driver, void *source, const FolderPlan *plan,
	MailboxMark *mark, GArray *left)
{
	return (FolderRound){
		.driver = driver,
		.source = source,
		.plan = plan,
		.workers = mailbox->services.workers,
		.ledger = mailbox->ledger,
		.key = mailbox->key,
		.mark = mark,
		.past = &mailbox->folders[folder].past,
		.left = left,
	};
}

/* Doubled with each failure; between half and all of it, so that many readers do not come back at once. */
int64_t
mailbox_pause(unsigned failures, bool configuration)
{
	int64_t longest = PAUSE_MS << MIN(failures, 10);

	longest = configuration ? CONFIG_PAUSE_MS : MIN(longest, PAUSE_MAX_MS);
	return longest / 2 + g_random_int_range(0, (gint32)(longest / 2));
}

/* *ret_mine false: it is to stop. */
static bool
await_lock(Mailbox *mailbox, bool *ret_mine, GError **error)
{
	for (;;) {
		if (!mailbox_ledger_lock(mailbox->ledger, mailbox->key, ret_mine, error))
			return false;
		if (*ret_mine)
			break;
		if (!mailbox->waiting)
			g_info("mailbox=%s state=waiting, another reader has it", mailbox->log_name);
		mailbox->waiting = true;
		if (!mailbox_wait(mailbox, LOCK_MS))
			return true;
	}
	g_info("mailbox=%s state=reading", mailbox->log_name);
	mailbox->waiting = false;
	return true;
}

/* From the lock to an error or the end. */
static bool
read_on(Mailbox *mailbox, GError **error)
{
	bool mine = false, done;

	mailbox->ledger = mailbox_ledger_open(mailbox->services.store, error);
	if (mailbox->ledger == NULL)
		return false;
	done = await_lock(mailbox, &mine, error);
	if (done && mine)
		done = *mailbox->settings->host == '\0' ? maildir_run(mailbox, error)
							: imap_mailbox_run(mailbox, error);
	g_clear_pointer(&mailbox->ledger, mailbox_ledger_close);
	return done;
}

static void *
run(void *data)
{
	Mailbox *mailbox = data;

	while (!atomic_load(&mailbox->stop)) {
		g_autoptr(GError) error = NULL;
		g_autofree char *reason = NULL;
		int64_t pause;

		if (read_on(mailbox, &error) || atomic_load(&mailbox->stop))
			continue;
		meter_set(mailbox->meter, METRIC_MAILBOX_UP, 0);
		meter_count(mailbox->meter, METRIC_MAILBOX_ERRORS);
		if (g_error_matches(error, RETOUR_ERROR, ERROR_INPUT) && mailbox->oauth != NULL
			&& oauth_is_revoked(mailbox->oauth)) {
			g_warning("mailbox=%s alarm=login-revoked error=\"%s\" action=stopped, until a reload",
				mailbox->log_name, error->message);
			break;
		}
		pause = mailbox_pause(mailbox->failures++, g_error_matches(error, RETOUR_ERROR, ERROR_CONFIG));
		reason = log_value(error->message);
		g_warning("mailbox=%s error=%s retry_ms=%" G_GINT64_FORMAT, mailbox->log_name, reason, pause);
		mailbox_wait(mailbox, pause);
	}
	return NULL;
}

/* Signals are for the thread that expects them. */
static int
start_thread(Mailbox *mailbox)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int problem = pthread_create(&mailbox->thread, NULL, run, mailbox);

	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return problem;
}

Mailbox *
mailbox_start(const MailboxSettings *settings, const MailboxServices *services, GError **error)
{
	Mailbox *mailbox = g_new0(Mailbox, 1);
	int problem;

	mailbox->settings = settings;
	mailbox->services = *services;
	mailbox->key = make_key(settings);
	mailbox->log_name = log_value(settings->name);
	mailbox->meter = metrics_meter_of(services->metrics, AREA_MAILBOX, "mailbox", settings->name);
	mailbox->wake = eventfd(0, EFD_CLOEXEC);
	mailbox->folders = g_new0(FolderState, g_strv_length(settings->folders));
	if (settings->auth != AUTH_PASSWORD)
		mailbox->oauth = oauth_new(&settings->oauth, settings->timeout_ms, services->cancel);
	problem = start_thread(mailbox);
	if (problem == 0)
		return mailbox;
	g_set_error(error, RETOUR_ERROR, ERROR_RETRY, "no thread for mailbox '%s': %s", settings->name,
		g_strerror(problem));
	mailbox->joined = true;
	mailbox_free(mailbox);
	return NULL;
}

void
mailbox_stop(Mailbox *mailbox)
{
	atomic_store(&mailbox->stop, true);
	eventfd_write(mailbox->wake, 1);
}

bool
mailbox_has_ended(Mailbox *mailbox)
{
	if (!mailbox->joined)
		mailbox->joined = pthread_tryjoin_np(mailbox->thread, NULL) == 0;
	return mailbox->joined;
}

void
mailbox_free(Mailbox *mailbox)
{
	g_assert(mailbox->joined);
	close(mailbox->wake);
	oauth_free(mailbox->oauth);
	g_free(mailbox->folders);
	g_free(mailbox->key);
	g_free(mailbox->log_name);
	g_free(mailbox);
}
