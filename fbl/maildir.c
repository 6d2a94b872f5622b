#include "maildir.h"

#include "log.h"
#include "mail_limits.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#define LEDGER_FOLDER "."
#define LEDGER_VALIDITY 1

typedef struct Source {
	Mailbox *mailbox;
	GHashTable *files;                    /* uid -> "new/name", of this scan */
	GHashTable *left;                     /* set of names without flags: judged, and to stay where they are */
	unsigned unreadable, told_unreadable; /* files of this scan, and as last logged */
	char *complaint;                      /* of the first of them */
	int news;                             /* inotify; -1: none */
} Source;

static bool
fail(GError **error, const char *path)
{
	g_set_error(error, RETOUR_ERROR, ERROR_RETRY, "%s: %s", path, g_strerror(errno));
	return false;
}

static char *
full_path(const Source *source, const char *file)
{
	return g_build_filename(source->mailbox->settings->maildir, file, NULL);
}

/* The name without folder and flags: what stays the same when somebody reads the mail. */
static char *
unique_name(const char *file)
{
	const char *name = strchr(file, '/') + 1;

	return g_strndup(name, strcspn(name, ":"));
}

/* A number for the ledger, the same after a restart as long as no two names of the folder meet in it. */
static void
number_file(Source *source, const char *unique, char *file)
{
	uint32_t uid = MAX(g_str_hash(unique), 1U);

	while (g_hash_table_contains(source->files, GUINT_TO_POINTER(uid)))
		uid = MAX(uid + 1, 1U);
	g_hash_table_insert(source->files, GUINT_TO_POINTER(uid), file);
}

static bool
scan(Source *source, const char *folder, GError **error)
{
	g_autofree char *path = full_path(source, folder);
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
	const char *name;

	if (dir == NULL)
		return fail(error, path);
	while ((name = g_dir_read_name(dir)) != NULL) {
		char *file = g_build_filename(folder, name, NULL);
		g_autofree char *unique = unique_name(file);

		if (*name == '.' || g_hash_table_contains(source->left, unique))
			g_free(file);
		else
			number_file(source, unique, file);
	}
	return true;
}

/* Up to the limit on a message. Returns errno; ENOENT also for what is no file. */
static int
read_bytes(int file, GString *bytes, bool *ret_truncated)
{
	struct stat status;
	size_t wanted, got = 0;
	ssize_t count = 1;

	if (fstat(file, &status) < 0)
		return errno;
	if (!S_ISREG(status.st_mode))
		return ENOENT;
	wanted = MIN((size_t)status.st_size, limits_default.message_bytes);
	g_string_set_size(bytes, wanted);
	while (got < wanted && (count = read(file, bytes->str + got, wanted - got)) > 0)
		got += (size_t)count;
	if (count < 0)
		return errno;
	g_string_set_size(bytes, got);
	*ret_truncated = (size_t)status.st_size > wanted;
	return 0;
}

static int
read_file(const char *path, GString *bytes, bool *ret_truncated)
{
	int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK), problem;

	if (file < 0)
		return errno == ELOOP ? ENOENT : errno;
	problem = read_bytes(file, bytes, ret_truncated);
	close(file);
	return problem;
}

static void
note_unreadable(Source *source, const char *path, int problem)
{
	if (source->unreadable++ == 0)
		source->complaint = g_strdup_printf("%s: %s", path, g_strerror(problem));
}

/* When their number changes, for they are met again with every scan. */
static void
tell_unreadable(Source *source)
{
	g_autofree char *complaint = g_steal_pointer(&source->complaint);
	g_autofree char *reason = complaint == NULL ? NULL : log_value(complaint);

	if (source->unreadable > 0 && source->unreadable != source->told_unreadable)
		g_warning("mailbox=%s unreadable=%u error=%s", source->mailbox->log_name, source->unreadable, reason);
	source->told_unreadable = source->unreadable;
	source->unreadable = 0;
}

static bool
fetch(void *data, const uint32_t *uids, size_t count, Delivery *delivery, GError **error)
{
	Source *source = data;
	const MailboxSettings *settings = source->mailbox->settings;
	const LetterTrust trust = mailbox_trust(settings);

	(void)error;
	for (size_t i = 0; i < count; i++) {
		const char *file = g_hash_table_lookup(source->files, GUINT_TO_POINTER(uids[i]));
		g_autofree char *path = full_path(source, file);
		g_autofree char *id = g_strdup_printf("%s/%s", settings->name, file);
		g_autoptr(GString) bytes = g_string_new(NULL);
		bool truncated = false;
		int problem = read_file(path, bytes, &truncated);

		if (problem == 0)
			delivery_add(delivery,
				letter_new("maildir", uids[i], id, bytes->str, bytes->len, truncated, &trust));
		else if (problem != ENOENT)
			note_unreadable(source, path, problem);
	}
	return true;
}

