#include "json_line.h"

#include "when.h"

#include <stdio.h>
#include <string.h>

static void
append_object(GString *out, JsonObject *object)
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

	append_object(line, object);
	fwrite(line->str, 1, line->len, stdout);
}

static void
append_escaped(GString *out, const char *text)
{
	static const char letters[] = "\b\f\n\r\t", names[] = "bfnrt";

	for (const char *run = text, *p = text;; p++) {
		unsigned char c = (unsigned char)*p;
		const char *letter;

		if (c >= ' ' && c != '"' && c != '\\' && c != 0x7f)
			continue;
		g_string_append_len(out, run, p - run);
		if (c == '\0')
			return;
		run = p + 1;
		letter = strchr(letters, c);
		if (letter != NULL)
			g_string_append_printf(out, "\\%c", names[letter - letters]);
		else if (c == '"' || c == '\\')
			g_string_append_printf(out, "\\%c", c);
		else
			g_string_append_printf(out, "\\u%04x", c);
	}
}

static void
append_name(GString *out, const char *name)
{
	g_string_append_c(out, out->len == 0 || out->str[out->len - 1] == '\n' ? '{' : ',');
	g_string_append_c(out, '"');
	g_string_append(out, name);
	g_string_append(out, "\":");
}

void
json_line_text(GString *out, const char *name, const char *value)
{
	append_name(out, name);
	g_string_append_c(out, '"');
	append_escaped(out, value);
	g_string_append_c(out, '"');
}

void
json_line_number(GString *out, const char *name, unsigned value)
{
	append_name(out, name);
	g_string_append_printf(out, "%u", value);
}

void
json_line_truth(GString *out, const char *name, bool value)
{
	append_name(out, name);
	g_string_append(out, value ? "true" : "false");
}

void
json_line_end(GString *out)
{
	g_string_append(out, "}\n");
}

JsonObject *
json_line_object(const GString *line)
{
	g_autoptr(JsonNode) node = json_from_string(line->str, NULL);

	g_assert(node != NULL);
	return json_node_dup_object(node);
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
