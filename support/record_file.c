#include "record_file.h"

#include <errno.h>
#include <json-glib/json-glib.h>
#include <string.h>

#define RECORD_BYTES (1024 * 1024)
#define DEPTH 32

/* One file on its way. */
typedef struct Reader {
	const RecordFile *source;
	bool (*each)(void *context, GHashTable *record, unsigned line);
	void *context;
	unsigned line;
	bool stopped;
} Reader;

static int
next_char(Reader *reader)
{
	int c = getc(reader->source->file);

	reader->line += c == '\n';
	return c;
}

static bool
fail(const Reader *reader, GError **error, const char *what)
{
	g_set_error(error, RETOUR_ERROR, ERROR_INPUT, "%s:%u: %s", reader->source->name, reader->line, what);
	return false;
}

static GHashTable *
record_new(void)
{
	return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
}

const char *
record_get(GHashTable *record, const char *const *names)
{
	for (; *names != NULL; names++) {
		const char *value = g_hash_table_lookup(record, *names);

		if (value != NULL && *value != '\0')
			return value;
	}
	return "";
}

static void
set(GHashTable *record, const char *name, const char *value)
{
	g_autofree char *valid = g_utf8_make_valid(value, -1);

	g_hash_table_insert(record, g_utf8_strdown(name, -1), g_strstrip(g_steal_pointer(&valid)));
}

static void
hand_over(Reader *reader, GHashTable *record, unsigned line)
{
	reader->stopped = !reader->each(reader->context, record, line);
}

static bool
read_lines(Reader *reader, GError **error)
{
	g_autofree char *text = NULL;
	size_t size = 0;

	while (!reader->stopped && getline(&text, &size, reader->source->file) >= 0) {
		g_autoptr(GHashTable) record = record_new();

		reader->line++;
		if (strlen(text) > RECORD_BYTES)
			return fail(reader, error, "this line is too long");
		g_strstrip(text);
		if (*text == '\0' || *text == '#')
			continue;
		set(record, "target", text);
		hand_over(reader, record, reader->line);
	}
	return true;
}

/* RFC 4180, both ends of line. *ret_more: another field follows in the record. False: the file has ended before it. */
static bool
read_field(Reader *reader, GString *field, bool *ret_more)
{
	bool quoted = false, any = false;

	g_string_truncate(field, 0);
	*ret_more = false;
	for (int c = next_char(reader); c != EOF; c = next_char(reader)) {
		any = true;
		if (c == '"' && (quoted || field->len == 0)) {
			int after = quoted ? getc(reader->source->file) : EOF;

			if (quoted && after == '"') {
				g_string_append_c(field, '"');
				continue;
			}
			if (after != EOF)
				ungetc(after, reader->source->file);
			quoted = !quoted;
		} else if (!quoted && (c == ',' || c == '\n')) {
			*ret_more = c == ',';
			return true;
		} else if (field->len < RECORD_BYTES && (quoted || c != '\r')) {
			g_string_append_c(field, (char)c);
		}
	}
	return any;
}

static bool
read_row(Reader *reader, GPtrArray *fields)
{
	g_autoptr(GString) field = g_string_new(NULL);
	bool more = true;

	g_ptr_array_set_size(fields, 0);
	while (more && fields->len < 1000) {
		if (!read_field(reader, field, &more) && fields->len == 0)
			return false;
		g_ptr_array_add(fields, g_strdup(field->str));
	}
	return true;
}

static bool
read_csv(Reader *reader, GError **error)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) fields = g_ptr_array_new_with_free_func(g_free);

	reader->line = 1;
	if (!read_row(reader, names))
		return true;
	if (g_str_has_prefix(g_ptr_array_index(names, 0), "\xef\xbb\xbf")) {
		char *bare = g_strdup((char *)g_ptr_array_index(names, 0) + 3);

		g_free(names->pdata[0]);
		names->pdata[0] = bare;
	}
	for (unsigned line = reader->line; !reader->stopped && read_row(reader, fields); line = reader->line) {
		g_autoptr(GHashTable) record = record_new();

		if (fields->len == 1 && *(char *)fields->pdata[0] == '\0')
			continue;
		if (fields->len > names->len)
			return fail(reader, error, "more values than the first line has names");
		for (unsigned i = 0; i < fields->len; i++) {
			g_autofree char *name = g_strstrip(g_strdup(names->pdata[i]));

			set(record, name, fields->pdata[i]);
		}
		hand_over(reader, record, line);
	}
	return true;
}

