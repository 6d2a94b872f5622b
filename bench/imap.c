/*
 * Messages a second from IMAP to commit, compared with fetching the same messages with the same IMAP layer and throwing
 * them away, in the same run: bench-imap RETOUR.YAML
 * Reads each folder of the first mailbox twice, first to throw away, then to record. bench/imap.py makes servers and mail.
 */
#include "imap.h"
#include "backend.h"
#include "fbl_settings.h"
#include "message.h"
#include "workers.h"

#include <curl/curl.h>
#include <stdlib.h>

#define BATCH 250

typedef struct Bench {
	const MailboxSettings *mailbox;
	Imap *imap;
	Workers *workers;
	Delivery *delivery;
	unsigned taken, recorded;
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

static void
fetch_batch(Bench *bench, const uint32_t *uids, size_t count, bool recording)
{
	g_autoptr(GError) error = NULL;

	bench->delivery = delivery_new(bench->workers);
	if (!imap_fetch(bench->imap, uids, count, recording ? record : throw_away, bench, &error))
		fail(error);
	const GPtrArray *letters = delivery_wait(bench->delivery);

	for (unsigned i = 0; i < letters->len; i++)
		bench->recorded += ((const Letter *)letters->pdata[i])->outcome == OUTCOME_RECORDED;
	g_clear_pointer(&bench->delivery, delivery_free);
}

/* Messages a second over a whole folder. */
static double
read_folder(Bench *bench, const char *folder, bool recording)
{
	g_autoptr(GArray) uids = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	g_autoptr(GError) error = NULL;
	ImapFolder selected;
	int64_t began;

	if (!imap_select(bench->imap, folder, &selected, &error) || !imap_search(bench->imap, 1, uids, &error))
		fail(error);
	bench->taken = bench->recorded = 0;
	began = g_get_monotonic_time();
	for (unsigned at = 0; at < uids->len; at += BATCH)
		fetch_batch(bench, &g_array_index(uids, uint32_t, at), MIN(BATCH, uids->len - at), recording);
	if (bench->taken != uids->len || (recording && bench->recorded != uids->len)) {
		g_printerr("%s: %u of %u messages, %u recorded\n", folder, bench->taken, uids->len, bench->recorded);
		exit(1);
	}
	return bench->taken * 1e6 / (double)(g_get_monotonic_time() - began);
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
	for (char **folder = bench.mailbox->folders; *folder != NULL; folder++) {
		double away = read_folder(&bench, *folder, false), recorded = read_folder(&bench, *folder, true);

		g_print("%s: thrown away %.0f/s, recorded %.0f/s, ratio %.3f\n", *folder, away, recorded,
			recorded / away);
	}
	imap_close(bench.imap);
	workers_stop(bench.workers);
	backend_close(&backend);
	return 0;
}
