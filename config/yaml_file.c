#include "yaml_file.h"

#include <string.h>
#include <sys/stat.h>
#include <yaml.h>

#define FILE_LIMIT (64u * 1024 * 1024)
#define DEPTH_LIMIT 32
#define INDEX_FROM 16 /* keys of a map from which on it is worth a hash table */

struct YamlNode {
	const YamlFile *file;
	YamlKind kind;
	unsigned line;
	bool quoted;
	char *scalar;
	GPtrArray *keys;   /* char * */
	GPtrArray *items;  /* YamlNode *; of a map in the order of its keys */
	GHashTable *index; /* key -> position + 1, once there are many; borrows the keys */
};

struct YamlFile {
	char *name;
	YamlNode *root;
};

typedef struct Builder {
	YamlFile *file;
	yaml_parser_t parser;
	const char *text;
	size_t size;
	GError **error;
} Builder;

static void
node_free(void *data)
{
	YamlNode *node = data;

	if (node == NULL)
		return;
	g_clear_pointer(&node->index, g_hash_table_unref);
	g_clear_pointer(&node->keys, g_ptr_array_unref);
	g_clear_pointer(&node->items, g_ptr_array_unref);
	g_free(node->scalar);
	g_free(node);
}

static YamlNode *
node_new(const YamlFile *file, YamlKind kind, size_t line)
{
	YamlNode *node = g_new0(YamlNode, 1);

	node->file = file;
	node->kind = kind;
	node->line = (unsigned)line;
	if (kind != YAML_SCALAR)
		node->items = g_ptr_array_new_with_free_func(node_free);
	if (kind == YAML_MAP)
		node->keys = g_ptr_array_new_with_free_func(g_free);
	return node;
}

static bool
map_find(const YamlNode *map, const char *key, size_t *ret_position)
{
	if (map->index != NULL) {
		size_t found = GPOINTER_TO_SIZE(g_hash_table_lookup(map->index, key));

		if (found != 0)
			*ret_position = found - 1;
		return found != 0;
	}
	for (unsigned i = 0; i < map->keys->len; i++)
		if (strcmp(g_ptr_array_index(map->keys, i), key) == 0) {
			*ret_position = i;
			return true;
		}
	return false;
}

static void
map_add(YamlNode *map, char *key, YamlNode *value)
{
	g_ptr_array_add(map->keys, key);
	g_ptr_array_add(map->items, value);
	if (map->index != NULL) {
		g_hash_table_insert(map->index, key, GSIZE_TO_POINTER((size_t)map->keys->len));
	} else if (map->keys->len == INDEX_FROM) {
		map->index = g_hash_table_new(g_str_hash, g_str_equal);
		for (unsigned i = 0; i < map->keys->len; i++)
			g_hash_table_insert(
				map->index, g_ptr_array_index(map->keys, i), GSIZE_TO_POINTER((size_t)i + 1));
	}
}

static bool G_GNUC_PRINTF(3, 4) refuse(const Builder *builder, size_t line, const char *format, ...)
{
	va_list arguments;
	g_autofree char *message = NULL;

	va_start(arguments, format);
	message = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	g_set_error(builder->error, RETOUR_ERROR, ERROR_CONFIG, "%s:%zu: %s", builder->file->name, line, message);
	return false;
}

static bool
refuse_problem(const Builder *builder)
{
	const yaml_parser_t *parser = &builder->parser;
	size_t line = parser->problem_mark.line;

	/* The reader (bad UTF-8, control characters) knows no line, only how far it came. */
	if (parser->error == YAML_READER_ERROR) {
		line = 0;
		for (size_t i = 0; i < MIN(parser->problem_offset, builder->size); i++)
			line += builder->text[i] == '\n';
	}
	return refuse(builder, line + 1, "%s", parser->problem != NULL ? parser->problem : "bad YAML");
}

static bool
next_event(Builder *builder, yaml_event_t *ret_event)
{
	return yaml_parser_parse(&builder->parser, ret_event) || refuse_problem(builder);
}

static bool read_node(Builder *builder, const yaml_event_t *event, unsigned depth, YamlNode **ret_node);

