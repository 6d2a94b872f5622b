#include "forget.h"

#include "address.h"
#include "listing_rows.h"
#include "subaddress_rules.h"

#include <string.h>

static const Statement list_tables = { "forget_tables", "select forget_tables()" };
static const Statement read_rows = { "person_in", "select person_in($1::text, $2::text)" };
static const Statement move_entry = { "forget_entry", "select forget_entry($1::text, $2::text, $3::text, $4::text)" };
static const Statement clean_table = { "forget_in", "select forget_in($1::text, $2::text, $3::text, $4::text)" };
static const Statement clean_trail = { "forget_trail",
	"select forget_trail($1::text, $2::text, $3::text, $4::text, $5::text)" };

static void
append_literal(GString *pattern, const char *text)
{
	for (; *text != '\0'; text++) {
		if (strchr("\\^$.|?*+()[]{}", *text) != NULL)
			g_string_append_c(pattern, '\\');
		g_string_append_c(pattern, *text);
	}
}

/* rule NULL: letter by letter; else whatever is the same by it. */
static void
append_local(GString *pattern, const char *local, const SubaddressRule *rule)
{
	for (const char *next; *local != '\0'; local = next) {
		next = local + g_utf8_skip[(guchar)*local];
		g_autofree char *letter = g_strndup(local, (gsize)(next - local));

		append_literal(pattern, letter);
		if (rule != NULL && rule->dots)
			g_string_append(pattern, "\\.*");
	}
	if (rule == NULL || rule->tag == '\0')
		return;
	g_string_append_c(pattern, '(');
	append_literal(pattern, (char[]){ rule->tag, '\0' });
	g_string_append(pattern, "[[:alnum:]!#$%&'*+/=?^_`{|}~.-]*)?");
}

/*
 * "anna@example.org" but not within "joanna@example.org" or "anna@example.org.test"; "anna=example.org" as in a VERP return
 * path, whatever stands before it.
 */
static void
append_pattern(GString *pattern, const char *name, const SubaddressRule *rule)
{
	const char *domain = address_domain(name);
	g_autofree char *local = g_strndup(name, (gsize)(domain - name) - 1);

	g_string_append(pattern, "((?<![[:alnum:]!#$%&'*+/=?^_`{|}~.-])");
	append_local(pattern, local, rule);
	g_string_append(pattern, "@|(?<![[:alnum:]])");
	append_local(pattern, local, rule);
	g_string_append(pattern, "=)");
	append_literal(pattern, domain);
	g_string_append(pattern, "(?![[:alnum:]-]|\\.[[:alnum:]])");
}

static char **
names_of(const Subaddressing *rules, const char *address)
{
	g_autoptr(GStrvBuilder) names = g_strv_builder_new();
	char *others[SUBADDRESS_NAMES - 1];
	g_autofree char *key = subaddressing_key(rules, address);
	unsigned count = subaddressing_others(rules, address, others);

	g_strv_builder_add(names, key);
	if (strcmp(key, address) != 0)
		g_strv_builder_add(names, address);
	for (unsigned i = 0; i < count; g_free(others[i++]))
		if (strcmp(key, others[i]) != 0)
			g_strv_builder_add(names, others[i]);
	return g_strv_builder_end(names);
}

static char *
pattern_of(const Subaddressing *rules, char *const *names)
{
	g_autoptr(GString) pattern = g_string_new("(");

	append_pattern(pattern, *names, subaddressing_rule(rules, address_domain(*names)));
	while (*++names != NULL) {
		g_string_append_c(pattern, '|');
		append_pattern(pattern, *names, NULL);
	}
	g_string_append_c(pattern, ')');
	return g_string_free(g_steal_pointer(&pattern), FALSE);
}

Person *
person_new(Blacklist *blacklist, const char *address, GError **error)
{
	g_autofree char *key = address_key(address);
	g_autoptr(Subaddressing) rules = NULL;
	Person *person;

	if (key == NULL) {
		g_set_error(error, RETOUR_ERROR, ERROR_INPUT, "\"%s\" is not an address", address);
		return NULL;
	}
	rules = subaddress_rules_load(blacklist, error);
	if (rules == NULL)
		return NULL;
	person = g_new0(Person, 1);
	person->names = names_of(rules, key);
	person->pattern = pattern_of(rules, person->names);
	return person;
}

