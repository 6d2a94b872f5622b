#include "original.h"

#include "address.h"
#include "trace_header.h"

#include <string.h>

#define TO_LIMIT 20

void
text_fill(char **text, const char *value)
{
	if (**text == '\0' && value != NULL && *value != '\0')
		report_set(text, value);
}

char *
message_id_parse(const char *value)
{
	const char *open = strchr(value, '<');
	const char *start = open == NULL ? value + strspn(value, " \t") : open + 1;
	size_t size = strcspn(start, open == NULL ? " \t(" : ">");

	return g_strstrip(g_strndup(start, size));
}

/* Where the address at p ends: at a comma outside quotes, comments and brackets. */
static const char *
list_item_end(const char *p)
{
	bool quoted = false;
	unsigned depth = 0;

	for (; *p != '\0'; p++) {
		if (*p == '\\' && p[1] != '\0')
			p++;
		else if (*p == '"')
			quoted = !quoted;
		else if (!quoted && (*p == '(' || *p == '<'))
			depth++;
		else if (!quoted && (*p == ')' || *p == '>'))
			depth -= depth > 0;
		else if (!quoted && depth == 0 && *p == ',')
			break;
	}
	return p;
}

GPtrArray *
address_list_parse(const char *value, size_t limit)
{
	GPtrArray *addresses = g_ptr_array_new_with_free_func(g_free);

	for (const char *p = value; *p != '\0' && addresses->len < limit;) {
		const char *end = list_item_end(p);
		g_autofree char *item = g_strndup(p, (gsize)(end - p));
		char *address = address_parse(item);

		if (address != NULL)
			g_ptr_array_add(addresses, address);
		p = *end == ',' ? end + 1 : end;
	}
	return addresses;
}

static void
fill_address(char **text, const char *value)
{
	g_autofree char *address = address_parse(value);

	text_fill(text, address);
}

static void
fill_to(char **text, const char *value)
{
	g_autoptr(GPtrArray) addresses = address_list_parse(value, TO_LIMIT);
	g_autofree char *joined = NULL;

	g_ptr_array_add(addresses, NULL);
	joined = g_strjoinv(", ", (char **)addresses->pdata);
	text_fill(text, joined);
}

void
original_read_headers(Original *original, const GPtrArray *headers)
{
	g_autofree char *id = message_id_parse(headers_get(headers, "Message-ID"));

	text_fill(&original->message_id, id);
	text_fill(&original->subject, headers_get(headers, "Subject"));
	text_fill(&original->trace, headers_get(headers, TRACE_HEADER));
	text_fill(&original->unsubscribe, headers_get(headers, "List-Unsubscribe"));
	text_fill(&original->feedback_id, headers_get(headers, "CFBL-Feedback-ID"));
	fill_address(&original->envelope_sender, headers_get(headers, "Return-Path"));
	fill_address(&original->from, headers_get(headers, "From"));
	fill_to(&original->to, headers_get(headers, "To"));
}
