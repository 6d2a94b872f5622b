#include "batch_items.h"

#include "address.h"
#include "text_limits.h"

#include <string.h>

/*
 * Recorded mail knows each message by the number and the second in its tokens. Where the report names the recipient, his own
 * index leads to the row; where it hides him, the second does, and only a message to one tells who he is.
 */
#define ANSWER "s.sender_domain, s.message_id, s.recipient, s.provider"

static const Statement ask_named = { "ask_named",
	"select t.n, " ANSWER " from unnest($1::int4[], $2::timestamptz[], $3::int8[], $4::text[]) as t(n, at, token, "
	"recipient),"
	" lateral (select * from sent where recipient = t.recipient and at = t.at and token = t.token limit 1) as s" };

static const Statement ask_hidden = { "ask_hidden",
	"select t.n, " ANSWER " from unnest($1::int4[], $2::timestamptz[], $3::int8[]) as t(n, at, token),"
	" lateral (select * from sent where at = t.at and token = t.token limit 2) as s" };

/* What names a message that is not recorded, or has no Message-ID there: whoever makes up another one finds the same event. */
static void
key_by_token(Item *item, unsigned index)
{
	const Submission *submission = item->request->submission;
	g_autofree char *message = g_strdup_printf("token %" G_GINT64_MODIFIER "x", item->finding->token.message);

	submission->key(submission->report, index, item->address, message, item->key);
}

static unsigned
index_of(const Item *item)
{
	return (unsigned)(item->finding - item->request->submission->findings);
}

static bool
has_token(const Item *item)
{
	return item->finding->token.message != 0;
}

static bool
queue_asked(Batch *batch, bool hidden, bool *ret_any, GError **error)
{
	g_autoptr(Params) params = params_new();
	Column *n = params_add_column(params, COLUMN_INT4);
	Column *at = params_add_column(params, COLUMN_TIME);
	Column *token = params_add_column(params, COLUMN_INT8);
	Column *recipient = hidden ? NULL : params_add_column(params, COLUMN_TEXT);

	*ret_any = false;
	for (unsigned i = 0; i < batch->count; i++) {
		const Item *item = &batch->items[i];

		if (!has_token(item) || (*item->address == '\0') != hidden)
			continue;
		*ret_any = true;
		column_add_number(n, i);
		column_add_time(at, item->finding->token.made_at);
		column_add_number(token, item->finding->token.message);
		if (!hidden)
			column_add_text(recipient, item->address, ADDRESS_BYTES);
	}
	return !*ret_any || database_queue(batch->writer->database, hidden ? &ask_hidden : &ask_named, params, error);
}

/* What only our own record can say. */
static void
read_record(Item *item, const Rows *rows, int row)
{
	item->recorded = true;
	item->sender_domain = rows_text(rows, row, 1);
	item->message_id = rows_text(rows, row, 2);
	if (item->evidence > EVIDENCE_SIGNED) {
		item->evidence = EVIDENCE_SIGNED;
		item->proof = item->finding->token.place;
	}
}

static void
read_named(Batch *batch, const Rows *rows)
{
	for (int row = 0; row < rows_count(rows); row++)
		read_record(&batch->items[rows_number(rows, row, 0)], rows, row);
}

/* The rows of one message follow each other. */
static void
read_hidden(Batch *batch, const Rows *rows)
{
	for (int row = 0; row < rows_count(rows); row++) {
		Item *item = &batch->items[rows_number(rows, row, 0)];
		bool several = item->recorded;

		read_record(item, rows, row);
		item->address = several ? "" : rows_text(rows, row, 3);
		item->provider = several ? item->finding->provider : rows_text(rows, row, 4);
		item->provider_known = several ? item->finding->provider_known
					       : strcmp(item->provider, address_domain(item->address)) != 0;
	}
}

static void
name_items(Batch *batch)
{
	for (unsigned i = 0; i < batch->count; i++) {
		Item *item = &batch->items[i];
		const Submission *submission = item->request->submission;

		if (!has_token(item))
			continue;
		if (item->recorded && *item->message_id != '\0' && *item->address != '\0')
			submission->key(submission->report, index_of(item), item->address, item->message_id, item->key);
		else if (item->evidence != EVIDENCE_LOCAL)
			key_by_token(item, index_of(item));
	}
}

bool
batch_ask_tokens(Batch *batch, GError **error)
{
	bool named, hidden;
	unsigned next;

	if (!queue_asked(batch, false, &named, error) || !queue_asked(batch, true, &hidden, error))
		return false;
	if (!named && !hidden)
		return true;
	if (!batch_finish_stage(batch, &next, error))
		return false;
	next = batch->rows->len - named - hidden;
	if (named)
		read_named(batch, g_ptr_array_index(batch->rows, next++));
	if (hidden)
		read_hidden(batch, g_ptr_array_index(batch->rows, next));
	name_items(batch);
	return true;
}