static bool
read_scalar(const Builder *builder, const yaml_event_t *event, YamlNode **ret_node)
{
	const char *text = (const char *)event->data.scalar.value;
	size_t line = event->start_mark.line + 1;
	YamlNode *node;

	if (event->data.scalar.tag != NULL)
		return refuse(builder, line, "tags are not allowed");
	if (strlen(text) != event->data.scalar.length)
		return refuse(builder, line, "a NUL character is not allowed");
	node = node_new(builder->file, YAML_SCALAR, line);
	node->scalar = g_strdup(text);
	node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	*ret_node = node;
	return true;
}

static bool
add_value(Builder *builder, YamlNode *map, const yaml_event_t *key, unsigned depth)
{
	const char *name = (const char *)key->data.scalar.value;
	size_t line = key->start_mark.line + 1;
	yaml_event_t event;
	YamlNode *value = NULL;
	size_t known;
	bool ok;

	if (key->type != YAML_SCALAR_EVENT || strlen(name) != key->data.scalar.length)
		return refuse(builder, line, "a key must be plain text");
	if (key->data.scalar.anchor != NULL || key->data.scalar.tag != NULL)
		return refuse(builder, line, "anchors and tags are not allowed");
	if (map_find(map, name, &known))
		return refuse(builder, line, "'%s' is given twice", name);
	if (!next_event(builder, &event))
		return false;
	ok = read_node(builder, &event, depth, &value);
	yaml_event_delete(&event);
	if (!ok)
		return false;
	value->line = (unsigned)line; /* people look for a value at its key */
	map_add(map, g_strdup(name), value);
	return true;
}

static bool
add_item(Builder *builder, const YamlNode *list, const yaml_event_t *event, unsigned depth)
{
	YamlNode *item = NULL;

	if (!read_node(builder, event, depth, &item))
		return false;
	g_ptr_array_add(list->items, item);
	return true;
}

static bool
read_collection(Builder *builder, YamlNode *node, yaml_event_type_t end, unsigned depth)
{
	bool ok = true, done = false;

	if (depth > DEPTH_LIMIT)
		return refuse(builder, node->line, "nested deeper than %d levels", DEPTH_LIMIT);
	while (ok && !done) {
		yaml_event_t event;

		if (!next_event(builder, &event))
			return false;
		if (event.type == end)
			done = true;
		else if (node->kind == YAML_MAP)
			ok = add_value(builder, node, &event, depth);
		else
			ok = add_item(builder, node, &event, depth);
		yaml_event_delete(&event);
	}
	return ok;
}

static bool
read_branch(Builder *builder, YamlKind kind, const yaml_event_t *event, unsigned depth, YamlNode **ret_node)
{
	size_t line = event->start_mark.line + 1;
	bool is_map = kind == YAML_MAP;
	const void *tag = is_map ? event->data.mapping_start.tag : event->data.sequence_start.tag;
	const void *anchor = is_map ? event->data.mapping_start.anchor : event->data.sequence_start.anchor;
	YamlNode *node;

	if (tag != NULL || anchor != NULL)
		return refuse(builder, line, "anchors and tags are not allowed");
	node = node_new(builder->file, kind, line);
	if (!read_collection(builder, node, is_map ? YAML_MAPPING_END_EVENT : YAML_SEQUENCE_END_EVENT, depth + 1)) {
		node_free(node);
		return false;
	}
	*ret_node = node;
	return true;
}

static bool
read_node(Builder *builder, const yaml_event_t *event, unsigned depth, YamlNode **ret_node)
{
	size_t line = event->start_mark.line + 1;

	if (event->type == YAML_ALIAS_EVENT)
		return refuse(builder, line, "aliases are not allowed");
	if (event->type == YAML_MAPPING_START_EVENT)
		return read_branch(builder, YAML_MAP, event, depth, ret_node);
	if (event->type == YAML_SEQUENCE_START_EVENT)
		return read_branch(builder, YAML_LIST, event, depth, ret_node);
	g_assert(event->type == YAML_SCALAR_EVENT);
	if (event->data.scalar.anchor != NULL)
		return refuse(builder, line, "anchors and tags are not allowed");
	return read_scalar(builder, event, ret_node);
}

/* Everything but the content of the one document: stream and document borders. */
static bool
read_stream(Builder *builder)
{
	bool ok = true, done = false;

	while (ok && !done) {
		yaml_event_t event;

		if (!next_event(builder, &event))
			return false;
		if (event.type == YAML_STREAM_END_EVENT)
			done = true;
		else if (event.type == YAML_DOCUMENT_START_EVENT && builder->file->root != NULL)
			ok = refuse(
				builder, event.start_mark.line + 1, "several documents in one file are not allowed");
		else if (event.type != YAML_STREAM_START_EVENT && event.type != YAML_DOCUMENT_START_EVENT
			 && event.type != YAML_DOCUMENT_END_EVENT)
			ok = read_node(builder, &event, 0, &builder->file->root);
		yaml_event_delete(&event);
	}
	return ok;
}

