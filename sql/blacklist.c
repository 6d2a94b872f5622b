#include "blacklist.h"

#include "address.h"
#include "listing_rows.h"
#include "schema.h"
#include "subaddress_rules.h"
#include "text_limits.h"

#include <string.h>

#define AUDIT_REFERENCE "substring(detail from '^R-[0-9]+')" /* as the index audit_reference has it */

struct Blacklist {
	Pool *pool;
	SubaddressCopy *subaddressing;
};

static const Statement check = { "blacklist_check",
	"select " LISTING_COLUMNS " from blacklist b"
	" where b.target = any(array(select unnest(blacklist_names(name)) from unnest($1::text[]) as name)"
	"  || ('@' || split_part(($1::text[])[1], '@', -1)))"
	" and b.scope in ('*', lower($2::text)) and (b.expires_at is null or b.expires_at > now())"
	" order by b.target like '@%', b.scope <> '*' limit 1" };
static const Statement add = { "blacklist_add",
	"select blacklist_add($1::text, $2::text, $3::text, $4::text, $5::text, $6::timestamptz, $7::text)" };
static const Statement take_away = { "blacklist_remove",
	"select blacklist_remove($1::text, $2::text, $3::text, $4::text)" };
static const Statement find_target = { "blacklist_find_target",
	"select " LISTING_COLUMNS
	" from blacklist b where b.target = any(blacklist_names($1::text)) order by b.target, b.scope" };
static const Statement find_number = { "blacklist_find_number",
	"select " LISTING_COLUMNS " from blacklist b where b.number = $1::bigint" };
static const Statement referred = { "blacklist_referred",
	"select target from audit where " AUDIT_REFERENCE " = 'R-' || $1::bigint order by xid desc, id desc limit 1" };

/*
 * Plans are made without the parameters, so each condition that an index answers has a statement of its own; the partial ones
 * are told apart as the indexes are.
 */
#define LIST(condition) \
	"select " LISTING_COLUMNS " from blacklist b where " condition " and ($1::text is null or b.category = $1)" \
	" and ($2::text is null or b.scope = $2) and ($3::text is null or split_part(b.target, '@', -1) = $3)" \
	" and ($4::bigint <> 0 or b.expires_at is null or b.expires_at > now())" \
	" order by b.number desc limit $5::bigint"
static const Statement list = { "blacklist_list", LIST("true") };
static const Statement list_domain = { "blacklist_list_domain", LIST("split_part(b.target, '@', -1) = $3") };
static const Statement list_scope = { "blacklist_list_scope", LIST("b.scope = $2 and b.scope <> '*'") };
static const Statement list_category = { "blacklist_list_category",
	LIST("b.category = $1 and b.category <> 'user_unknown'") };

static const Statement audit = { "blacklist_audit",
	"select " AUDIT_COLUMNS " from audit where target = any(blacklist_names($1::text)) order by xid, id" };

Blacklist *
blacklist_open(const StoreSettings *settings, unsigned connections, int64_t timeout_ms, GError **error)
{
	g_autoptr(GError) problem = NULL;
	Blacklist *blacklist = g_new0(Blacklist, 1);
	Database *database;

	blacklist->pool = pool_new(settings->url, connections, timeout_ms, settings->meter);
	blacklist->subaddressing = subaddress_copy_new(blacklist->pool);
	database = pool_take(blacklist->pool, &problem);
	if (database != NULL)
		pool_give(blacklist->pool, database);
	if (problem == NULL || !g_error_matches(problem, RETOUR_ERROR, ERROR_CONFIG))
		return blacklist;
	g_propagate_error(error, g_steal_pointer(&problem));
	blacklist_close(blacklist);
	return NULL;
}

void
blacklist_close(Blacklist *blacklist)
{
	if (blacklist == NULL)
		return;
	subaddress_copy_free(blacklist->subaddressing);
	pool_free(blacklist->pool);
	g_free(blacklist);
}

Pool *
blacklist_pool(Blacklist *blacklist)
{
	return blacklist->pool;
}

static void
set_text(char **text, const Rows *rows, int row, int column)
{
	g_free(*text);
	*text = g_strdup(rows_text(rows, row, column));
}

