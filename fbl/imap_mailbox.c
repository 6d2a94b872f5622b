#include "imap_mailbox.h"

#include "imap.h"
#include "log.h"
#include "mail_limits.h"

#define IDLE_MS (9 * 60 * 1000)  /* RFC 2177 says 29 minutes; NATs forget earlier */
#define QUIET_MS (4 * 60 * 1000) /* without IDLE, so that the server does not log us out */

typedef struct Source {
	Mailbox *mailbox;
	Imap *imap;
	unsigned number; /* of the folder in the settings */
	const char *folder;
	uint32_t uidvalidity;
	Delivery *delivery; /* of the fetch under way */
} Source;

static void
take_message(void *context, const ImapMessage *message)
{
	const Source *source = context;
	const MailboxSettings *settings = source->mailbox->settings;
	const LetterTrust trust = mailbox_trust(settings);
	g_autofree char *id =
		g_strdup_printf("%s/%s/%u/%u", settings->name, source->folder, source->uidvalidity, message->uid);

	delivery_add(source->delivery,
		letter_new("imap", message->uid, id, message->bytes, message->size, message->truncated, &trust));
}

static bool
fetch(void *data, const uint32_t *uids, size_t count, Delivery *delivery, GError **error)
{
	Source *source = data;

	source->delivery = delivery;
	return imap_fetch(source->imap, uids, count, take_message, source, error);
}

static bool
move(void *data, const uint32_t *uids, size_t count, const char *destination, GError **error)
{
	const Source *source = data;

	return imap_move(source->imap, uids, count, destination, error);
}

static const FolderDriver driver = { .fetch = fetch, .move = move, .ascending = true };

/* Another UIDVALIDITY: the UIDs we know mean nothing any more. All is read again; the store knows what it has. */
static bool
load_mark(Source *source, MailboxMark *mark, GError **error)
{
	Mailbox *mailbox = source->mailbox;

	if (!mailbox_ledger_load(mailbox->ledger, mailbox->key, source->folder, mark, error))
		return false;
	if (mark->uidvalidity == source->uidvalidity)
		return true;
	if (mark->uidvalidity != 0)
		g_warning("mailbox=%s uidvalidity=%u was=%u action=read-again", mailbox->log_name, source->uidvalidity,
			mark->uidvalidity);
	mark->uidvalidity = source->uidvalidity;
	mark->last_uid = 0;
	g_array_set_size(mark->tried, 0);
	return true;
}

static bool
read_all(Source *source, MailboxMark *mark, GError **error)
{
	g_autoptr(GArray) uids = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	g_autoptr(GArray) left = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	FolderPlan plan = mailbox_plan(source->mailbox, source->folder);
	FolderRound round = mailbox_round(source->mailbox, source->number, &driver, source, &plan, mark, left);
	uint64_t first = (uint64_t)mark->last_uid + 1;

	while (first <= UINT32_MAX && !atomic_load(&source->mailbox->stop)) {
		g_array_set_size(uids, 0);
		if (!imap_search(source->imap, (uint32_t)first, uids, error))
			return false;
		if (uids->len == 0)
			break;
		if (!folder_work(&round, (const uint32_t *)(void *)uids->data, uids->len, error))
			return false;
		first = (uint64_t)g_array_index(uids, uint32_t, uids->len - 1) + 1;
	}
	return true;
}

static bool
read_folder(Mailbox *mailbox, Imap *imap, unsigned number, GError **error)
{
	const char *folder = mailbox->settings->folders[number];
	Source source = { .mailbox = mailbox, .imap = imap, .number = number, .folder = folder };
	ImapFolder selected;
	MailboxMark mark;
	bool done;

	if (!imap_select(imap, folder, &selected, error))
		return false;
	source.uidvalidity = selected.uidvalidity;
	mailbox_mark_init(&mark);
	done = load_mark(&source, &mark, error) && read_all(&source, &mark, error);
	mailbox_mark_clear(&mark);
	return done;
}

static void
put_off(const Mailbox *mailbox, unsigned number, const GError *error)
{
	FolderState *state = &mailbox->folders[number];
	int64_t pause = mailbox_pause(state->failures++, false);
	g_autofree char *folder = log_value(mailbox->settings->folders[number]);
	g_autofree char *reason = log_value(error->message);

	state->due = g_get_monotonic_time() + pause * 1000;
	g_warning("mailbox=%s folder=%s error=%s retry_ms=%" G_GINT64_FORMAT, mailbox->log_name, folder, reason, pause);
}

static void
note_read(const Mailbox *mailbox, unsigned number)
{
	FolderState *state = &mailbox->folders[number];
	g_autofree char *folder = log_value(mailbox->settings->folders[number]);

	if (state->failures > 0)
		g_info("mailbox=%s folder=%s state=recovered", mailbox->log_name, folder);
	state->failures = 0;
}

