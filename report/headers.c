#include "headers.h"

#include "charset.h"
#include "text.h"

#include <gmime/gmime.h>
#include <string.h>

static void
header_free(void *data)
{
	Header *header = data;

	g_free(header->name);
	g_free(header->value);
	g_free(header);
}

GPtrArray *
headers_new(void)
{
	return g_ptr_array_new_with_free_func(header_free);
}

static bool
is_plain_ascii(const char *text)
{
	for (; *text != '\0'; text++)
		if ((*text < ' ' || *text > '~') && *text != '\n' && *text != '\t')
			return false;
	return true;
}

/* Words are decoded after unfolding; what comes out may hold anything again and is cleaned. */
static char *
decode(const char *raw, const Limits *limits)
{
	g_autofree char *utf8 = NULL, *words = NULL;

	if (is_plain_ascii(raw) && strstr(raw, "=?") == NULL)
		return g_strndup(raw, limits->header_bytes);
	utf8 = charset_to_utf8(raw, strlen(raw), NULL, limits->header_bytes);
	if (strstr(utf8, "=?") == NULL)
		return g_steal_pointer(&utf8);
	words = g_mime_utils_header_decode_text(NULL, text_collapse(utf8));
	return text_clean(words, strlen(words), limits->header_bytes);
}

void
headers_add(GPtrArray *headers, const char *name, const char *raw, const Limits *limits)
{
	Header *header;

	if (headers->len >= limits->headers)
		return;
	header = g_new(Header, 1);
	header->name = is_plain_ascii(name) ? g_strdup(name) : text_clean(name, strlen(name), limits->header_bytes);
	header->value = text_collapse(decode(raw, limits));
	g_ptr_array_add(headers, header);
}

/* "Name: value" with a name of RFC 5322; returns the length of the name. */
static size_t
field_name(const char *line)
{
	size_t size = 0;

	while (line[size] > ' ' && line[size] != ':' && line[size] < 0x7f)
		size++;
	return line[size + strspn(line + size, " \t")] == ':' ? size : 0;
}

static void
add_field(GPtrArray *headers, const GString *field, const Limits *limits)
{
	size_t size = field_name(field->str);
	g_autofree char *name = g_strndup(field->str, size);

	if (size > 0)
		headers_add(headers, name, strchr(field->str, ':') + 1, limits);
}

GPtrArray *
headers_parse(const char *text, const Limits *limits)
{
	GPtrArray *headers = headers_new();
	g_autoptr(GString) field = g_string_new(NULL);
	const char *p = text + strspn(text, "\n");

	while (*p != '\0' && *p != '\n') {
		size_t size = strcspn(p, "\n");

		if (*p != ' ' && *p != '\t') {
			add_field(headers, field, limits);
			g_string_truncate(field, 0);
		}
		if (field->len < limits->header_bytes)
			g_string_append_len(field, p, (gssize)size + (p[size] == '\n'));
		p += size + (p[size] == '\n');
	}
	add_field(headers, field, limits);
	return headers;
}

const char *
headers_get(const GPtrArray *headers, const char *name)
{
	for (guint i = 0; i < headers->len; i++) {
		const Header *header = g_ptr_array_index(headers, i);

		if (g_ascii_strcasecmp(header->name, name) == 0)
			return header->value;
	}
	return "";
}
