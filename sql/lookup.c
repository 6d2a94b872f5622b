#include "lookup.h"

#include "address.h"
#include "listing_rows.h"

#define EVENTS_SHOWN "20"
#define SENT_SHOWN "10"
#define AUDIT_SHOWN "20"

static const Statement listings = { "lookup_listings",
	"select " LISTING_COLUMNS
	" from blacklist b where b.target = any(blacklist_names($1::text) || ('@' || split_part($1, '@', -1)))"
	" order by b.target like '@%', b.scope <> '*', b.scope" };

static const Statement events = { "lookup_events",
	"select extract(epoch from e.at)::bigint, e.reply_code, coalesce(r.kind, ''), e.action, e.category, "
	"e.confidence, e.evidence,"
	" e.rule, e.status, e.diagnostic, e.remote_mta, e.provider, e.sender_domain, coalesce(r.source, ''),"
	" coalesce(nullif(e.failed_recipient, ''), e.recipient), e.proof"
	" from (select * from events where recipient = $1::text order by at desc limit " EVENTS_SHOWN ") e"
	" left join reports r on r.id = e.report and r.received_at = e.at order by e.at desc" };

static const Statement sent = { "lookup_sent",
	"select extract(epoch from at)::bigint, message_id, queue_id, sender, sender_domain, provider from sent"
	" where recipient = $1::text order by at desc limit " SENT_SHOWN };

static const Statement strikes = { "lookup_strikes",
	"select target, scope, category, cardinality(days), extract(epoch from last_at)::bigint from strikes"
	" where target = any(blacklist_names($1::text) || ('@' || split_part($1, '@', -1))) and days <> '{}'"
	" order by target, scope, category" };

static const Statement audit = { "lookup_audit",
	"select " AUDIT_COLUMNS
	" from (select * from audit where target = any(blacklist_names($1::text) || ('@' || split_part($1, '@', -1)))"
	" order by xid desc, id desc limit " AUDIT_SHOWN ") a order by xid, id" };

static const Statement provider = { "lookup_provider",
	"select provider from provider_domains where domain = split_part($1::text, '@', -1)" };

static void
event_free(void *data)
{
	LookupEvent *event = data;

	g_free(event->kind);
	g_free(event->action);
	g_free(event->category);
	g_free(event->disposition);
	g_free(event->confidence);
	g_free(event->evidence);
	g_free(event->rule);
	g_free(event->status);
	g_free(event->diagnostic);
	g_free(event->remote_mta);
	g_free(event->provider);
	g_free(event->sender_domain);
	g_free(event->source);
	g_free(event->recipient);
	g_free(event->proof);
	g_free(event);
}

static void
sent_free(void *data)
{
	LookupSent *mail = data;

	g_free(mail->message_id);
	g_free(mail->queue_id);
	g_free(mail->sender);
	g_free(mail->sender_domain);
	g_free(mail);
}

static void
strikes_free(void *data)
{
	LookupStrikes *counted = data;

	g_free(counted->target);
	g_free(counted->scope);
	g_free(counted->category);
	g_free(counted);
}

void
lookup_free(Lookup *lookup)
{
	if (lookup == NULL)
		return;
	g_free(lookup->address);
	g_free(lookup->provider);
	g_clear_pointer(&lookup->listings, g_ptr_array_unref);
	g_clear_pointer(&lookup->events, g_ptr_array_unref);
	g_clear_pointer(&lookup->sent, g_ptr_array_unref);
	g_clear_pointer(&lookup->strikes, g_ptr_array_unref);
	g_clear_pointer(&lookup->audit, g_ptr_array_unref);
	g_free(lookup);
}

static LookupEvent *
event_read(const Rows *rows, int row)
{
	LookupEvent *event = g_new0(LookupEvent, 1);
	char **texts[] = { &event->kind, &event->action, &event->category, &event->confidence, &event->evidence,
		&event->rule, &event->status, &event->diagnostic, &event->remote_mta, &event->provider,
		&event->sender_domain, &event->source, &event->recipient, &event->proof };
	Category category;

	event->at = rows_number(rows, row, 0);
	event->reply_code = (unsigned)rows_number(rows, row, 1);
	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
		*texts[i] = g_strdup(rows_text(rows, row, (int)i + 2));
	event->disposition = g_strdup(
		category_parse(event->category, &category) ? disposition_name(category_disposition(category)) : "");
	return event;
}

