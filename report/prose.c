#include "prose.h"

#include "cues.h"
#include "html_text.h"
#include "outcome.h"
#include "text.h"

#include <string.h>

#define DECORATION " \t-=*_#+~|<>:.·•─━"
#define LINE_LIMIT 4000  /* of a text that are looked at */
#define MARKER_LIMIT 120 /* longer lines are no markers */

/* What may stand before an arrow in a log of the dialogue: when. */
#define LOG_LEAD "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 :.,-/[]"

/* Room for the usual bounce; more is allocated as needed. */
#define USUAL_LINES 64
#define WORDS_ROOM 4096

/* Whether the returned message begins behind that line, whatever is drawn around its words. */
static bool
is_original_marker(const char *lower)
{
	char core[MARKER_LIMIT + 1];
	size_t size = strlen(lower), left = strspn(lower, DECORATION);

	if (size > MARKER_LIMIT)
		return false;
	while (size > left && strchr(DECORATION, lower[size - 1]) != NULL)
		size--;
	memcpy(core, lower + left, size - left);
	core[size - left] = '\0';
	return cue_is_original_marker(core);
}

/* Headers that stand at the top of a mail and in no report's own prose. */
static bool
is_trace_header(const char *raw)
{
	static const char *const names[] = { "Received", "Return-Path", "DKIM-Signature", "X-Received", "ARC-Seal",
		"ARC-Authentication-Results", "DomainKey-Signature", "X-Apparently-To", "X-Originating-IP" };

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		if (text_begins(raw, names[i]) && raw[strlen(names[i])] == ':')
			return true;
	return false;
}

/* "> text" is somebody quoting; ">>> RCPT" and ">>> <a@b>" are a transcript. */
static bool
is_quoted(const char *text)
{
	return *text == '>' && strncmp(text, ">>>", 3) != 0;
}

/* A copy without white space at either end. */
static char *
add_stripped(Prose *prose, const char *begin, const char *end)
{
	while (begin < end && g_ascii_isspace(*begin))
		begin++;
	while (end > begin && g_ascii_isspace(end[-1]))
		end--;
	return g_string_chunk_insert_len(prose->words, begin, end - begin);
}

static const char *
add_lower(Prose *prose, const char *text)
{
	g_autofree char *lower = NULL;
	char *copy;

	if (g_str_is_ascii(text)) {
		copy = g_string_chunk_insert(prose->words, text);
		for (char *p = copy; *p != '\0'; p++)
			*p = (char)(*p | (*p >= 'A' && *p <= 'Z' ? 0x20 : 0));
		return copy;
	}
	lower = cue_lower(text);
	return g_string_chunk_insert(prose->words, lower);
}

/*
 * "Tue 2025-01-14 09:12:06: <-- 550 no": a log of the dialogue, as MDaemon and others append it. From the arrow on, written
 * as Sendmail writes it: "<<< 550 no".
 */
static char *
plain_dialogue(char *text)
{
	static const struct {
		const char *log, *plain;
	} arrows[] = { { "--> ", ">>> " }, { "<-- ", "<<< " } };

	for (size_t i = 0; i < G_N_ELEMENTS(arrows); i++) {
		char *arrow = strstr(text, arrows[i].log);
		size_t lead = arrow == NULL ? 0 : (size_t)(arrow - text);

		if (arrow == NULL || strspn(text, LOG_LEAD) < lead
			|| !(g_ascii_isupper(arrow[4]) || g_ascii_isdigit(arrow[4])))
			continue;
		memcpy(arrow, arrows[i].plain, 4);
		return arrow;
	}
	return text;
}

/* Appends the lines above the returned message; returns what lies behind the marker, or NULL. */
static const char *
split_lines(Prose *prose, const char *text)
{
	for (const char *p = text, *next; *p != '\0'; p = next) {
		const char *end = strchrnul(p, '\n');
		Line line = { .indent = (unsigned)strspn(p, " \t") };

		next = *end == '\0' ? end : end + 1;
		if (is_trace_header(p))
			return p;
		line.text = plain_dialogue(add_stripped(prose, p, end));
		line.lower = add_lower(prose, line.text);
		if (is_original_marker(line.lower) || prose->lines->len >= LINE_LIMIT)
			return next;
		if (!is_quoted(line.text))
			g_array_append_val(prose->lines, line);
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
	const char *behind = split_lines(prose, converted == NULL ? part->text : converted);

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

/* Sets what is said in all lines, and in each. */
static void
join_lines(Prose *prose)
{
	if (prose->lower == NULL)
		prose->lower = g_string_new(NULL);
	g_string_truncate(prose->lower, 0);
	for (size_t i = 0; i < prose->lines->len; i++) {
		const Line *line = prose_line(prose, i);

		g_string_append(prose->lower, line->lower);
		g_string_append_c(prose->lower, *line->text == '\0' ? '\n' : ' ');
	}
	prose->cues = 0;
	for (size_t i = 0, begin = 0; i < prose->lines->len; i++) {
		Line *line = &g_array_index(prose->lines, Line, i);
		size_t size = strlen(line->lower);

		line->cues = cues_in_line(prose->lower, begin, size, &prose->cues);
		begin += size + 1;
	}
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
		join_lines(prose);
	}
}

static bool
is_blank(const char *text)
{
	return text[strspn(text, " \n")] == '\0';
}

/* Words go on in the next line; HTML would have to be made text first. */
bool
prose_may_tell_more(const Message *message)
{
	bool told = false, blank = true;

	for (size_t i = 0; !told && i < message->parts->len; i++) {
		const Part *part = g_ptr_array_index(message->parts, i);
		g_autofree char *lower = NULL;

		if (!is_usable(part) || strcmp(part->type, "text/html") == 0)
			continue;
		lower = text_collapse(g_ascii_strdown(part->text, -1));
		blank = blank && *lower == '\0';
		told = cue_found(CUE_STAGE, lower) || strstr(lower, ">>> ") != NULL
		       || strstr(lower, PROSE_AGENT_PHRASE) != NULL;
	}
	return told || blank;
}

Prose *
prose_read(const Message *message, const Inbound *inbound, const Limits *limits)
{
	Prose *prose = g_new0(Prose, 1);

	prose->lines = g_array_sized_new(FALSE, FALSE, sizeof(Line), USUAL_LINES);
	prose->words = g_string_chunk_new(WORDS_ROOM);
	prose->owned = g_ptr_array_new();
	prose->returned = message->original;
	prose->has_original = message->original->len > 0;
	choose_part(prose, message, "plain", limits);
	if (prose->lower == NULL || is_blank(prose->lower->str))
		choose_part(prose, message, "html", limits);
	if (prose->lower == NULL)
		prose->lower = g_string_new(NULL);
	prose->torn = is_torn(prose, inbound);
	if (prose->torn)
		drop_torn_reply(prose);
	return prose;
}

void
prose_free(Prose *prose)
{
	if (prose == NULL)
		return;
	g_array_unref(prose->lines);
	g_string_chunk_free(prose->words);
	g_ptr_array_unref(prose->owned);
	g_string_free(prose->lower, TRUE);
	g_free(prose);
}
