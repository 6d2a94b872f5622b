#include "fields.h"

#include "text.h"

#include <stdbool.h>
#include <string.h>

typedef struct Parse {
	const Limits *limits;
	GPtrArray *groups;
	FieldGroup *group; /* NULL: the next field begins one */
	Field *last;       /* takes continuations */
	GString *value;    /* of last, as far as it is read */
} Parse;

static void
field_free(void *data)
{
	Field *field = data;

	g_free(field->name);
	g_free(field->type);
	g_free(field->value);
	g_free(field);
}

static void
group_free(void *data)
{
	FieldGroup *group = data;

	g_ptr_array_unref(group->fields);
	g_free(group);
}

/* Length of the name when line is "Name : value". Lines like "550-5.1.1 no: such" and "https://x" are none. */
static size_t
field_name(const char *line, size_t *ret_colon)
{
	size_t size = 0, colon;

	if (!g_ascii_isalpha(line[0]))
		return 0;
	while (g_ascii_isalnum(line[size]) || line[size] == '-' || line[size] == '_')
		size++;
	colon = size + strspn(line + size, " \t");
	if (line[colon] != ':' || line[colon + 1] == '/')
		return 0;
	*ret_colon = colon;
	return size;
}

static bool
has_type(const char *name)
{
	static const char *const typed[] = { "-mta", "recipient", "rcpt-to", "diagnostic-code", "-sender",
		"disposition" };

	for (size_t i = 0; i < G_N_ELEMENTS(typed); i++)
		if (g_str_has_suffix(name, typed[i]))
			return true;
	return false;
}

/* Splits "rfc822; user@example.com"; a reply like "550 5.1.1 gone; sorry" has no type. */
static void
split_type(Field *field)
{
	size_t size = 0, after;

	if (!has_type(field->name) || !g_ascii_isalpha(field->value[0]))
		return;
	while (g_ascii_isalnum(field->value[size]) || field->value[size] == '-' || field->value[size] == '/')
		size++;
	after = size + strspn(field->value + size, " ");
	if (field->value[after] != ';')
		return;
	g_free(field->type);
	field->type = g_ascii_strdown(field->value, (gssize)size);
	memmove(field->value, field->value + after + 1, strlen(field->value + after + 1) + 1);
	g_strchug(field->value);
}

static void
end_field(Parse *parse)
{
	g_autofree char *value = NULL;

	if (parse->last == NULL)
		return;
	value = text_clean(parse->value->str, parse->value->len, parse->limits->field_bytes);
	g_free(parse->last->value);
	parse->last->value = text_collapse(g_steal_pointer(&value));
	split_type(parse->last);
	parse->last = NULL;
}

/* Fields that stand once in a recipient's group: a second one is the next recipient's. */
static bool
is_once(const char *name)
{
	static const char *const once[] = { "final-recipient", "original-recipient", "action", "status" };

	for (size_t i = 0; i < G_N_ELEMENTS(once); i++)
		if (strcmp(name, once[i]) == 0)
			return true;
	return false;
}

static bool
begin_group(Parse *parse)
{
	if (parse->groups->len >= parse->limits->field_groups)
		return false;
	parse->group = g_new0(FieldGroup, 1);
	parse->group->fields = g_ptr_array_new_with_free_func(field_free);
	g_ptr_array_add(parse->groups, parse->group);
	return true;
}

/*
 * Without blank lines "Original-Recipient" may stand before the repeated "Final-Recipient" that shows the border:
 * it belongs to the new group when the old one had its recipient long before.
 */
static void
split_group(Parse *parse)
{
	GPtrArray *old = parse->group->fields;
	Field *tail = g_ptr_array_index(old, old->len - 1);

	if (!begin_group(parse)) {
		parse->group = NULL;
		return;
	}
	if (old->len > 3 && g_str_has_suffix(tail->name, "-recipient"))
		g_ptr_array_add(parse->group->fields, g_ptr_array_steal_index(old, old->len - 1));
}

static void
take_field(Parse *parse, const char *line, size_t name_size, size_t colon)
{
	g_autofree char *name = g_ascii_strdown(line, (gssize)name_size);
	Field *field;

	end_field(parse);
	if (parse->group != NULL && is_once(name) && field_find(parse->group, name) != NULL)
		split_group(parse);
	else if (parse->group == NULL)
		begin_group(parse);
	if (parse->group == NULL || parse->group->fields->len >= parse->limits->headers)
		return;
	field = g_new0(Field, 1);
	field->name = g_steal_pointer(&name);
	field->type = g_strdup("");
	field->value = g_strdup("");
	g_ptr_array_add(parse->group->fields, field);
	parse->last = field;
	g_string_assign(parse->value, line + colon + 1);
}

static void
take_line(Parse *parse, const char *line)
{
	bool folded = *line == ' ' || *line == '\t';
	const char *text = line + strspn(line, " \t");
	size_t colon = 0, name = 0;

	if (*text == '\0') {
		end_field(parse);
		parse->group = NULL;
		return;
	}
	if (!folded || parse->last == NULL)
		name = field_name(text, &colon);
	if (name > 0) {
		take_field(parse, text, name, colon);
	} else if (parse->last != NULL && parse->value->len < parse->limits->field_bytes) {
		g_string_append_c(parse->value, ' ');
		g_string_append(parse->value, text);
	}
}

GPtrArray *
fields_parse(const char *text, const Limits *limits)
{
	Parse parse = { .limits = limits, .groups = g_ptr_array_new_with_free_func(group_free) };
	g_autoptr(GString) line = g_string_new(NULL);

	parse.value = g_string_new(NULL);
	for (const char *p = text; *p != '\0';) {
		size_t size = strcspn(p, "\n");

		g_string_truncate(line, 0);
		g_string_append_len(line, p, (gssize)MIN(size, limits->field_bytes));
		take_line(&parse, line->str);
		p += size + (p[size] == '\n');
	}
	end_field(&parse);
	g_string_free(parse.value, TRUE);
	return parse.groups;
}

const Field *
field_find(const FieldGroup *group, const char *name)
{
	for (guint i = 0; i < group->fields->len; i++) {
		const Field *field = g_ptr_array_index(group->fields, i);

		if (strcmp(field->name, name) == 0)
			return field;
	}
	return NULL;
}

const char *
field_value(const FieldGroup *group, const char *name)
{
	const Field *field = field_find(group, name);

	return field == NULL ? "" : field->value;
}
