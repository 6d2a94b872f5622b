#include "charset.h"

#include "text.h"

#include <errno.h>
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

typedef struct Charset {
	const char *claimed; /* lower case */
	const char *iconv;   /* NULL: UTF-8 or what looks like it */
	bool seven_bit;      /* ASCII bytes may mean something else */
} Charset;

static const Charset charsets[] = {
	{ "utf-8", NULL, false },
	{ "utf8", NULL, false },
	{ "uft-8", NULL, false },
	{ "us-ascii", NULL, false },
	{ "ascii", NULL, false },
	{ "unknown-8bit", NULL, false },
	{ "iso-8859-1", "CP1252", false },
	{ "latin1", "CP1252", false },
	{ "windows-1252", "CP1252", false },
	{ "cp1252", "CP1252", false },
	{ "iso-8859-2", "ISO-8859-2", false },
	{ "iso-8859-3", "ISO-8859-3", false },
	{ "iso-8859-4", "ISO-8859-4", false },
	{ "iso-8859-5", "ISO-8859-5", false },
	{ "iso-8859-6", "ISO-8859-6", false },
	{ "iso-8859-7", "ISO-8859-7", false },
	{ "iso-8859-8", "ISO-8859-8", false },
	{ "iso-8859-8-i", "ISO-8859-8", false },
	{ "iso-8859-9", "ISO-8859-9", false },
	{ "iso-8859-13", "ISO-8859-13", false },
	{ "iso-8859-14", "ISO-8859-14", false },
	{ "iso-8859-15", "ISO-8859-15", false },
	{ "windows-1250", "CP1250", false },
	{ "cp1250", "CP1250", false },
	{ "windows-1251", "CP1251", false },
	{ "cp1251", "CP1251", false },
	{ "windows-1253", "CP1253", false },
	{ "windows-1254", "CP1254", false },
	{ "windows-1255", "CP1255", false },
	{ "windows-1256", "CP1256", false },
	{ "windows-1257", "CP1257", false },
	{ "windows-1258", "CP1258", false },
	{ "windows-874", "CP874", false },
	{ "tis-620", "CP874", false },
	{ "koi8-r", "KOI8-R", false },
	{ "koi8-u", "KOI8-U", false },
	{ "ibm850", "CP850", false },
	{ "cp850", "CP850", false },
	{ "cp866", "CP866", false },
	{ "macintosh", "MACINTOSH", false },
	{ "shift_jis", "CP932", false },
	{ "shift-jis", "CP932", false },
	{ "sjis", "CP932", false },
	{ "x-sjis", "CP932", false },
	{ "cp932", "CP932", false },
	{ "windows-31j", "CP932", false },
	{ "euc-jp", "EUC-JP", false },
	{ "iso-2022-jp", "ISO-2022-JP", true },
	{ "iso-2022-jp-ms", "ISO-2022-JP", true },
	{ "iso-2022-jp-2", "ISO-2022-JP-2", true },
	{ "cp50221", "ISO-2022-JP", true },
	{ "gb2312", "GB18030", false },
	{ "gbk", "GB18030", false },
	{ "cp936", "GB18030", false },
	{ "gb18030", "GB18030", false },
	{ "hz-gb-2312", "GB18030", false },
	{ "big5", "BIG5", false },
	{ "big5-hkscs", "BIG5-HKSCS", false },
	{ "euc-kr", "CP949", false },
	{ "ks_c_5601-1987", "CP949", false },
	{ "cp949", "CP949", false },
	{ "iso-2022-kr", "ISO-2022-KR", true },
	{ "utf-7", "UTF-7", true },
	{ "unicode-1-1-utf-7", "UTF-7", true },
	{ "utf-16", "UTF-16", true },
	{ "utf-16le", "UTF-16LE", true },
	{ "utf-16be", "UTF-16BE", true },
};

/* The C library loads a converter from disk at each opening and drops it soon after: that costs more than a bounce. */
static const char *const pinned[] = { "CP1252", "CP1250", "CP1251", "ISO-8859-2", "ISO-8859-15", "KOI8-R", "CP932",
	"EUC-JP", "ISO-2022-JP", "GB18030", "BIG5", "CP949", "UTF-7" };

