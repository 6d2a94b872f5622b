#include "prose.h"

#include "cues.h"
#include "html_text.h"
#include "outcome.h"

#include <string.h>

#define DECORATION " \t-=*_#+~|<>:.·•─━"
#define LINE_LIMIT 4000 /* of a text that are looked at */

static void
line_clear(void *data)
{
	Line *line = data;

	g_free(line->text);
	g_free(line->lower);
}

/* Borrowed from a table of the line's own lower case: without what is drawn around it. */
static char *
undecorated(const char *lower)
{
	char *copy = g_strdup(lower + strspn(lower, DECORATION));
	size_t size = strlen(copy);

	while (size > 0 && strchr(DECORATION, copy[size - 1]) != NULL)
		size--;
	copy[size] = '\0';
	return copy;
}

/* Headers that stand at the top of a mail and in no report's own prose. */
static bool
is_trace_header(const char *raw)
{
	static const char *const names[] = { "Received", "Return-Path", "DKIM-Signature", "X-Received", "ARC-Seal",
		"ARC-Authentication-Results", "DomainKey-Signature", "X-Apparently-To", "X-Originating-IP" };

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		if (g_ascii_strncasecmp(raw, names[i], strlen(names[i])) == 0 && raw[strlen(names[i])] == ':')
			return true;
	return false;
}

static bool
begins_original(const char *raw, const char *lower)
{
	g_autofree char *core = NULL;

	if (is_trace_header(raw))
		return true;
	if (strlen(lower) > 120)
		return false;
	core = undecorated(lower);
	return cue_is_original_marker(core);
}

/* "> text" is somebody quoting; ">>> RCPT" and ">>> <a@b>" are a transcript. */
static bool
is_quoted(const char *text)
{
	return *text == '>' && strncmp(text, ">>>", 3) != 0;
}

/* Appends the lines above the returned message; returns what lies behind the marker, or NULL. */
static const char *
split_lines(const char *text, GArray *lines)
{
	for (const char *p = text, *next; *p != '\0'; p = next) {
		const char *end = strchrnul(p, '\n');
		g_autofree char *raw = g_strndup(p, (gsize)(end - p));
		Line line = { 0 };

		next = *end == '\0' ? end : end + 1;
		line.indent = (unsigned)strspn(raw, " \t");
		line.text = g_strstrip(g_strdup(raw));
		line.lower = cue_lower(line.text);
		if (begins_original(raw, line.lower) || lines->len >= LINE_LIMIT) {
			line_clear(&line);
			return is_trace_header(raw) ? p : next;
		}
		if (is_quoted(line.text)) {
			line_clear(&line);
		} else {
			line.cues = cues_in(line.lower);
			g_array_append_val(lines, line);
		}
	}
	return NULL;
}

/* What stands before each line of the returned message: "   ", "> ", "| ". */
static size_t
prefix_size(const char *line)
{
	return strspn(line, " \t>|");
}

/* The header block at the beginning of text, as the returned message has it behind a marker: undented, to the first empty line. */
static char *
header_block(const char *text)
{
	GString *block = g_string_new(NULL);
	size_t prefix = 0;

	for (const char *p = text, *next; *p != '\0'; p = next) {
		const char *end = strchrnul(p, '\n'), *line;

		next = *end == '\0' ? end : end + 1;
		if (block->len == 0)
			prefix = prefix_size(p);
		line = p + MIN(prefix, prefix_size(p));
		if (*line == '\0' || *line == '\n') {
			if (block->len > 0)
				break;
			continue;
		}
		/* The last line may be cut off. */
		if (*next != '\0')
			g_string_append_len(block, line, next - line);
	}
	return g_string_free(block, FALSE);
}

static bool
is_usable(const Part *part)
{
	return !part->original && *part->text != '\0'
	       && (strcmp(part->type, "text/plain") == 0 || strcmp(part->type, "text/html") == 0
		       || g_str_has_prefix(part->type, "multipart/"));
}

static void
read_returned(Prose *prose, const char *text, const Limits *limits)
{
	g_autofree char *block = NULL;

	if (prose->returned->len > 0)
		return;
	block = header_block(text);
	g_ptr_array_unref(prose->owned);
	prose->owned = headers_parse(block, limits);
	prose->returned = prose->owned;
}