static LookupSent *
sent_read(const Rows *rows, int row)
{
	LookupSent *mail = g_new0(LookupSent, 1);

	mail->at = rows_number(rows, row, 0);
	mail->message_id = g_strdup(rows_text(rows, row, 1));
	mail->queue_id = g_strdup(rows_text(rows, row, 2));
	mail->sender = g_strdup(rows_text(rows, row, 3));
	mail->sender_domain = g_strdup(rows_text(rows, row, 4));
	return mail;
}

static LookupStrikes *
strikes_read(const Rows *rows, int row)
{
	LookupStrikes *counted = g_new0(LookupStrikes, 1);

	counted->target = g_strdup(rows_text(rows, row, 0));
	counted->scope = g_strdup(rows_text(rows, row, 1));
	counted->category = g_strdup(rows_text(rows, row, 2));
	counted->days = (unsigned)rows_number(rows, row, 3);
	counted->last_at = rows_number(rows, row, 4);
	return counted;
}

/* What mail and reports say comes before what other addresses of the domain taught. */
static char *
provider_read(const Rows *event_rows, const Rows *sent_rows, const Rows *domain_rows)
{
	for (int row = 0; row < rows_count(event_rows); row++)
		if (g_strcmp0(rows_text(event_rows, row, 6), "unverified") != 0)
			return g_strdup(rows_text(event_rows, row, 11));
	if (rows_count(sent_rows) > 0)
		return g_strdup(rows_text(sent_rows, 0, 5));
	return g_strdup(rows_count(domain_rows) > 0 ? rows_text(domain_rows, 0, 0) : "");
}

static GPtrArray *
ask_all(Database *database, const char *address, GError **error)
{
	const Statement *statements[] = { &listings, &events, &sent, &strikes, &provider, &audit };
	g_autoptr(Params) params = params_new();

	params_add_text(params, address);
	for (size_t i = 0; i < G_N_ELEMENTS(statements); i++)
		if (!database_queue(database, statements[i], params, error))
			return NULL;
	return database_finish(database, error);
}

static Lookup *
lookup_read(const char *address, const GPtrArray *answers)
{
	const Rows *event_rows = g_ptr_array_index(answers, 1), *sent_rows = g_ptr_array_index(answers, 2);
	const Rows *strike_rows = g_ptr_array_index(answers, 3);
	Lookup *lookup = g_new0(Lookup, 1);

	lookup->address = g_strdup(address);
	lookup->provider = provider_read(event_rows, sent_rows, g_ptr_array_index(answers, 4));
	lookup->listings = listings_read(g_ptr_array_index(answers, 0));
	lookup->events = g_ptr_array_new_with_free_func(event_free);
	for (int row = 0; row < rows_count(event_rows); row++)
		g_ptr_array_add(lookup->events, event_read(event_rows, row));
	lookup->sent = g_ptr_array_new_with_free_func(sent_free);
	for (int row = 0; row < rows_count(sent_rows); row++)
		g_ptr_array_add(lookup->sent, sent_read(sent_rows, row));
	lookup->strikes = g_ptr_array_new_with_free_func(strikes_free);
	for (int row = 0; row < rows_count(strike_rows); row++)
		g_ptr_array_add(lookup->strikes, strikes_read(strike_rows, row));
	lookup->audit = audit_read(g_ptr_array_index(answers, 5));
	return lookup;
}

Lookup *
lookup_address(Blacklist *blacklist, const char *address, GError **error)
{
	g_autofree char *key = address_key(address);
	g_autoptr(GPtrArray) answers = NULL;
	Database *database;

	if (key == NULL) {
		g_set_error(error, RETOUR_ERROR, ERROR_INPUT, "\"%s\" is not an address", address);
		return NULL;
	}
	database = pool_take(blacklist_pool(blacklist), error);
	if (database == NULL)
		return NULL;
	answers = ask_all(database, key, error);
	pool_give(blacklist_pool(blacklist), database);
	return answers == NULL ? NULL : lookup_read(key, answers);
}