void
person_free(Person *person)
{
	if (person == NULL)
		return;
	g_strfreev(person->names);
	g_free(person->pattern);
	g_free(person);
}

/* A connection for long work: the pool's answers within a time that a scan of a large table does not keep. */
static Database *
open_patient(Blacklist *blacklist, GError **error)
{
	return database_open(pool_url(blacklist_pool(blacklist)), 0, error);
}

typedef struct Reading {
	const char *table;
	bool (*each)(void *context, const char *table, const char *json);
	void *context;
	bool stopped;
} Reading;

static bool
hand_over(void *data, const Rows *row)
{
	Reading *reading = data;

	reading->stopped = !reading->each(reading->context, reading->table, rows_text(row, 0, 0));
	return !reading->stopped;
}

static bool
read_table(Database *database, const char *pattern, Reading *reading, GError **error)
{
	g_autoptr(Params) params = params_new();

	params_add_text(params, reading->table);
	params_add_text(params, pattern);
	return database_stream(database, &read_rows, params, hand_over, reading, error);
}

bool
person_rows(Blacklist *blacklist, const char *pattern, bool (*each)(void *context, const char *table, const char *json),
	void *context, GError **error)
{
	g_autoptr(Database) database = open_patient(blacklist, error);
	g_autoptr(Rows) tables = database == NULL ? NULL : database_ask(database, &list_tables, NULL, error);
	Reading reading = { .table = "audit", .each = each, .context = context };

	if (tables == NULL || !read_table(database, pattern, &reading, error))
		return false;
	for (int row = 0; row < rows_count(tables) && !reading.stopped; row++) {
		reading.table = rows_text(tables, row, 0);
		if (!read_table(database, pattern, &reading, error))
			return false;
	}
	return true;
}

static bool
move_name(Blacklist *blacklist, const Forgetting *forgetting, unsigned index, unsigned *ret_entries, GError **error)
{
	g_autoptr(Params) params = params_new();
	g_autoptr(Rows) rows = NULL;

	params_add_text(params, forgetting->person->names[index]);
	params_add_text(params, forgetting->hashes[index]);
	params_add_text(params, forgetting->actor);
	params_add_text(params, forgetting->reason);
	rows = pool_write(blacklist_pool(blacklist), &move_entry, params, error);
	if (rows == NULL)
		return false;
	*ret_entries += (unsigned)rows_number(rows, 0, 0);
	return true;
}

bool
forget_entry(Blacklist *blacklist, const Forgetting *forgetting, unsigned *ret_entries, GError **error)
{
	*ret_entries = 0;
	for (unsigned i = 0; forgetting->person->names[i] != NULL; i++)
		if (!move_name(blacklist, forgetting, i, ret_entries, error))
			return false;
	return true;
}

static bool
clean(Database *database, const char *table, const Forgetting *forgetting, uint64_t *rows_changed, GError **error)
{
	g_autoptr(Params) params = params_new();
	g_autoptr(Rows) rows = NULL;

	if (table != NULL)
		params_add_text(params, table);
	params_add_text(params, forgetting->person->names[0]);
	params_add_text(params, forgetting->person->pattern);
	params_add_text(params, forgetting->hashes[0]);
	if (table == NULL) {
		params_add_text(params, forgetting->actor);
		params_add_text(params, forgetting->reason);
	}
	rows = database_ask(database, table == NULL ? &clean_trail : &clean_table, params, error);
	if (rows == NULL)
		return false;
	*rows_changed += (uint64_t)rows_number(rows, 0, 0);
	return true;
}

bool
forget_everywhere(Blacklist *blacklist, const Forgetting *forgetting,
	void (*progress)(void *context, const char *table), void *context, uint64_t *ret_rows, GError **error)
{
	g_autoptr(Database) database = open_patient(blacklist, error);
	g_autoptr(Rows) tables = database == NULL ? NULL : database_ask(database, &list_tables, NULL, error);

	*ret_rows = 0;
	if (tables == NULL)
		return false;
	for (int row = 0; row < rows_count(tables); row++) {
		if (progress != NULL)
			progress(context, rows_text(tables, row, 0));
		if (!clean(database, rows_text(tables, row, 0), forgetting, ret_rows, error))
			return false;
	}
	if (progress != NULL)
		progress(context, "audit");
	return clean(database, NULL, forgetting, ret_rows, error);
}
