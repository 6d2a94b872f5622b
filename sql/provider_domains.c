#include "provider_domains.h"

#include "listing_rows.h"
#include "text_limits.h"

#define DOMAIN_COLUMNS \
	" p.domain, p.provider, p.source, p.answer, p.mx, extract(epoch from p.seen_at)::bigint," \
	" extract(epoch from p.checked_at)::bigint," \
	" extract(epoch from nullif(p.due_at, 'infinity'))::bigint, p.failures"

/* Providers that are known by name have no dot in it; an address literal has no MX. */
static const Statement discover = { "provider_domains_discover",
	"with found as ("
	" insert into provider_domains (domain)"
	" select distinct c.provider from counters c where c.hour >= date_trunc('hour', $1::timestamptz)"
	"  and strpos(c.provider, '.') > 0 and c.provider not like '[%'"
	"  and not exists (select from provider_domains p where p.domain = c.provider)"
	" order by 1 limit 10000 on conflict do nothing returning 1"
	") select count(*) from found" };

static const Statement claim = { "provider_domains_due",
	"with due as ("
	" select domain from provider_domains where due_at <= now() order by due_at limit $1::bigint"
	" for update skip locked"
	") update provider_domains p set due_at = now() + interval '10 minutes' from due where p.domain = due.domain"
	" returning" DOMAIN_COLUMNS };

/* Locked in the order of the writers. */
static const Statement learn = { "provider_domains_learn",
	"with learned as materialized ("
	" select * from unnest($1::text[], $2::bool[], $3::text[], $4::text[], $5::text[], $6::text[], $7::int4[], "
	"$8::int8[])"
	"  as l(domain, changes, provider, source, answer, mx, failures, due)"
	"), held as materialized ("
	" select domain from provider_domains where domain = any($1::text[]) order by domain for update"
	") update provider_domains p set provider = case when l.changes then l.provider else p.provider end,"
	"  source = case when l.changes then l.source else p.source end, answer = l.answer, mx = l.mx,"
	"  failures = l.failures, checked_at = now(), due_at = now() + l.due * interval '1 second',"
	"  seen_at = case when l.changes and p.provider <> l.provider then now() else p.seen_at end"
	" from learned l join held h using (domain) where p.domain = l.domain and p.source <> 'manual'" };

static const Statement find = { "provider_domain_find",
	"select" DOMAIN_COLUMNS " from provider_domains p where p.domain = $1::text" };

static const Statement find_all = { "provider_domains_of",
	"select" DOMAIN_COLUMNS
	" from provider_domains p where p.provider = $1::text order by p.domain limit $2::bigint" };

static const Statement count_all = { "provider_domain_counts",
	"select provider, count(*) from provider_domains where provider <> '' group by provider" };

static const Statement count_overdue = { "provider_domains_overdue",
	"select count(*) from provider_domains where due_at < now() - interval '1 hour'" };

static const Statement set = { "provider_domain_set", "select provider_set($1::text, $2::text)" };

void
provider_domain_free(ProviderDomain *domain)
{
	if (domain == NULL)
		return;
	g_free(domain->domain);
	g_free(domain->provider);
	g_free(domain->source);
	g_free(domain->answer);
	g_free(domain->mx);
	g_free(domain);
}

static ProviderDomain *
domain_read(const Rows *rows, int row)
{
	ProviderDomain *domain = g_new0(ProviderDomain, 1);
	char **texts[] = { &domain->domain, &domain->provider, &domain->source, &domain->answer, &domain->mx };

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
		*texts[i] = g_strdup(rows_text(rows, row, (int)i));
	domain->seen_at = rows_time(rows, row, 5);
	domain->checked_at = rows_time(rows, row, 6);
	domain->due_at = rows_time(rows, row, 7);
	domain->failures = (unsigned)rows_number(rows, row, 8);
	return domain;
}

static GPtrArray *
domains_read(const Rows *rows)
{
	GPtrArray *domains = g_ptr_array_new_with_free_func((GDestroyNotify)provider_domain_free);

	for (int row = 0; row < rows_count(rows); row++)
		g_ptr_array_add(domains, domain_read(rows, row));
	return domains;
}