static bool
is_nothing(const YamlNode *node)
{
	return node == NULL || (node->kind == YAML_SCALAR && !node->quoted && *node->scalar == '\0');
}

YamlFile *
yaml_file_parse(const char *name, const char *text, size_t size, GError **error)
{
	g_autoptr(YamlFile) file = g_new0(YamlFile, 1);
	Builder builder = { .file = file, .text = text, .size = size, .error = error };
	bool ok;

	file->name = g_strdup(name);
	if (size > FILE_LIMIT) {
		g_set_error(error, RETOUR_ERROR, ERROR_CONFIG, "%s: larger than %u bytes", name, FILE_LIMIT);
		return NULL;
	}
	g_assert(yaml_parser_initialize(&builder.parser));
	yaml_parser_set_input_string(&builder.parser, (const unsigned char *)text, size);
	ok = read_stream(&builder);
	yaml_parser_delete(&builder.parser);
	if (!ok)
		return NULL;
	if (is_nothing(file->root)) {
		node_free(file->root);
		file->root = node_new(file, YAML_MAP, 1);
	}
	return g_steal_pointer(&file);
}

/* A file that is not there, or not for us, is a mistake; what the system lacks at the moment is none. */
static RetourError
error_code(const GError *reason)
{
	switch (reason->code) {
	case G_FILE_ERROR_IO:
	case G_FILE_ERROR_MFILE:
	case G_FILE_ERROR_NFILE:
	case G_FILE_ERROR_NOMEM:
		return ERROR_RETRY;
	default:
		return ERROR_CONFIG;
	}
}

YamlFile *
yaml_file_load(const char *path, GError **error)
{
	g_autofree char *text = NULL;
	g_autoptr(GError) reason = NULL;
	struct stat info;
	size_t size;

	if (stat(path, &info) == 0 && info.st_size > (off_t)FILE_LIMIT) {
		g_set_error(error, RETOUR_ERROR, ERROR_CONFIG, "%s: larger than %u bytes", path, FILE_LIMIT);
		return NULL;
	}
	if (!g_file_get_contents(path, &text, &size, &reason)) {
		g_set_error_literal(error, RETOUR_ERROR, error_code(reason), reason->message);
		return NULL;
	}
	return yaml_file_parse(path, text, size, error);
}

void
yaml_file_free(YamlFile *file)
{
	if (file == NULL)
		return;
	node_free(file->root);
	g_free(file->name);
	g_free(file);
}

const YamlNode *
yaml_file_root(const YamlFile *file)
{
	return file->root;
}

YamlKind
yaml_kind(const YamlNode *node)
{
	return node->kind;
}

const char *
yaml_scalar(const YamlNode *node)
{
	return node->scalar;
}

bool
yaml_is_empty(const YamlNode *node)
{
	return is_nothing(node);
}

size_t
yaml_count(const YamlNode *node)
{
	return node->items == NULL ? 0 : node->items->len;
}

const YamlNode *
yaml_item(const YamlNode *node, size_t index)
{
	g_assert(index < yaml_count(node));
	return g_ptr_array_index(node->items, index);
}

const char *
yaml_key(const YamlNode *map, size_t index)
{
	g_assert(map->kind == YAML_MAP && index < map->keys->len);
	return g_ptr_array_index(map->keys, index);
}

const YamlNode *
yaml_get(const YamlNode *map, const char *key)
{
	size_t position;

	if (map->kind != YAML_MAP || !map_find(map, key, &position))
		return NULL;
	return g_ptr_array_index(map->items, position);
}

const char *
yaml_file_name(const YamlNode *node)
{
	return node->file->name;
}

unsigned
yaml_line(const YamlNode *node)
{
	return node->line;
}

bool
yaml_fail(const YamlNode *node, GError **error, const char *format, ...)
{
	va_list arguments;
	g_autofree char *message = NULL;

	va_start(arguments, format);
	message = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	g_set_error(error, RETOUR_ERROR, ERROR_CONFIG, "%s:%u: %s", node->file->name, node->line, message);
	return false;
}