Listing *
listing_read(const Rows *rows, int row)
{
	Listing *listing = listing_new();

	set_text(&listing->target, rows, row, 0);
	set_text(&listing->scope, rows, row, 1);
	if (!category_parse(rows_text(rows, row, 2), &listing->category))
		listing->category = CATEGORY_UNDETERMINED; /* of a newer version */
	set_text(&listing->reason, rows, row, 3);
	set_text(&listing->reference, rows, row, 4);
	set_text(&listing->source, rows, row, 5);
	set_text(&listing->evidence, rows, row, 6);
	set_text(&listing->note, rows, row, 7);
	listing->since = rows_number(rows, row, 8);
	listing->expires_at = rows_time(rows, row, 9);
	listing->strikes = (unsigned)rows_number(rows, row, 10);
	return listing;
}

GPtrArray *
listings_read(const Rows *rows)
{
	GPtrArray *listings = g_ptr_array_new_with_free_func((GDestroyNotify)listing_free);

	for (int row = 0; row < rows_count(rows); row++)
		g_ptr_array_add(listings, listing_read(rows, row));
	return listings;
}

bool
blacklist_subaddressing(Blacklist *blacklist, int64_t max_age_ms, Subaddressing **ret_set)
{
	return subaddress_copy_get(blacklist->subaddressing, max_age_ms, ret_set);
}

bool
blacklist_refresh_subaddressing(Blacklist *blacklist, GError **error)
{
	return subaddress_copy_refresh(blacklist->subaddressing, error);
}

bool
blacklist_check(Blacklist *blacklist, const char *const *names, const char *sender_domain, Listing **ret_listing,
	GError **error)
{
	g_autoptr(Params) params = params_new();
	Column *column = params_add_column(params, COLUMN_TEXT);
	g_autoptr(Rows) rows = NULL;

	for (; *names != NULL; names++)
		column_add_text(column, *names, ADDRESS_BYTES);
	params_add_text(params, sender_domain);
	rows = pool_read(blacklist->pool, &check, params, error);
	if (rows == NULL)
		return false;
	*ret_listing = rows_count(rows) == 0 ? NULL : listing_read(rows, 0);
	return true;
}

char *
blacklist_target(const char *target)
{
	g_autofree char *domain = NULL;

	if (g_str_has_prefix(target, ERASED_PREFIX) && strchr(target, '@') == NULL)
		return g_strdup(target);
	if (target[0] != '@')
		return address_key(target);
	domain = domain_normalise(target + 1);
	return domain == NULL ? NULL : g_strconcat("@", domain, NULL);
}

char *
blacklist_scope(const char *text)
{
	return strcmp(text, SCOPE_ALL) == 0 ? g_strdup(SCOPE_ALL) : domain_normalise(text);
}

/* scope NULL stays NULL. */
static bool
normalise(const BlacklistChange *change, char **ret_target, char **ret_scope, GError **error)
{
	g_autofree char *target = blacklist_target(change->target);
	g_autofree char *scope = NULL;

	if (target == NULL) {
		g_set_error(error, RETOUR_ERROR, ERROR_INPUT, "\"%s\" is neither an address nor \"@domain\"",
			change->target);
		return false;
	}
	if (change->scope != NULL && strcmp(change->scope, SCOPE_ALL) == 0)
		scope = g_strdup(SCOPE_ALL);
	else if (change->scope != NULL && (scope = domain_normalise(change->scope)) == NULL) {
		g_set_error(error, RETOUR_ERROR, ERROR_INPUT, "\"%s\" is neither \"*\" nor a domain", change->scope);
		return false;
	}
	*ret_target = g_steal_pointer(&target);
	*ret_scope = g_steal_pointer(&scope);
	return true;
}

bool
blacklist_add(Blacklist *blacklist, const BlacklistChange *change, char **ret_reference, GError **error)
{
	g_autofree char *target = NULL, *scope = NULL;
	g_autoptr(Params) params = params_new();
	g_autoptr(Rows) rows = NULL;

	if (!normalise(change, &target, &scope, error))
		return false;
	params_add_text(params, target);
	params_add_text(params, scope);
	params_add_text(params, category_name(change->category));
	params_add_text(params, change->reason);
	params_add_text(params, change->note);
	params_add_time(params, change->expires_at);
	params_add_text(params, change->actor);
	rows = pool_write(blacklist->pool, &add, params, error);
	if (rows == NULL)
		return false;
	*ret_reference = g_strdup(rows_text(rows, 0, 0));
	return true;
}

bool
blacklist_remove(Blacklist *blacklist, const BlacklistChange *change, bool *ret_removed, GError **error)
{
	g_autofree char *target = NULL, *scope = NULL;
	g_autoptr(Params) params = params_new();
	g_autoptr(Rows) rows = NULL;

	if (!normalise(change, &target, &scope, error))
		return false;
	params_add_text(params, target);
	params_add_text(params, scope);
	params_add_text(params, change->reason);
	params_add_text(params, change->actor);
	rows = pool_write(blacklist->pool, &take_away, params, error);
	if (rows == NULL)
		return false;
	*ret_removed = rows_number(rows, 0, 0) > 0;
	return true;
}

