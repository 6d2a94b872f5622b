#include "folder.h"

#include "intake_fixture.h"
#include "mails.h"

#include <string.h>

#define MESSAGES 600 /* three lots */

/* A folder whose server fails at one FETCH: 1 for the first, 0 for none. */
static const struct {
	const char *name;
	unsigned fails_at;
	RetourError code;
	unsigned moved;      /* nevertheless */
	unsigned tried;      /* begun and not dealt with */
	unsigned moved_then; /* by a second round that fails as well */
} failures[] = {
	{ "all-is-well", 0, ERROR_RETRY, MESSAGES, 0, MESSAGES },
	{ "second-lot-refused", 2, ERROR_INPUT, 250, 250, 500 },
	{ "last-lot-refused", 3, ERROR_INPUT, 500, 100, MESSAGES },
	{ "connection-lost", 2, ERROR_RETRY, 0, 500, 250 },
};

typedef struct Server {
	const char *name;
	unsigned fetches, fails_at;
	RetourError code;
	GHashTable *moved; /* set of UIDs */
} Server;

static char *
recipient_of(const char *name, uint32_t uid)
{
	return g_strdup_printf("u%u@%s.example", uid, name);
}

static bool
fetch(void *data, const uint32_t *uids, size_t count, Delivery *delivery, GError **error)
{
	static const char *const none[] = { NULL };
	static const LetterTrust trust = { .headers = none, .border = { none, none } };
	Server *server = data;

	server->fetches++;
	for (size_t i = 0; i < count; i++) {
		g_autofree char *recipient = recipient_of(server->name, uids[i]);
		Bounce bounce = { .recipient = recipient, .message_id = recipient };
		g_autofree char *mail = mail_bounce(&bounce);

		if (server->fetches == server->fails_at && i == count / 2) {
			g_set_error_literal(error, RETOUR_ERROR, server->code, "as the test wants");
			return false;
		}
		delivery_add(delivery, letter_new("imap", uids[i], recipient, mail, strlen(mail), false, &trust));
	}
	return true;
}

static bool
move(void *data, const uint32_t *uids, size_t count, const char *destination, GError **error)
{
	const Server *server = data;

	(void)error;
	g_assert_cmpstr(destination, ==, "Handled");
	for (size_t i = 0; i < count; i++)
		g_assert_true(g_hash_table_add(server->moved, GUINT_TO_POINTER(uids[i])));
	return true;
}

/* One round over what was not moved yet. */
static bool
work(Server *server, Workers *workers, MailboxLedger *ledger, MailboxMark *mark, FolderPast *past, GError **error)
{
	static const FolderDriver driver = { .fetch = fetch, .move = move, .ascending = true };
	const FolderPlan plan = { "test", server->name, "Handled", "", "", 3, NULL };
	g_autoptr(GArray) left = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	g_autoptr(GArray) uids = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	FolderRound round = { .driver = &driver,
		.source = server,
		.plan = &plan,
		.workers = workers,
		.ledger = ledger,
		.key = "test",
		.mark = mark,
		.past = past,
		.left = left };

	for (uint32_t uid = 1; uid <= MESSAGES; uid++)
		if (!g_hash_table_contains(server->moved, GUINT_TO_POINTER(uid)))
			g_array_append_val(uids, uid);
	return folder_work(&round, (const uint32_t *)(void *)uids->data, uids->len, error);
}

static void
check_all_recorded_once(Fixture *fixture, const char *name)
{
	static const uint32_t some[] = { 1, 250, 251, 400, 500, 501, MESSAGES };

	for (size_t i = 0; i < G_N_ELEMENTS(some); i++) {
		g_autofree char *recipient = recipient_of(name, some[i]);

		g_assert_cmpuint(fixture_events(fixture, recipient), ==, 1);
	}
}

/* What is read ahead loses nothing: only what was committed is moved, and the next round finds the rest. */
static void
test_failure(gconstpointer data)
{
	size_t number = GPOINTER_TO_SIZE(data);
	g_autoptr(Fixture) fixture = fixture_new();
	g_autoptr(GError) error = NULL;
	Workers *workers = workers_start(fixture->intake, 8, WORKERS_BYTES, NULL);
	MailboxLedger *ledger = mailbox_ledger_open(&fixture->store_settings, NULL);
	Server server = { .name = failures[number].name,
		.fails_at = failures[number].fails_at,
		.code = failures[number].code,
		.moved = g_hash_table_new(NULL, NULL) };
	FolderPast past = { 0 };
	MailboxMark mark;

	mailbox_mark_init(&mark);
	g_assert_cmpint(work(&server, workers, ledger, &mark, &past, &error), ==, server.fails_at == 0);
	if (server.fails_at > 0)
		g_assert_error(error, RETOUR_ERROR, (gint)server.code);
	g_assert_cmpuint(g_hash_table_size(server.moved), ==, failures[number].moved);
	g_assert_true(mailbox_ledger_load(ledger, "test", server.name, &mark, NULL));
	g_assert_cmpuint(mark.last_uid, ==, failures[number].moved);
	g_assert_cmpuint(mark.tried->len, ==, failures[number].tried);
	server.fetches = 0;
	if (g_hash_table_size(server.moved) < MESSAGES)
		work(&server, workers, ledger, &mark, &past, NULL);
	g_assert_cmpuint(g_hash_table_size(server.moved), ==, failures[number].moved_then);
	server.fails_at = 0;
	if (g_hash_table_size(server.moved) < MESSAGES)
		g_assert_true(work(&server, workers, ledger, &mark, &past, NULL));
	g_assert_cmpuint(g_hash_table_size(server.moved), ==, MESSAGES);
	check_all_recorded_once(fixture, server.name);
	mailbox_mark_clear(&mark);
	g_hash_table_unref(server.moved);
	mailbox_ledger_close(ledger);
	workers_stop(workers);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	int status = fixture_prepare();

	if (status != 0)
		return status;
	for (size_t i = 0; i < G_N_ELEMENTS(failures); i++) {
		g_autofree char *path = g_strconcat("/folder/", failures[i].name, NULL);

		g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_failure);
	}
	return g_test_run();
}
