/*
 * Messages a second from IMAP to commit, by the rounds that retour-fbl makes, compared with fetching the same messages with
 * the same IMAP layer and throwing them away, in the same run: bench-imap RETOUR.YAML
 * Reads each folder of the first mailbox twice, first to throw away, then to record; every other one also moves what it
 * recorded. bench/imap.py makes servers and mail.
 */
#include "imap.h"
#include "backend.h"
#include "fbl_settings.h"
#include "folder.h"
#include "message.h"
#include "workers.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <sys/resource.h>

#define BATCH 250

typedef struct Bench {
	const MailboxSettings *mailbox;
	Imap *imap;
	Workers *workers;
	MailboxLedger *ledger;
	Delivery *delivery;
	unsigned taken;
} Bench;

static void
fail(const GError *error)
{
	g_printerr("%s\n", error->message);
	exit(1);
}

static void
throw_away(void *context, const ImapMessage *message)
{
	Bench *bench = context;

	(void)message;
	bench->taken++;
}

static void
record(void *context, const ImapMessage *message)
{
	static const char *const none[] = { NULL };
	static const LetterTrust trust = { .headers = none, .border = { none, none } };
	Bench *bench = context;

	bench->taken++;
	delivery_add(bench->delivery,
		letter_new("imap", message->uid, "bench", message->bytes, message->size, message->truncated, &trust));
}

static bool
fetch(void *data, const uint32_t *uids, size_t count, Delivery *delivery, GError **error)
{
	Bench *bench = data;

	bench->delivery = delivery;
	return imap_fetch(bench->imap, uids, count, record, bench, error);
}

static bool
move(void *data, const uint32_t *uids, size_t count, const char *destination, GError **error)
{
	const Bench *bench = data;

	return imap_move(bench->imap, uids, count, destination, error);
}

static void
throw_all_away(Bench *bench, const GArray *uids)
{
	g_autoptr(GError) error = NULL;

	for (unsigned at = 0; at < uids->len; at += BATCH)
		if (!imap_fetch(bench->imap, &g_array_index(uids, uint32_t, at), MIN(BATCH, uids->len - at), throw_away,
			    bench, &error))
			fail(error);
}

static void
record_all(Bench *bench, const char *folder, const GArray *uids, const char *handled)
{
	static const FolderDriver driver = { .fetch = fetch, .move = move, .ascending = true };
	const FolderPlan plan = { "bench", folder, handled, "", "", 3, NULL };
	g_autoptr(GArray) left = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	g_autoptr(GError) error = NULL;
	MailboxMark mark;
	FolderPast past = { 0 };
	FolderRound round = { .driver = &driver,
		.source = bench,
		.plan = &plan,
		.workers = bench->workers,
		.ledger = bench->ledger,
		.key = "bench",
		.mark = &mark,
		.past = &past,
		.left = left };
	uint64_t before = workers_recorded(bench->workers), recorded;

	mailbox_mark_init(&mark);
	if (!folder_work(&round, (const uint32_t *)(void *)uids->data, uids->len, &error))
		fail(error);
	mailbox_mark_clear(&mark);
	recorded = workers_recorded(bench->workers) - before;
	if (recorded == uids->len)
		return;
	g_printerr("%s: %" G_GUINT64_FORMAT " of %u messages were recorded\n", folder, recorded, uids->len);
	exit(1);
}

/* Processor time of this process so far, in microseconds. */
static double
cpu_used(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6
	       + (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

typedef struct Speed {
	double per_second, cpu_us; /* cpu_us: of this process, per message */
} Speed;

/* Over a whole folder; handled: NULL to throw it away. */
static Speed
read_folder(Bench *bench, const char *folder, const char *handled)
{
	g_autoptr(GArray) uids = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	g_autoptr(GError) error = NULL;
	ImapFolder selected;
	int64_t began;
	double used;

	if (!imap_select(bench->imap, folder, &selected, &error) || !imap_search(bench->imap, 1, uids, &error))
		fail(error);
	bench->taken = 0;
	began = g_get_monotonic_time();
	used = cpu_used();
	if (handled == NULL)
		throw_all_away(bench, uids);
	else
		record_all(bench, folder, uids, handled);
	if (bench->taken == uids->len)
		return (Speed){ uids->len * 1e6 / (double)(g_get_monotonic_time() - began),
			(cpu_used() - used) / uids->len };
	g_printerr("%s: %u of %u messages\n", folder, bench->taken, uids->len);
	exit(1);
}

static Imap *
open_imap(const MailboxSettings *mailbox)
{
	const ImapEndpoint endpoint = { mailbox->host, (uint16_t)mailbox->port, mailbox->tls, mailbox->ca_file,
		mailbox->timeout_ms, -1 };
	g_autoptr(GError) error = NULL;
	g_autofree char *password = mailbox_password(mailbox, &error);
	Imap *imap = password == NULL ? NULL : imap_open(&endpoint, limits_default.message_bytes, &error);

	if (imap == NULL || !imap_login(imap, mailbox->user, password, &error))
		fail(error);
	return imap;
}

int
main(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(FblSettings) settings = fbl_settings_load(argc > 1 ? argv[1] : "retour.yaml", &error);
	g_autoptr(Rulebook) book = settings == NULL ? NULL : rulebook_load(&settings->rules, &error);
	Backend backend = { 0 };
	Bench bench = { 0 };

	curl_global_init(CURL_GLOBAL_DEFAULT);
	message_init();
	if (book == NULL || !backend_open_lists(&backend, &settings->store, &settings->cache, 2, 10000, &error)
		|| !backend_open_intake(&backend, &settings->store, book, &error))
		fail(error);
	bench.mailbox = settings->mailboxes->pdata[0];
	bench.workers = workers_start(backend.intake, WORKERS_THREADS, WORKERS_BYTES, &error);
	bench.imap = open_imap(bench.mailbox);
	bench.ledger = mailbox_ledger_open(&settings->store, &error);
	if (bench.ledger == NULL)
		fail(error);
	for (unsigned i = 0; bench.mailbox->folders[i] != NULL; i++) {
		const char *folder = bench.mailbox->folders[i];
		bool moves = i % 2 == 1;
		Speed away = read_folder(&bench, folder, NULL);
		Speed recorded = read_folder(&bench, folder, moves ? "Handled" : "");

		g_print("%s: thrown away %.0f/s (%.0f us here), recorded%s %.0f/s (%.0f us here), ratio %.3f\n", folder,
			away.per_second, away.cpu_us, moves ? " and moved" : "", recorded.per_second, recorded.cpu_us,
			recorded.per_second / away.per_second);
	}
	mailbox_ledger_close(bench.ledger);
	imap_close(bench.imap);
	workers_stop(bench.workers);
	backend_close(&backend);
	return 0;
}