static bool
reference_parse(const char *text, int64_t *ret_number)
{
	guint64 number;

	if (g_ascii_strncasecmp(text, "R-", 2) != 0
		|| !g_ascii_string_to_unsigned(text + 2, 10, 1, INT64_MAX, &number, NULL))
		return false;
	*ret_number = (int64_t)number;
	return true;
}

GPtrArray *
blacklist_find(Blacklist *blacklist, const char *target_or_reference, GError **error)
{
	g_autofree char *target = blacklist_target(target_or_reference);
	g_autoptr(Params) params = params_new();
	g_autoptr(Rows) rows = NULL;
	int64_t number = 0;

	if (target == NULL && !reference_parse(target_or_reference, &number)) {
		g_set_error(error, RETOUR_ERROR, ERROR_INPUT,
			"\"%s\" is neither an address, nor \"@domain\", nor a reference", target_or_reference);
		return NULL;
	}
	if (target != NULL)
		params_add_text(params, target);
	else
		params_add_number(params, number);
	rows = pool_read(blacklist->pool, target != NULL ? &find_target : &find_number, params, error);
	return rows == NULL ? NULL : listings_read(rows);
}

bool
blacklist_referred(Blacklist *blacklist, const char *reference, char **ret_target, GError **error)
{
	g_autoptr(Params) params = params_new();
	g_autoptr(Rows) rows = NULL;
	int64_t number;

	*ret_target = NULL;
	if (!reference_parse(reference, &number))
		return true;
	params_add_number(params, number);
	rows = pool_read(blacklist->pool, &referred, params, error);
	if (rows == NULL)
		return false;
	if (rows_count(rows) > 0)
		*ret_target = g_strdup(rows_text(rows, 0, 0));
	return true;
}

/* The fewest rows first. */
static const Statement *
list_statement(const BlacklistQuery *query)
{
	if (query->domain != NULL)
		return &list_domain;
	if (query->scope != NULL && strcmp(query->scope, SCOPE_ALL) != 0)
		return &list_scope;
	if (query->category != NULL && strcmp(query->category, category_name(CATEGORY_USER_UNKNOWN)) != 0)
		return &list_category;
	return &list;
}

GPtrArray *
blacklist_list(Blacklist *blacklist, const BlacklistQuery *query, GError **error)
{
	g_autoptr(Params) params = params_new();
	g_autoptr(Rows) rows = NULL;

	params_add_text(params, query->category);
	params_add_text(params, query->scope);
	params_add_text(params, query->domain);
	params_add_number(params, query->expired);
	params_add_number(params, query->limit);
	rows = pool_read(blacklist->pool, list_statement(query), params, error);
	return rows == NULL ? NULL : listings_read(rows);
}

void
audit_entry_free(AuditEntry *entry)
{
	if (entry == NULL)
		return;
	g_free(entry->actor);
	g_free(entry->action);
	g_free(entry->target);
	g_free(entry->scope);
	g_free(entry->reason);
	g_free(entry->detail);
	g_free(entry);
}

static AuditEntry *
audit_entry_read(const Rows *rows, int row)
{
	AuditEntry *entry = g_new0(AuditEntry, 1);
	char **texts[] = { &entry->actor, &entry->action, &entry->target, &entry->scope, &entry->reason,
		&entry->detail };

	entry->at = rows_number(rows, row, 0);
	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
		*texts[i] = g_strdup(rows_text(rows, row, (int)i + 1));
	return entry;
}

GPtrArray *
audit_read(const Rows *rows)
{
	GPtrArray *entries = g_ptr_array_new_with_free_func((GDestroyNotify)audit_entry_free);

	for (int row = 0; row < rows_count(rows); row++)
		g_ptr_array_add(entries, audit_entry_read(rows, row));
	return entries;
}

GPtrArray *
blacklist_audit(Blacklist *blacklist, const char *target, GError **error)
{
	g_autofree char *key = blacklist_target(target);
	g_autoptr(Params) params = params_new();
	g_autoptr(Rows) rows = NULL;

	if (key == NULL) {
		g_set_error(error, RETOUR_ERROR, ERROR_INPUT, "\"%s\" is neither an address nor \"@domain\"", target);
		return NULL;
	}
	params_add_text(params, key);
	rows = pool_read(blacklist->pool, &audit, params, error);
	return rows == NULL ? NULL : audit_read(rows);
}