static bool
make_folder(const Source *source, const char *folder, GError **error)
{
	static const char *const parts[] = { "", "/tmp", "/new", "/cur" };

	for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
		g_autofree char *name = g_strdup_printf(".%s%s", folder, parts[i]);
		g_autofree char *path = full_path(source, name);

		if (mkdir(path, 0700) < 0 && errno != EEXIST)
			return fail(error, path);
	}
	return true;
}

static bool
move_file(const Source *source, const char *file, const char *folder, GError **error)
{
	const char *name = strchr(file, '/') + 1;
	g_autofree char *target = g_strdup_printf(".%s/cur/%s%s", folder, name, strchr(name, ':') == NULL ? ":2," : "");
	g_autofree char *from = full_path(source, file), *to = full_path(source, target);

	/* Somebody may have read it meanwhile, which renames it; the next round finds it, and the store knows it. */
	return rename(from, to) == 0 || errno == ENOENT || fail(error, to);
}

static bool
move(void *data, const uint32_t *uids, size_t count, const char *destination, GError **error)
{
	const Source *source = data;

	if (!make_folder(source, destination, error))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!move_file(
			    source, g_hash_table_lookup(source->files, GUINT_TO_POINTER(uids[i])), destination, error))
			return false;
	return true;
}

static const FolderDriver driver = { .fetch = fetch, .move = move, .ascending = false };

static void
remember_left(Source *source, const GArray *left)
{
	for (unsigned i = 0; i < left->len; i++) {
		uint32_t uid = g_array_index(left, uint32_t, i);

		g_hash_table_add(source->left, unique_name(g_hash_table_lookup(source->files, GUINT_TO_POINTER(uid))));
	}
}

static int
compare(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

	return (left > right) - (left < right);
}

static bool
work(Source *source, MailboxMark *mark, GError **error)
{
	g_autoptr(GArray) uids = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	g_autoptr(GArray) left = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	FolderPlan plan = mailbox_plan(source->mailbox, LEDGER_FOLDER);
	FolderRound round = mailbox_round(source->mailbox, 0, &driver, source, &plan, mark, left);
	GHashTableIter each;
	void *key;
	bool done;

	g_hash_table_iter_init(&each, source->files);
	while (g_hash_table_iter_next(&each, &key, NULL)) {
		uint32_t uid = GPOINTER_TO_UINT(key);

		g_array_append_val(uids, uid);
	}
	if (uids->len == 0)
		return true;
	g_array_sort(uids, compare);
	if (!mailbox_ledger_load(source->mailbox->ledger, source->mailbox->key, LEDGER_FOLDER, mark, error))
		return false;
	mark->uidvalidity = LEDGER_VALIDITY;
	done = folder_work(&round, (const uint32_t *)(void *)uids->data, uids->len, error);
	remember_left(source, left);
	return done;
}

static bool
read_once(Source *source, GError **error)
{
	MailboxMark mark;
	bool done;

	g_hash_table_remove_all(source->files);
	if (!scan(source, "new", error) || !scan(source, "cur", error))
		return false;
	mailbox_mark_init(&mark);
	done = work(source, &mark, error);
	mailbox_mark_clear(&mark);
	tell_unreadable(source);
	return done;
}

/* A hint that saves waiting for the poll; where there is no inotify (NFS), the poll finds it. */
static void
wait_for_news(Source *source)
{
	Mailbox *mailbox = source->mailbox;
	struct pollfd fds[] = { { mailbox->wake, POLLIN, 0 }, { mailbox->services.cancel, POLLIN, 0 },
		{ source->news, POLLIN, 0 } };
	char events[4096];

	poll(fds, G_N_ELEMENTS(fds), (int)MIN(mailbox->settings->poll_ms, INT_MAX));
	while (source->news >= 0 && read(source->news, events, sizeof events) > 0)
		;
}

static int
watch_folder(const Source *source)
{
	g_autofree char *path = full_path(source, "new");
	int news = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

	if (news >= 0)
		inotify_add_watch(news, path, IN_MOVED_TO | IN_CREATE);
	return news;
}

bool
maildir_run(Mailbox *mailbox, GError **error)
{
	Source source = { .mailbox = mailbox };
	bool done = true;

	source.files = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	source.left = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	source.news = watch_folder(&source);
	while (done && !atomic_load(&mailbox->stop)) {
		done = read_once(&source, error);
		if (!done)
			break;
		mailbox_note_health(mailbox);
		wait_for_news(&source);
	}
	if (source.news >= 0)
		close(source.news);
	g_hash_table_unref(source.left);
	g_hash_table_unref(source.files);
	return done;
}
