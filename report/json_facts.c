#include "json_facts.h"

#include "report.h"
#include "text.h"

#include <stdbool.h>
#include <string.h>

#define DEPTH_LIMIT 24
#define VALUES_LIMIT 20000
#define TEXT_LIMIT 2000

/* Where the object that begins at p ends; NULL: nowhere, or it is too deep, or holds too much. */
static const char *
object_end(const char *p)
{
	unsigned depth = 0, values = 0;
	bool quoted = false;

	for (; *p != '\0'; p++) {
		if (*p == '\\' && quoted && p[1] != '\0')
			p++;
		else if (*p == '"')
			quoted = !quoted;
		else if (!quoted && (*p == '{' || *p == '['))
			depth++;
		else if (!quoted && (*p == '}' || *p == ']') && --depth == 0)
			return p + 1;
		else if (!quoted && *p == ',')
			values++;
		if (depth > DEPTH_LIMIT || values > VALUES_LIMIT)
			return NULL;
	}
	return NULL;
}

/* Line ends within a string are those of the mail, which may not have longer lines. */
static char *
without_line_ends(const char *begin, const char *end)
{
	GString *text = g_string_sized_new((gsize)(end - begin));

	for (const char *p = begin; p < end; p++) {
		if (*p != '\n')
			g_string_append_c(text, *p);
		else if (p + 1 < end && p[1] == ' ')
			p++;
	}
	return g_string_free(text, FALSE);
}

JsonNode *
json_facts_parse(const char *text)
{
	const char *begin = text + strspn(text, " \t\n"), *end;
	g_autofree char *json = NULL;
	JsonNode *node;

	if (*begin != '{' || (end = object_end(begin)) == NULL)
		return NULL;
	json = without_line_ends(begin, end);
	node = json_from_string(json, NULL);
	if (node != NULL && !JSON_NODE_HOLDS_OBJECT(node)) {
		json_node_unref(node);
		return NULL;
	}
	return node;
}

const char *
json_facts_text(JsonObject *object, const char *name)
{
	JsonNode *node = object == NULL ? NULL : json_object_get_member(object, name);

	if (node == NULL || !JSON_NODE_HOLDS_VALUE(node) || json_node_get_value_type(node) != G_TYPE_STRING)
		return "";
	return json_node_get_string(node);
}

JsonObject *
json_facts_object(JsonObject *object, const char *name)
{
	JsonNode *node = object == NULL ? NULL : json_object_get_member(object, name);

	return node != NULL && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

JsonArray *
json_facts_array(JsonObject *object, const char *name)
{
	JsonNode *node = object == NULL ? NULL : json_object_get_member(object, name);

	return node != NULL && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
}

JsonObject *
json_facts_item(JsonArray *array, guint index)
{
	JsonNode *node =
		array == NULL || index >= json_array_get_length(array) ? NULL : json_array_get_element(array, index);

	return node != NULL && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

void
json_facts_set(char **text, const char *value)
{
	g_autofree char *clean = text_clean(value, strlen(value), TEXT_LIMIT);

	report_set(text, text_collapse(clean));
}