static void
add_members(GHashTable *record, const char *prefix, JsonObject *object, unsigned depth)
{
	JsonObjectIter iter;
	const char *name;
	JsonNode *node;

	json_object_iter_init(&iter, object);
	while (json_object_iter_next(&iter, &name, &node)) {
		g_autofree char *path = g_strconcat(prefix, *prefix == '\0' ? "" : ".", name, NULL);

		if (JSON_NODE_HOLDS_OBJECT(node) && depth < DEPTH) {
			add_members(record, path, json_node_get_object(node), depth + 1);
		} else if (JSON_NODE_HOLDS_VALUE(node)) {
			bool whole = json_node_get_value_type(node) == G_TYPE_INT64;
			g_autofree char *text = whole ? g_strdup_printf("%" G_GINT64_FORMAT, json_node_get_int(node))
						      : g_strdup(json_node_get_string(node));

			set(record, path, text == NULL ? "" : text);
		}
	}
}

static bool
hand_over_object(Reader *reader, const GString *text, unsigned line, GError **error)
{
	g_autoptr(JsonParser) parser = json_parser_new();
	g_autoptr(GHashTable) record = record_new();

	if (!json_parser_load_from_data(parser, text->str, (gssize)text->len, NULL)
		|| !JSON_NODE_HOLDS_OBJECT(json_parser_get_root(parser)))
		return fail(reader, error, "this is no JSON");
	add_members(record, "", json_node_get_object(json_parser_get_root(parser)), 0);
	hand_over(reader, record, line);
	return true;
}

/*
 * Cuts the stream into objects: those that stand in an array, and those at the top. What holds an array of objects is a
 * wrapper, and forgotten as soon as the first of them begins.
 */
typedef struct Cutter {
	char open[DEPTH + 2]; /* the brackets that are open */
	unsigned depth;
	unsigned begins; /* depth of the object that is being gathered; 0: none */
	unsigned line;
	GString *text;
	bool in_string, escaped, too_deep;
} Cutter;

/* True: the character ended an object that was gathered. */
static bool
cut(Cutter *cutter, int c, unsigned line)
{
	bool ended = false;

	if (cutter->in_string) {
		cutter->in_string = c != '"' || cutter->escaped;
		cutter->escaped = c == '\\' && !cutter->escaped;
	} else if (c == '"') {
		cutter->in_string = true;
	} else if (c == '{' || c == '[') {
		cutter->too_deep |= cutter->depth == DEPTH;
		if (c == '{' && !cutter->too_deep && (cutter->depth == 0 || cutter->open[cutter->depth] == '[')) {
			cutter->begins = cutter->depth + 1;
			cutter->line = line;
			g_string_truncate(cutter->text, 0);
		}
		if (!cutter->too_deep)
			cutter->open[++cutter->depth] = (char)c;
	} else if ((c == '}' || c == ']') && cutter->depth > 0) {
		ended = c == '}' && cutter->depth == cutter->begins;
		cutter->depth--;
	}
	if (cutter->begins > 0 && cutter->text->len <= RECORD_BYTES)
		g_string_append_c(cutter->text, (char)c);
	return ended;
}

static bool
read_json(Reader *reader, GError **error)
{
	g_autoptr(GString) text = g_string_new(NULL);
	Cutter cutter = { .text = text };

	reader->line = 1;
	for (int c = next_char(reader); c != EOF && !reader->stopped; c = next_char(reader)) {
		bool ended = cut(&cutter, c, reader->line);

		/* A wrapper may be long, but what it holds before its first object is not. */
		if (cutter.too_deep || text->len > RECORD_BYTES)
			return fail(reader, error, "this record is too deep or too long");
		if (!ended)
			continue;
		if (!hand_over_object(reader, text, cutter.line, error))
			return false;
		cutter.begins = 0;
	}
	return cutter.depth == 0 || reader->stopped || fail(reader, error, "the file ends within a record");
}

static int
first_char(FILE *file)
{
	int c;

	do
		c = getc(file);
	while (c == ' ' || c == '\t' || c == '\r' || c == '\n');
	if (c != EOF)
		ungetc(c, file);
	return c;
}

bool
record_file_read(const RecordFile *file, bool (*each)(void *context, GHashTable *record, unsigned line), void *context,
	GError **error)
{
	Reader reader = { .source = file, .each = each, .context = context };
	bool done;

	if (file->lines) {
		done = read_lines(&reader, error);
	} else {
		int first = first_char(file->file);

		done = first == '{' || first == '[' ? read_json(&reader, error) : read_csv(&reader, error);
	}
	if (!done || !ferror(file->file))
		return done;
	g_set_error(error, RETOUR_ERROR, ERROR_RETRY, "%s: %s", file->name, g_strerror(errno));
	return false;
}
