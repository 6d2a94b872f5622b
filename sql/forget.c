#include "forget.h"

#include "address.h"
#include "listing_rows.h"

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

/*
 * "anna@example.org" but not within "joanna@example.org" or "anna@example.org.test"; "anna=example.org" as in a VERP return
 * path, whatever stands before it.
 */
static char *
make_pattern(const char *address)
{
	const char *domain = address_domain(address);
	g_autofree char *local = g_strndup(address, (gsize)(domain - address) - 1);
	GString *pattern = g_string_new("((?<![[:alnum:]!#$%&'*+/=?^_`{|}~.-])");

	append_literal(pattern, local);
	g_string_append(pattern, "@|(?<![[:alnum:]])");
	append_literal(pattern, local);
	g_string_append(pattern, "=)");
	append_literal(pattern, domain);
	g_string_append(pattern, "(?![[:alnum:]-]|\\.[[:alnum:]])");
	return g_string_free(pattern, FALSE);
}

Person *
person_new(const char *address, GError **error)
{
	g_autofree char *key = address_key(address);
	Person *person;

	if (key == NULL) {
		g_set_error(error, RETOUR_ERROR, ERROR_INPUT, "\"%s\" is not an address", address);
		return NULL;
	}
	person = g_new0(Person, 1);
	person->pattern = make_pattern(key);
	person->address = g_steal_pointer(&key);
	return person;
}

void
person_free(Person *person)
{
	if (person == NULL)
		return;
	g_free(person->address);
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
read_table(Database *database, const Person *person, Reading *reading, GError **error)
{
	g_autoptr(Params) params = params_new();

	params_add_text(params, reading->table);
	params_add_text(params, person->pattern);
	return database_stream(database, &read_rows, params, hand_over, reading, error);
}

bool
person_rows(Blacklist *blacklist, const Person *person,
	bool (*each)(void *context, const char *table, const char *json), void *context, GError **error)
{
	g_autoptr(Database) database = open_patient(blacklist, error);
	g_autoptr(Rows) tables = database == NULL ? NULL : database_ask(database, &list_tables, NULL, error);
	Reading reading = { .table = "audit", .each = each, .context = context };

	if (tables == NULL || !read_table(database, person, &reading, error))
		return false;
	for (int row = 0; row < rows_count(tables) && !reading.stopped; row++) {
		reading.table = rows_text(tables, row, 0);
		if (!read_table(database, person, &reading, error))
			return false;
	}
	return true;
}

bool
forget_entry(Blacklist *blacklist, const Forgetting *forgetting, unsigned *ret_entries, GError **error)
{
	g_autoptr(Params) params = params_new();
	g_autoptr(Rows) rows = NULL;

	params_add_text(params, forgetting->person->address);
	params_add_text(params, forgetting->hash);
	params_add_text(params, forgetting->actor);
	params_add_text(params, forgetting->reason);
	rows = pool_write(blacklist_pool(blacklist), &move_entry, params, error);
	if (rows == NULL)
		return false;
	*ret_entries = (unsigned)rows_number(rows, 0, 0);
	return true;
}

static bool
clean(Database *database, const char *table, const Forgetting *forgetting, uint64_t *rows_changed, GError **error)
{
	g_autoptr(Params) params = params_new();
	g_autoptr(Rows) rows = NULL;

	if (table != NULL)
		params_add_text(params, table);
	params_add_text(params, forgetting->person->address);
	params_add_text(params, forgetting->person->pattern);
	params_add_text(params, forgetting->hash);
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