void
charset_init(void)
{
	static GIConv pins[G_N_ELEMENTS(pinned)]; /* never closed, which is their purpose */

	for (size_t i = 0; i < G_N_ELEMENTS(pinned); i++)
		if (pins[i] == NULL)
			pins[i] = g_iconv_open("UTF-8", pinned[i]);
}

static const Charset no_charset = { "", NULL, false };

static const Charset *
find(const char *claimed)
{
	if (claimed == NULL)
		return &no_charset;
	for (size_t i = 0; i < G_N_ELEMENTS(charsets); i++)
		if (g_ascii_strcasecmp(claimed, charsets[i].claimed) == 0)
			return &charsets[i];
	return &no_charset;
}

/* NUL is no argument against it; nor is a character that the end cuts in two, where there is more. */
static bool
is_utf8(const char *bytes, size_t size, bool more)
{
	const char *end = bytes + size, *bad;

	while (!g_utf8_validate_len(bytes, (gsize)(end - bytes), &bad)) {
		if (*bad != '\0')
			return more && g_utf8_get_char_validated(bad, end - bad) == (gunichar)-2;
		bytes = bad + 1;
	}
	return true;
}

/* Unreadable bytes become "?" one by one, so that one of them does not cost the rest. */
static char *
convert(const char *bytes, size_t size, const char *from, size_t limit)
{
	GIConv iconv = g_iconv_open("UTF-8", from);
	g_autofree char *copy = g_memdup2(bytes, size); /* iconv does not promise to leave it alone */
	char chunk[4096], *in = copy;
	g_autoptr(GString) out = g_string_new(NULL);
	gsize left = size;

	if (GPOINTER_TO_SIZE(iconv) == SIZE_MAX)
		return NULL;
	while (left > 0 && out->len < limit) {
		char *next = chunk;
		gsize room = sizeof(chunk);
		gsize result = g_iconv(iconv, &in, &left, &next, &room);
		int error = errno;

		g_string_append_len(out, chunk, next - chunk);
		if (result == (gsize)-1 && error == EILSEQ) {
			g_string_append_c(out, '?');
			in++;
			left--;
		} else if (result == (gsize)-1 && error != E2BIG) {
			break;
		}
	}
	g_iconv_close(iconv);
	return text_clean(out->str, out->len, limit);
}

/* Delivery status blocks cannot claim a set; Domino writes into them what it writes into the text. */
static bool
has_japanese_escape(const char *bytes, size_t size)
{
	const char *end = bytes + size;

	for (const char *p = bytes; (p = memchr(p, '\x1b', (size_t)(end - p))) != NULL; p++)
		if (end - p >= 3 && p[1] == '$' && (p[2] == 'B' || p[2] == '@'))
			return true;
	return false;
}

/* Raw Japanese that claims to be 7-bit: in EUC all bytes above ASCII come in pairs from a1 to fe, in Shift_JIS hardly. */
static const char *
japanese(const char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		unsigned char c = (unsigned char)bytes[i], next = i + 1 < size ? (unsigned char)bytes[i + 1] : 0xa1;

		if (c < 0x80)
			continue;
		if (c < 0x8e || next < 0xa1)
			return "CP932";
		i++;
	}
	return "EUC-JP";
}

/* Bytes that are no UTF-8 and claim no other set: raw 8-bit text of western systems for the most part. */
static const char *
likely(const Charset *charset, const char *bytes, size_t size)
{
	if (charset->seven_bit && strncmp(charset->claimed, "iso-2022-jp", 11) == 0)
		return text_is_ascii(bytes, size) ? charset->iconv : japanese(bytes, size);
	return charset->iconv == NULL ? "CP1252" : charset->iconv;
}

char *
charset_to_utf8(const char *bytes, size_t size, const char *charset, size_t limit)
{
	size_t used = MIN(size, limit * 2);
	const Charset *known = find(charset == NULL && has_japanese_escape(bytes, used) ? "iso-2022-jp" : charset);
	char *text = NULL;

	if (!known->seven_bit && text_is_ascii(bytes, used))
		return text_clean(bytes, size, limit);
	/* Whatever is claimed: more than ASCII that is valid UTF-8 is no accident. */
	if (known->iconv == NULL || !text_is_ascii(bytes, used))
		if (is_utf8(bytes, used, used < size))
			return text_clean(bytes, size, limit);
	text = convert(bytes, used, likely(known, bytes, used), limit);
	return text == NULL ? text_clean(bytes, size, limit) : text;
}