/* The first folder last: it stays selected, and IDLE tells of it. One that alone is refused waits, and the others go on. */
static bool
read_folders(Mailbox *mailbox, Imap *imap, GError **error)
{
	unsigned count = g_strv_length(mailbox->settings->folders);

	for (unsigned i = count; i-- > 0;) {
		g_autoptr(GError) problem = NULL;

		if (mailbox->folders[i].failures > 0 && g_get_monotonic_time() < mailbox->folders[i].due)
			continue;
		if (read_folder(mailbox, imap, i, &problem)) {
			note_read(mailbox, i);
		} else if (count > 1 && g_error_matches(problem, RETOUR_ERROR, ERROR_INPUT)) {
			put_off(mailbox, i, problem);
		} else {
			g_propagate_error(error, g_steal_pointer(&problem));
			return false;
		}
	}
	return true;
}

/* Until a folder that was put off is due, or it is time to look at all. */
static int64_t
time_to_wait(const Mailbox *mailbox)
{
	int64_t milliseconds = mailbox->settings->poll_ms, now = g_get_monotonic_time();

	for (unsigned i = 0; mailbox->settings->folders[i] != NULL; i++)
		if (mailbox->folders[i].failures > 0)
			milliseconds = MIN(milliseconds, MAX(mailbox->folders[i].due - now, 0) / 1000 + 1);
	return milliseconds;
}

static bool
wait_quietly(Mailbox *mailbox, Imap *imap, GError **error)
{
	for (int64_t left = time_to_wait(mailbox); left > 0; left -= QUIET_MS)
		if (!mailbox_wait(mailbox, MIN(left, QUIET_MS)))
			return true;
		else if (!imap_noop(imap, error))
			return false;
	return true;
}

static bool
wait_for_news(Mailbox *mailbox, Imap *imap, GError **error)
{
	/* Without the first folder none may be selected. */
	if (mailbox->settings->idle && imap_has(imap, "IDLE") && mailbox->folders[0].failures == 0)
		return imap_idle(imap, mailbox->wake, MIN(time_to_wait(mailbox), IDLE_MS), error);
	return wait_quietly(mailbox, imap, error);
}

static bool
try_token(const MailboxSettings *settings, Imap *imap, const char *token, GError **error)
{
	g_autofree char *response = NULL;

	if (settings->auth == AUTH_XOAUTH2) {
		response = g_strdup_printf("user=%s\1auth=Bearer %s\1\1", settings->user, token);
		return imap_authenticate(imap, "XOAUTH2", response, "", error);
	}
	response = g_strdup_printf("n,a=%s,\1host=%s\1port=%" G_GINT64_FORMAT "\1auth=Bearer %s\1\1", settings->user,
		settings->host, settings->port, token);
	return imap_authenticate(imap, "OAUTHBEARER", response, "AQ==", error);
}

/* A token that is refused may have been revoked before its time: once more with a new one. */
static bool
login_by_token(Mailbox *mailbox, Imap *imap, GError **error)
{
	for (bool last = false;; last = true) {
		g_autofree char *token = oauth_token(mailbox->oauth, error);
		g_autoptr(GError) problem = NULL;

		if (token == NULL)
			return false;
		if (try_token(mailbox->settings, imap, token, &problem))
			return true;
		oauth_forget(mailbox->oauth);
		if (last || !g_error_matches(problem, RETOUR_ERROR, ERROR_CONFIG)) {
			g_propagate_error(error, g_steal_pointer(&problem));
			return false;
		}
	}
}

static bool
login(Mailbox *mailbox, Imap *imap, GError **error)
{
	const MailboxSettings *settings = mailbox->settings;
	g_autofree char *password = NULL;

	if (mailbox->oauth != NULL)
		return login_by_token(mailbox, imap, error);
	password = mailbox_password(settings, error);
	return password != NULL && imap_login(imap, settings->user, password, error);
}

static Imap *
connect_and_login(Mailbox *mailbox, GError **error)
{
	const MailboxSettings *settings = mailbox->settings;
	const ImapEndpoint endpoint = {
		.host = settings->host,
		.port = (uint16_t)settings->port,
		.tls = settings->tls,
		.ca_file = settings->ca_file,
		.timeout_ms = settings->timeout_ms,
		.cancel = mailbox->services.cancel,
	};
	g_autoptr(Imap) imap = imap_open(&endpoint, limits_default.message_bytes, error);

	if (imap == NULL || !login(mailbox, imap, error) || !imap_identify(imap, RETOUR_VERSION, error))
		return NULL;
	return g_steal_pointer(&imap);
}

bool
imap_mailbox_run(Mailbox *mailbox, GError **error)
{
	g_autoptr(Imap) imap = connect_and_login(mailbox, error);

	if (imap == NULL)
		return false;
	while (!atomic_load(&mailbox->stop)) {
		if (!read_folders(mailbox, imap, error))
			return false;
		mailbox_note_health(mailbox);
		if (!wait_for_news(mailbox, imap, error))
			return false;
	}
	return true;
}