/* True: nothing followed the lines that were for people. */
static bool
read_part(Prose *prose, const Part *part, const Limits *limits)
{
	g_autofree char *converted = strcmp(part->type, "text/html") == 0 ? html_text(part->text) : NULL;
	const char *behind = split_lines(converted == NULL ? part->text : converted, prose->lines);

	if (behind == NULL)
		return true;
	prose->has_original = true;
	read_returned(prose, behind, limits);
	return false;
}

static bool
is_torn(const Prose *prose, const Inbound *inbound)
{
	if (!prose->open_ended)
		return false;
	return inbound->truncated || inbound->size == 0 || inbound->bytes[inbound->size - 1] != '\n';
}

static bool
ends_in_address(const Line *line)
{
	const char *at = strrchr(line->text, '@');

	return at != NULL && strpbrk(at, "> ") == NULL;
}

/*
 * A mail without a line end at its end was cut off, perhaps. An address there may be half of one: the line is marked, and
 * left out where it ends in it. Half of a reply says something else than all of it: the last paragraph is left out from
 * the line on that begins to quote one.
 */
static void
drop_torn_reply(Prose *prose)
{
	size_t end = prose->lines->len, keep;

	while (end > 0 && *prose_line(prose, end - 1)->text == '\0')
		end--;
	if (end == 0)
		return;
	g_array_index(prose->lines, Line, end - 1).torn = true;
	keep = ends_in_address(prose_line(prose, end - 1)) ? end - 1 : end;
	for (size_t i = end; i > 1 && *prose_line(prose, i - 1)->text != '\0'; i--)
		if (outcome_has_reply(prose_line(prose, i - 1)->text))
			keep = i - 1;
	g_array_set_size(prose->lines, (guint)keep);
}

static char *
join_lower(const GArray *lines)
{
	GString *joined = g_string_new(NULL);

	for (size_t i = 0; i < lines->len; i++) {
		const Line *line = &g_array_index(lines, Line, i);

		g_string_append(joined, line->lower);
		g_string_append_c(joined, *line->text == '\0' ? '\n' : ' ');
	}
	return g_string_free(joined, FALSE);
}

/* The part that people are to read: plain text before HTML, and the first that speaks of a failure. */
static void
choose_part(Prose *prose, const Message *message, const char *type, const Limits *limits)
{
	for (size_t i = 0; i < message->parts->len; i++) {
		const Part *part = g_ptr_array_index(message->parts, i);
		bool html = strcmp(part->type, "text/html") == 0;

		if (!is_usable(part) || html != (strcmp(type, "html") == 0))
			continue;
		if (prose->lower != NULL && cue_set_has(prose->cues, CUE_FAILURE)) {
			/* A later text part is the returned message, or nothing. */
			if (!prose->has_original && is_trace_header(part->text)) {
				prose->has_original = true;
				read_returned(prose, part->text, limits);
			}
			continue;
		}
		prose->open_ended = read_part(prose, part, limits) && i + 1 == message->parts->len;
		g_free(prose->lower);
		prose->lower = join_lower(prose->lines);
		prose->cues = cues_in(prose->lower);
	}
}

Prose *
prose_read(const Message *message, const Inbound *inbound, const Limits *limits)
{
	Prose *prose = g_new0(Prose, 1);

	prose->lines = g_array_new(FALSE, TRUE, sizeof(Line));
	g_array_set_clear_func(prose->lines, line_clear);
	prose->owned = g_ptr_array_new();
	prose->returned = message->original;
	prose->has_original = message->original->len > 0;
	choose_part(prose, message, "plain", limits);
	if (prose->lower == NULL || strspn(prose->lower, " \n") == strlen(prose->lower))
		choose_part(prose, message, "html", limits);
	if (prose->lower == NULL)
		prose->lower = g_strdup("");
	if (is_torn(prose, inbound))
		drop_torn_reply(prose);
	return prose;
}

void
prose_free(Prose *prose)
{
	if (prose == NULL)
		return;
	g_array_unref(prose->lines);
	g_ptr_array_unref(prose->owned);
	g_free(prose->lower);
	g_free(prose);
}
