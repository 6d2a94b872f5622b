#include "json_line.h"

#include "when.h"

#include <stdio.h>

void
json_line_append(GString *out, JsonObject *object)
{
	g_autoptr(JsonGenerator) generator = json_generator_new();
	g_autoptr(JsonNode) node = json_node_alloc();

	json_node_init_object(node, object);
	json_object_unref(object);
	json_generator_set_root(generator, node);
	json_generator_to_gstring(generator, out);
	g_string_append_c(out, '\n');
}

void
json_line_print(JsonObject *object)
{
	g_autoptr(GString) line = g_string_new(NULL);

	json_line_append(line, object);
	fwrite(line->str, 1, line->len, stdout);
}

void
json_set_time(JsonObject *object, const char *name, int64_t at)
{
	g_autofree char *text = at == 0 ? NULL : when_json(at);

	if (text == NULL)
		json_object_set_null_member(object, name);
	else
		json_object_set_string_member(object, name, text);
}
