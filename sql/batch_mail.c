#include "batch_items.h"

#include "mail_key.h"

#include <string.h>

#define RECORDED_PROOF "Message-ID and recipient of recorded mail"

/*
 * Recorded mail has a partition for each day that it is kept, and every one that is looked into costs. Mail servers try for
 * five days: nearly all that comes back is among the last ones, and only the rest is looked for in the others.
 */
#define ASK \
	"select mail_key, message_id, recipient, sender_domain from sent" \
	" where mail_key = any($1::int8[]) and token = 0 and at "
static const Statement ask_recent = { "ask_recent_mail", ASK "> now() - interval '8 days' order by at" };
static const Statement ask_older = { "ask_older_mail", ASK "<= now() - interval '8 days' order by at" };

/* A longer Message-ID than is kept cannot be compared. */
static bool
is_wanted(const Item *item)
{
	return !item->recorded && !item->known && *item->message_id != '\0' && *item->address != '\0'
	       && strlen(item->message_id) <= MAIL_MESSAGE_ID_BYTES;
}

/*
 * Known mail raises the grade, unless it left with a token: who has seen such a mail can bring that, and its Message-ID is
 * what every recipient of a newsletter knows of the others' copies.
 */
static void
recognise(Item *item, const char *sender_domain)
{
	item->known = true;
	item->sender_domain = sender_domain;
	if (item->evidence > EVIDENCE_KNOWN_MESSAGE) {
		item->evidence = EVIDENCE_KNOWN_MESSAGE;
		item->proof = RECORDED_PROOF;
	}
}

/* The key is only the way in. Of several mails the newest counts, which comes last. */
static void
read_mail(Batch *batch, const Rows *rows)
{
	int count = rows_count(rows);
	g_autofree gint64 *keys = g_new(gint64, count);
	g_autoptr(GHashTable) newest = g_hash_table_new(g_int64_hash, g_int64_equal); /* key -> row + 1 */

	for (int row = 0; row < count; row++) {
		keys[row] = rows_number(rows, row, 0);
		g_hash_table_insert(newest, &keys[row], GINT_TO_POINTER(row + 1));
	}
	for (unsigned i = 0; i < batch->count; i++) {
		Item *item = &batch->items[i];
		gint64 key = mail_key(item->message_id, item->address);
		int row = is_wanted(item) ? GPOINTER_TO_INT(g_hash_table_lookup(newest, &key)) - 1 : -1;

		if (row >= 0 && strcmp(rows_text(rows, row, 1), item->message_id) == 0
			&& strcmp(rows_text(rows, row, 2), item->address) == 0)
			recognise(item, rows_text(rows, row, 3));
	}
}

static bool
ask(Batch *batch, const Statement *statement, GError **error)
{
	g_autoptr(Params) params = params_new();
	Column *keys = params_add_column(params, COLUMN_INT8);
	bool any = false;
	unsigned first;

	for (unsigned i = 0; i < batch->count; i++) {
		const Item *item = &batch->items[i];

		if (!is_wanted(item))
			continue;
		any = true;
		column_add_number(keys, mail_key(item->message_id, item->address));
	}
	if (!any)
		return true;
	if (!database_queue(batch->writer->database, statement, params, error)
		|| !batch_finish_stage(batch, &first, error))
		return false;
	read_mail(batch, g_ptr_array_index(batch->rows, batch->rows->len - 1));
	return true;
}

bool
batch_ask_mail(Batch *batch, GError **error)
{
	return ask(batch, &ask_recent, error) && ask(batch, &ask_older, error);
}
