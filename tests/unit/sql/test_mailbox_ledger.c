#include "mailbox_ledger.h"

#include "sql_fixture.h"

static MailboxLedger *
open_ledger(const char *url)
{
	g_autofree char *reader = fixture_url_as(url, "retour_reader");
	StoreSettings settings = { .url = reader, .commit_timeout_ms = 10000 };
	g_autoptr(GError) error = NULL;
	MailboxLedger *ledger = mailbox_ledger_open(&settings, &error);

	g_assert_no_error(error);
	return ledger;
}

static bool
lock(MailboxLedger *ledger, const char *mailbox)
{
	bool mine = false;

	g_assert_true(mailbox_ledger_lock(ledger, mailbox, &mine, NULL));
	return mine;
}

/* The lock is of the connection: it goes with it, and belongs to one mailbox. */
static void
test_lock(void)
{
	g_autofree char *url = fixture_database();
	MailboxLedger *first = open_ledger(url), *second = open_ledger(url);

	g_assert_true(lock(first, "imap:a"));
	g_assert_true(lock(first, "imap:a"));
	g_assert_false(lock(second, "imap:a"));
	g_assert_true(lock(second, "imap:b"));
	mailbox_ledger_close(first);
	while (!lock(second, "imap:a"))
		g_usleep(10000);
	mailbox_ledger_close(second);
}

static void
add_try(MailboxMark *mark, uint32_t uid, uint32_t tries)
{
	MailboxTry tried = { uid, tries };

	g_array_append_val(mark->tried, tried);
}

static void
test_mark(void)
{
	g_autofree char *url = fixture_database();
	g_autoptr(MailboxLedger) ledger = open_ledger(url);
	MailboxMark mark, other;

	mailbox_mark_init(&mark);
	mailbox_mark_init(&other);
	add_try(&mark, 7, 7); /* what it held is replaced */
	g_assert_true(mailbox_ledger_load(ledger, "imap:a", "INBOX", &mark, NULL));
	g_assert_cmpuint(mark.uidvalidity, ==, 0);
	g_assert_cmpuint(mark.last_uid, ==, 0);
	g_assert_cmpuint(mark.tried->len, ==, 0);

	mark.uidvalidity = UINT32_MAX;
	mark.last_uid = UINT32_MAX - 2;
	add_try(&mark, UINT32_MAX, 2);
	add_try(&mark, UINT32_MAX - 1, 1);
	for (int turn = 0; turn < 2; turn++)
		g_assert_true(mailbox_ledger_save(ledger, "imap:a", "INBOX", &mark, NULL));
	g_assert_true(mailbox_ledger_load(ledger, "imap:a", "INBOX", &other, NULL));
	g_assert_cmpuint(other.uidvalidity, ==, UINT32_MAX);
	g_assert_cmpuint(other.last_uid, ==, UINT32_MAX - 2);
	g_assert_cmpuint(other.tried->len, ==, 2);
	g_assert_cmpuint(g_array_index(other.tried, MailboxTry, 0).uid, ==, UINT32_MAX - 1);
	g_assert_cmpuint(g_array_index(other.tried, MailboxTry, 1).tries, ==, 2);

	g_assert_true(mailbox_ledger_load(ledger, "imap:a", "Other", &other, NULL));
	g_assert_cmpuint(other.uidvalidity, ==, 0);
	mailbox_mark_clear(&mark);
	mailbox_mark_clear(&other);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	if (!fixture_present())
		return 0;
	g_test_add_func("/mailbox_ledger/lock", test_lock);
	g_test_add_func("/mailbox_ledger/mark", test_mark);
	return g_test_run();
}
