#include "mailbox_ledger.h"

#include "database.h"
#include "schema.h"

struct MailboxLedger {
	Database *database;
	int64_t timeout_ms;
};

static const Statement take_lock = { "mailbox_lock",
	"select pg_try_advisory_lock(hashtextextended($1::text, 4924417))" };
static const Statement load_mark = { "mailbox_load",
	"select uidvalidity, last_uid from mailbox_folders where mailbox = $1::text and folder = $2::text" };
static const Statement load_tries = { "mailbox_load_tries",
	"select t.uid, t.tries from mailbox_folders m, unnest(m.tried_uids, m.tries) t (uid, tries)"
	" where m.mailbox = $1::text and m.folder = $2::text order by t.uid" };
static const Statement save_mark = { "mailbox_save",
	"insert into mailbox_folders (mailbox, folder, uidvalidity, last_uid, tried_uids, tries)"
	" values ($1::text, $2::text, $3::bigint, $4::bigint, $5::bigint[], $6::integer[])"
	" on conflict (mailbox, folder) do update set uidvalidity = excluded.uidvalidity, last_uid = excluded.last_uid,"
	" tried_uids = excluded.tried_uids, tries = excluded.tries, changed_at = now()" };

MailboxLedger *
mailbox_ledger_open(const StoreSettings *settings, GError **error)
{
	Database *database = database_open(settings->url, settings->commit_timeout_ms, error);
	MailboxLedger *ledger;

	if (database == NULL)
		return NULL;
	if (!schema_check(database, error)) {
		database_close(database);
		return NULL;
	}
	ledger = g_new0(MailboxLedger, 1);
	ledger->database = database;
	ledger->timeout_ms = settings->commit_timeout_ms;
	return ledger;
}

void
mailbox_ledger_close(MailboxLedger *ledger)
{
	if (ledger == NULL)
		return;
	database_close(ledger->database);
	g_free(ledger);
}

static Rows *
ask(MailboxLedger *ledger, const Statement *statement, const Params *params, GError **error)
{
	database_set_deadline(ledger->database, g_get_monotonic_time() + ledger->timeout_ms * 1000);
	return database_ask(ledger->database, statement, params, error);
}

bool
mailbox_ledger_lock(MailboxLedger *ledger, const char *mailbox, bool *ret_mine, GError **error)
{
	g_autoptr(Params) params = params_new();
	g_autoptr(Rows) rows = NULL;

	params_add_text(params, mailbox);
	rows = ask(ledger, &take_lock, params, error);
	if (rows == NULL)
		return false;
	*ret_mine = rows_bool(rows, 0, 0);
	return true;
}

void
mailbox_mark_init(MailboxMark *mark)
{
	*mark = (MailboxMark){ .tried = g_array_new(FALSE, FALSE, sizeof(MailboxTry)) };
}

void
mailbox_mark_clear(MailboxMark *mark)
{
	g_clear_pointer(&mark->tried, g_array_unref);
}

bool
mailbox_ledger_load(MailboxLedger *ledger, const char *mailbox, const char *folder, MailboxMark *mark, GError **error)
{
	g_autoptr(Params) params = params_new();
	g_autoptr(Rows) rows = NULL, tries = NULL;

	params_add_text(params, mailbox);
	params_add_text(params, folder);
	rows = ask(ledger, &load_mark, params, error);
	if (rows == NULL)
		return false;
	tries = ask(ledger, &load_tries, params, error);
	if (tries == NULL)
		return false;
	mark->uidvalidity = rows_count(rows) == 0 ? 0 : (uint32_t)rows_number(rows, 0, 0);
	mark->last_uid = rows_count(rows) == 0 ? 0 : (uint32_t)rows_number(rows, 0, 1);
	g_array_set_size(mark->tried, 0);
	for (int row = 0; row < rows_count(tries); row++) {
		MailboxTry tried = { (uint32_t)rows_number(tries, row, 0), (uint32_t)rows_number(tries, row, 1) };

		g_array_append_val(mark->tried, tried);
	}
	return true;
}

bool
mailbox_ledger_save(
	MailboxLedger *ledger, const char *mailbox, const char *folder, const MailboxMark *mark, GError **error)
{
	g_autoptr(Params) params = params_new();
	g_autoptr(Rows) rows = NULL;
	Column *uids, *tries;

	params_add_text(params, mailbox);
	params_add_text(params, folder);
	params_add_number(params, mark->uidvalidity);
	params_add_number(params, mark->last_uid);
	uids = params_add_column(params, COLUMN_INT8);
	tries = params_add_column(params, COLUMN_INT4);
	for (unsigned i = 0; i < mark->tried->len; i++) {
		const MailboxTry *tried = &g_array_index(mark->tried, MailboxTry, i);

		column_add_number(uids, tried->uid);
		column_add_number(tries, tried->tries);
	}
	rows = ask(ledger, &save_mark, params, error);
	return rows != NULL;
}