bool
provider_domains_discover(Blacklist *blacklist, int64_t since, uint64_t *ret_found, GError **error)
{
	g_autoptr(Params) params = params_new();
	g_autoptr(Rows) rows = NULL;

	params_add_time(params, since);
	rows = pool_write(blacklist_pool(blacklist), &discover, params, error);
	if (rows == NULL)
		return false;
	*ret_found = (uint64_t)rows_number(rows, 0, 0);
	return true;
}

GPtrArray *
provider_domains_due(Blacklist *blacklist, unsigned limit, GError **error)
{
	g_autoptr(Params) params = params_new();
	g_autoptr(Rows) rows = NULL;

	params_add_number(params, limit);
	rows = pool_write(blacklist_pool(blacklist), &claim, params, error);
	return rows == NULL ? NULL : domains_read(rows);
}

bool
provider_domains_learn(Blacklist *blacklist, const ProviderLearned *learned, size_t count, GError **error)
{
	static const ColumnType types[] = { COLUMN_TEXT, COLUMN_BOOL, COLUMN_TEXT, COLUMN_TEXT, COLUMN_TEXT,
		COLUMN_TEXT, COLUMN_INT4, COLUMN_INT8 };
	g_autoptr(Params) params = params_new();
	Column *columns[G_N_ELEMENTS(types)];
	g_autoptr(Rows) rows = NULL;

	for (size_t i = 0; i < G_N_ELEMENTS(types); i++)
		columns[i] = params_add_column(params, types[i]);
	for (size_t i = 0; i < count; i++) {
		bool changes = learned[i].provider != NULL;

		column_add_text(columns[0], learned[i].domain, NAME_BYTES);
		column_add_number(columns[1], changes);
		column_add_text(columns[2], changes ? learned[i].provider : "", NAME_BYTES);
		column_add_text(columns[3], learned[i].source, NAME_BYTES);
		column_add_text(columns[4], learned[i].answer, NAME_BYTES);
		column_add_text(columns[5], learned[i].mx, NAME_BYTES);
		column_add_number(columns[6], learned[i].failures);
		column_add_number(columns[7], learned[i].due_seconds);
	}
	rows = pool_write(blacklist_pool(blacklist), &learn, params, error);
	return rows != NULL;
}

bool
provider_domain_find(Blacklist *blacklist, const char *domain, ProviderDomain **ret_domain, GError **error)
{
	g_autoptr(Params) params = params_new();
	g_autoptr(Rows) rows = NULL;

	params_add_text(params, domain);
	rows = pool_read(blacklist_pool(blacklist), &find, params, error);
	if (rows == NULL)
		return false;
	*ret_domain = rows_count(rows) == 0 ? NULL : domain_read(rows, 0);
	return true;
}

GPtrArray *
provider_domains_of(Blacklist *blacklist, const char *provider, int64_t limit, GError **error)
{
	g_autoptr(Params) params = params_new();
	g_autoptr(Rows) rows = NULL;

	params_add_text(params, provider);
	params_add_number(params, limit);
	rows = pool_read(blacklist_pool(blacklist), &find_all, params, error);
	return rows == NULL ? NULL : domains_read(rows);
}

GHashTable *
provider_domain_counts(Blacklist *blacklist, GError **error)
{
	g_autoptr(Rows) rows = pool_read(blacklist_pool(blacklist), &count_all, NULL, error);
	GHashTable *counts;

	if (rows == NULL)
		return NULL;
	counts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	for (int row = 0; row < rows_count(rows); row++)
		g_hash_table_insert(
			counts, g_strdup(rows_text(rows, row, 0)), GINT_TO_POINTER((int)rows_number(rows, row, 1)));
	return counts;
}

bool
provider_domains_overdue(Blacklist *blacklist, uint64_t *ret_count, GError **error)
{
	g_autoptr(Rows) rows = pool_read(blacklist_pool(blacklist), &count_overdue, NULL, error);

	if (rows == NULL)
		return false;
	*ret_count = (uint64_t)rows_number(rows, 0, 0);
	return true;
}

bool
provider_domain_set(Blacklist *blacklist, const char *domain, const char *provider, GError **error)
{
	g_autoptr(Params) params = params_new();
	g_autoptr(Rows) rows = NULL;

	params_add_text(params, domain);
	params_add_text(params, provider);
	rows = pool_write(blacklist_pool(blacklist), &set, params, error);
	return rows != NULL;
}
