#include "property_compare.h"

#include "address.h"
#include "database.h"
#include "mirror_dump.h"

#include <string.h>

char *
compare_ask(const char *url, const char *sql)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Database) database = database_open(url, 0, &error);
	g_assert_no_error(error);
	const Statement statement = { "ask", sql };
	g_autoptr(Rows) rows = database_ask(database, &statement, NULL, &error);
	GString *text = g_string_new(NULL);

	g_assert_no_error(error);
	for (int row = 0; row < rows_count(rows); row++)
		g_string_append_printf(text, "%s\n", rows_text(rows, row, 0));
	return g_string_free(text, FALSE);
}

/* The text of the model's state, in the order and words of the queries in compare(). */
static char *
sorted(GHashTable *table, void (*append)(GString *text, const char *name, void *value, const Model *model),
	const Model *model)
{
	g_autoptr(GList) names = g_list_sort(g_hash_table_get_keys(table), (GCompareFunc)strcmp);
	GString *text = g_string_new(NULL);

	for (const GList *link = names; link != NULL; link = link->next)
		append(text, link->data, g_hash_table_lookup(table, link->data), model);
	return g_string_free(text, FALSE);
}

static int64_t
calendar_of(const Model *model, const char *name)
{
	const char *domain = strchr(name, '@') + 1;

	return domain[0] == 'w' ? model->today[domain[1] - '0'] : op_first_day();
}

static void
append_entry(GString *text, const char *name, void *value, const Model *model)
{
	const ModelEntry *entry = value;
	int64_t left = entry->expires_at - calendar_of(model, name);
	bool shared = strstr(name, "@shared.example ") != NULL;

	g_string_append_printf(text, "%s %s %s %s %u", name, entry->manual ? "manual" : "auto",
		category_name(entry->category), entry->manual ? "" : evidence_name(entry->evidence), entry->strikes);
	if (entry->expires_at == NEVER_EXPIRES)
		g_string_append(text, " forever");
	else if (left <= 0)
		g_string_append(text, " expired");
	else
		g_string_append_printf(text, " %" G_GINT64_FORMAT "h", (left + 3 * 3600) / (6 * 3600) * 6);
	g_string_append_printf(text, " %" G_GINT64_FORMAT "\n", shared ? 0 : entry->event_at);
}

static void
append_strikes(GString *text, const char *name, void *value, const Model *model)
{
	const GArray *days = value;

	(void)model;
	g_string_append_printf(text, "%s ", name);
	for (unsigned i = 0; i < days->len; i++)
		g_string_append_printf(text, "%s%d", i == 0 ? "" : ",", (int)g_array_index(days, int64_t, i));
	g_string_append_c(text, '\n');
}

static void
append_counter(GString *text, const char *name, void *value, const Model *model)
{
	const int64_t *sums = value;

	(void)model;
	if (sums[0] != 0)
		g_string_append_printf(text, "%s %" G_GINT64_FORMAT " %" G_GINT64_FORMAT "\n", name, sums[0], sums[1]);
}

static void
assert_same(const char *what, const char *expected, const char *found)
{
	g_auto(GStrv) left = g_strsplit(expected, "\n", -1), right = g_strsplit(found, "\n", -1);

	for (unsigned i = 0; left[i] != NULL || right[i] != NULL; i++)
		if (g_strcmp0(left[i], right[i]) != 0)
			g_error("%s, line %u: expected \"%s\", found \"%s\"", what, i + 1,
				left[i] == NULL ? "" : left[i], right[i] == NULL ? "" : right[i]);
}

void
compare_tables(const Model *model, const char *url)
{
	g_autofree char *entries = sorted(model->entries, append_entry, model);
	g_autofree char *strikes = sorted(model->strikes, append_strikes, model);
	g_autofree char *counters = sorted(model->counters, append_counter, model);
	g_autofree char *changes = g_strdup_printf("%" G_GUINT64_FORMAT "\n", model->changes);
	g_autofree char *found_entries =
		compare_ask(url, "select concat_ws(' ', target, scope, source, category, evidence, strikes,"
				 " case when expires_at is null then 'forever' when expires_at <= now() then 'expired'"
				 "  else round(extract(epoch from expires_at - now()) / 21600) * 6 || 'h' end,"
				 " case when target like '%@shared.example' then 0 else coalesce(extract(epoch from "
				 "event_at)::bigint, 0) end)"
				 " from blacklist order by target || ' ' || scope");
	g_autofree char *found_strikes = compare_ask(url,
		"select concat_ws(' ', target, scope, category,"
		" (select string_agg((day - '1970-01-01')::text, ',' order by day) from unnest(days) as day))"
		" from strikes where days <> '{}' order by target || ' ' || scope || ' ' || category");
	g_autofree char *found_counters = compare_ask(url,
		"select name || ' ' || sum(n) || ' ' || sum(verified) from (select extract(epoch from hour)::bigint || "
		"' ' ||"
		" provider || ' ' || sender_domain || ' ' || category as name, n, verified from counters) as c"
		" group by name having sum(n) <> 0 order by name collate \"C\"");
	g_autofree char *found_changes = compare_ask(url, "select count(*) from audit where actor = 'auto'");

	assert_same("blacklist", entries, found_entries);
	assert_same("strikes", strikes, found_strikes);
	assert_same("counters", counters, found_counters);
	assert_same("automatic changes", changes, found_changes);
}

/* What the model says of mail from that sender to the address; NULL: nothing. */
static const ModelEntry *
model_check(const Model *model, const char *address, const char *sender)
{
	g_autofree char *domain = g_strconcat("@", address_domain(address), NULL);
	const char *targets[] = { address, domain }, *scopes[] = { SCOPE_ALL, sender };

	for (size_t i = 0; i < 4; i++) {
		g_autofree char *name = g_strdup_printf("%s %s", targets[i / 2], scopes[i % 2]);
		const ModelEntry *entry = g_hash_table_lookup(model->entries, name);

		if (entry != NULL && entry->expires_at > calendar_of(model, name))
			return entry;
	}
	return NULL;
}

void
compare_redis(const Model *model, const Mirrored *mirrored, const char *address, int sender)
{
	const ModelEntry *entry = model_check(model, address, op_sender(sender));
	g_autoptr(Listing) listing = NULL;
	CacheAnswer answer;

	/* Unknown is no answer but "ask PostgreSQL": Redis was slow, or the mirror has not said yet that it is current. */
	while ((answer = cache_check(mirrored->cache, ONLY_NAME(address), op_sender(sender),
			g_get_real_time() / G_USEC_PER_SEC, &listing))
		== CACHE_UNKNOWN)
		g_usleep(10000);
	g_test_message("%s from %s", address, op_sender(sender));
	if (answer != (entry == NULL ? CACHE_NOT_LISTED : CACHE_LISTED)) {
		g_autofree char *dump = mirror_dump(mirrored->redis, mirrored->url, address);

		g_error("Redis %s, for mail from %s, %s", entry == NULL ? "lists" : "does not list", op_sender(sender),
			dump);
	}
	if (entry == NULL)
		return;
	g_assert_cmpint(listing->category, ==, entry->category);
	g_assert_cmpstr(listing->source, ==, entry->manual ? "manual" : "auto");
	g_assert_cmpuint(listing->strikes, ==, entry->strikes);
}
