#include "text.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define REPLACEMENT "\xef\xbf\xbd"

static bool
is_plain(unsigned char c)
{
	return (c >= ' ' && c < 0x7f) || c == '\n' || c == '\t';
}

#define EACH_BYTE(value) (UINT64_C(0x0101010101010101) * (value))

/* Where the first byte stands that is_plain() refuses; eight at a time, for nearly all of mail is plain. */
static const char *
plain_end(const char *p, const char *end)
{
	while (p < end) {
		uint64_t bytes;

		if (end - p >= (ptrdiff_t)sizeof(bytes)) {
			memcpy(&bytes, p, sizeof(bytes));
			/* None of them above 0x7e, none below the blank. */
			if (((bytes | (bytes + EACH_BYTE(1)) | (bytes - EACH_BYTE(' '))) & EACH_BYTE(0x80)) == 0) {
				p += sizeof(bytes);
				continue;
			}
		}
		if (!is_plain((unsigned char)*p))
			break;
		p++;
	}
	return p;
}

bool
text_is_ascii(const char *bytes, size_t size)
{
	const char *p = bytes, *end = bytes + size;
	uint64_t word;

	for (; end - p >= (ptrdiff_t)sizeof(word); p += sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		if ((word & EACH_BYTE(0x80)) != 0)
			return false;
	}
	for (; p < end; p++)
		if ((unsigned char)*p >= 0x80)
			return false;
	return true;
}

/* Length of the line break at text, which begins with CR: CRLF, CR CR LF and longer runs are one break, CR alone is one. */
static size_t
line_break(const char *text, const char *end)
{
	const char *p = text;

	while (p < end && *p == '\r')
		p++;
	return p < end && *p == '\n' ? (size_t)(p - text) + 1 : 1;
}

/* Length of the valid multi-byte character at text; 0 when there is none. */
static size_t
character(const char *text, const char *end)
{
	gunichar c = g_utf8_get_char_validated(text, end - text);

	if (c == (gunichar)-1 || c == (gunichar)-2)
		return 0;
	return (size_t)g_unichar_to_utf8(c, NULL);
}

static bool
append(GString *out, const char *bytes, size_t size, size_t limit)
{
	if (size > limit - out->len)
		return false;
	g_string_append_len(out, bytes, (gssize)size);
	return true;
}

/* Everything but a run of plain bytes. Returns how many bytes were read; 0: the limit is reached. */
static size_t
clean_special(GString *out, const char *text, const char *end, size_t limit)
{
	unsigned char c = (unsigned char)*text;
	size_t size;

	if (c == '\0')
		return 1; /* UTF-16 taken for ASCII reads well without them */
	if (c == '\r')
		return append(out, "\n", 1, limit) ? line_break(text, end) : 0;
	if (c < 0x80)
		return append(out, " ", 1, limit) ? 1 : 0;
	size = character(text, end);
	if (size == 0)
		return append(out, REPLACEMENT, strlen(REPLACEMENT), limit) ? 1 : 0;
	if (size == 2 && c == 0xc2 && (unsigned char)text[1] < 0xa0) /* C1 controls */
		return append(out, " ", 1, limit) ? 2 : 0;
	return append(out, text, size, limit) ? size : 0;
}

char *
text_clean(const char *bytes, size_t size, size_t limit)
{
	GString *out = g_string_sized_new(MIN(size, limit) + 1);
	const char *end = bytes + size;

	for (const char *p = bytes; p < end && out->len < limit;) {
		const char *run = p;
		size_t used;

		p = plain_end(p, end);
		g_string_append_len(out, run, (gssize)MIN((size_t)(p - run), limit - out->len));
		if (p == end)
			break;
		used = clean_special(out, p, end, limit);
		if (used == 0)
			break;
		p += used;
	}
	return g_string_free(out, FALSE);
}

/* Where white space or the text's end may begin; 0xc2 begins other characters as well. */
static const bool breaks[256] = { ['\0'] = true, ['\t' ... '\r'] = true, [' '] = true, [0xc2] = true };

/* No-break spaces come from HTML and would keep rules from matching. */
static size_t
space(const char *p)
{
	if (*p == '\xc2')
		return p[1] == '\xa0' ? 2 : 0;
	return *p != '\0' && breaks[(unsigned char)*p];
}

char *
text_collapse(char *text)
{
	char *out = text;
	bool pending = false;

	for (const char *p = text; *p != '\0';) {
		size_t blank = space(p);

		if (blank > 0) {
			pending = out > text;
			p += blank;
			continue;
		}
		if (pending)
			*out++ = ' ';
		pending = false;
		do
			*out++ = *p++;
		while (!breaks[(unsigned char)*p]);
	}
	*out = '\0';
	return text;
}
