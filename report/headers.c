#include "headers.h"

#include "charset.h"
#include "text.h"

#include <gmime/gmime.h>
#include <stdbool.h>
#include <string.h>

GPtrArray *
headers_new(void)
{
	return g_ptr_array_new_with_free_func(g_free);
}

/* Name and value lie behind the struct: a bounce has fifty of them. */
static Header *
header_new(const char *name, size_t name_size, size_t value_size)
{
	Header *header = g_malloc(sizeof(Header) + name_size + 1 + value_size + 1);

	header->name = (char *)(header + 1);
	header->value = header->name + name_size + 1;
	memcpy(header->name, name, name_size);
	header->name[name_size] = '\0';
	return header;
}

/* Bytes that are copied as they are: printable ASCII, but for what may begin an encoded word, and blanks. */
static const bool ordinary[256] = { ['!' ... '>'] = true, ['@' ... '~'] = true };

/* Copies value with white space collapsed. False: it holds more than printable ASCII, or encoded words. */
static bool
copy_plain(char *out, const char *value, size_t size)
{
	const char *start = out, *end = value + size;

	for (const char *p = value; p < end;) {
		while (p < end && ordinary[(unsigned char)*p])
			*out++ = *p++;
		if (p == end)
			break;
		if (*p == '?' && (p == value || p[-1] != '='))
			*out++ = '?';
		else if (*p != ' ' && *p != '\n' && *p != '\t')
			return false;
		else if (out > start && out[-1] != ' ')
			*out++ = ' ';
		p++;
	}
	if (out > start && out[-1] == ' ')
		out--;
	*out = '\0';
	return true;
}

/* Words are decoded after unfolding; what comes out may hold anything again and is cleaned. */
static char *
decode(const char *value, size_t size, const Limits *limits)
{
	g_autofree char *utf8 = charset_to_utf8(value, size, NULL, limits->header_bytes), *words = NULL;

	text_collapse(utf8);
	if (strstr(utf8, "=?") == NULL)
		return g_steal_pointer(&utf8);
	words = g_mime_utils_header_decode_text(NULL, utf8);
	return text_collapse(text_clean(words, strlen(words), limits->header_bytes));
}

static bool
is_name(const char *name, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (name[i] <= ' ' || name[i] > '~')
			return false;
	return size > 0;
}

/* value: as it stands in the mail: folded, encoded, any bytes. */
static void
add(GPtrArray *headers, const char *name, size_t name_size, const char *value, size_t value_size, const Limits *limits)
{
	Header *header;

	if (headers->len >= limits->headers || !is_name(name, name_size))
		return;
	value_size = MIN(value_size, limits->header_bytes);
	header = header_new(name, name_size, value_size);
	if (!copy_plain(header->value, value, value_size)) {
		g_autofree char *decoded = decode(value, value_size, limits);

		g_free(header);
		header = header_new(name, name_size, strlen(decoded));
		memcpy(header->value, decoded, strlen(decoded) + 1);
	}
	g_ptr_array_add(headers, header);
}

/* The field at p, with its continuations: where it ends. */
static const char *
field_end(const char *p, const char *end)
{
	do {
		const char *stop = memchr(p, '\n', (size_t)(end - p));

		p = stop == NULL ? end : stop + 1;
	} while (p < end && (*p == ' ' || *p == '\t'));
	return p;
}

void
headers_add_block(GPtrArray *headers, const char *block, size_t size, const Limits *limits)
{
	const char *end = block + size, *next;

	for (const char *p = block; p < end && *p != '\n'; p = next) {
		const char *colon;
		size_t name;

		next = field_end(p, end);
		colon = memchr(p, ':', (size_t)(next - p));
		if (colon == NULL)
			continue;
		for (name = (size_t)(colon - p); name > 0 && (p[name - 1] == ' ' || p[name - 1] == '\t');)
			name--;
		add(headers, p, name, colon + 1, (size_t)(next - colon) - 1, limits);
	}
}

GPtrArray *
headers_parse(const char *text, const Limits *limits)
{
	GPtrArray *headers = headers_new();

	text += strspn(text, "\n");
	headers_add_block(headers, text, strlen(text), limits);
	return headers;
}

const char *
headers_get(const GPtrArray *headers, const char *name)
{
	for (guint i = 0; i < headers->len; i++) {
		const Header *header = g_ptr_array_index(headers, i);

		if (header_is(header, name))
			return header->value;
	}
	return "";
}
