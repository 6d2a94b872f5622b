#include "address.h"

#include "text.h"

#include <glib.h>
#include <idn2.h>
#include <string.h>

#define ADDRESS_LIMIT ((size_t)254)
#define DOMAIN_LIMIT ((size_t)253)
#define LABEL_LIMIT 63

static const char *
skip_blanks(const char *p)
{
	return p + strspn(p, " \t\r\n");
}

/* "rfc822; a@b", "RFC822;a@b", "utf-8; a@b", "smtp:a@b": the address that follows. */
static const char *
skip_type(const char *text)
{
	static const char *const colon_types[] = { "smtp:", "rfc822:", "mailto:" };

	for (;;) {
		const char *start = skip_blanks(text), *p = start;

		while (g_ascii_isalnum(*p) || *p == '-' || *p == '/')
			p++;
		if (p > start && *skip_blanks(p) == ';') {
			text = skip_blanks(p) + 1;
			continue;
		}
		for (size_t i = 0; i < G_N_ELEMENTS(colon_types); i++)
			if (text_begins(start, colon_types[i]))
				return skip_blanks(start + strlen(colon_types[i]));
		return start;
	}
}

/* End of the comment or quoted string that begins at p; NULL when it is not closed. */
static const char *
skip_enclosed(const char *p, char open, char close)
{
	unsigned depth = 0;

	for (; *p != '\0'; p++) {
		if (*p == '\\' && p[1] != '\0')
			p++;
		else if (*p == close && (open != close || depth > 0))
			depth -= depth > 0;
		else if (*p == open)
			depth++;
		else
			continue;
		if (depth == 0)
			return p + 1;
	}
	return NULL;
}

/* Takes the first <...> with an '@', else all; without comments. Owned by the caller. */
static char *
without_comments_and_brackets(const char *text)
{
	GString *out = g_string_new(NULL);
	bool quotes = true; /* false: a quote is not closed, so no later one is looked for again */

	for (const char *p = text;;) {
		const char *next = NULL;
		size_t plain = strcspn(p, "\"(<>");

		g_string_append_len(out, p, (gssize)plain);
		p += plain;
		if (*p == '\0')
			break;
		if (*p == '"' && quotes)
			quotes = (next = skip_enclosed(p, '"', '"')) != NULL;
		else if (*p == '(')
			next = skip_enclosed(p, '(', ')');
		if (*p == '>' && memchr(out->str, '@', out->len) != NULL)
			break;
		if (*p == '"' && next != NULL)
			g_string_append_len(out, p, next - p);
		else if (*p == '(')
			next = next == NULL ? p + strlen(p) : next;
		else if (*p == '<')
			g_string_truncate(out, 0);
		else
			g_string_append_c(out, *p);
		p = next == NULL ? p + 1 : next;
	}
	return g_strstrip(g_string_free(out, FALSE));
}

/* RFC 6533 section 3: \x{E9} stands for U+00E9 where only ASCII may be written. In place. */
static void
unescape_utf8(char *text)
{
	char *out = text;

	for (const char *p = text; *p != '\0';) {
		char *end = NULL;
		guint64 code = p[0] == '\\' && p[1] == 'x' && p[2] == '{' ? g_ascii_strtoull(p + 3, &end, 16) : 0;

		if (end != NULL && *end == '}' && code >= 0x20 && code <= 0x10ffff
			&& g_unichar_validate((gunichar)code)) {
			out += g_unichar_to_utf8((gunichar)code, out);
			p = end + 1;
		} else {
			*out++ = *p++;
		}
	}
	*out = '\0';
}

/* Source route, quotes around the whole, dots at the end. In place; returns where the address begins. */
static char *
trim(char *text)
{
	size_t size = strlen(text);

	if (size > 2 && text[0] == '\'' && text[size - 1] == '\'') {
		text[size - 1] = '\0';
		text = g_strstrip(text + 1);
	}
	if (text[0] == '@' && strchr(text, ':') != NULL)
		text = g_strstrip(strchr(text, ':') + 1);
	for (size = strlen(text); size > 0 && text[size - 1] == '.'; size--)
		text[size - 1] = '\0';
	return text;
}

/* RFC 5322 atext, dots between, and whatever is no ASCII. */
static const bool atext[256] = { ['!'] = true,
	['#' ... '\''] = true,
	['*'] = true,
	['+'] = true,
	['-' ... '9'] = true,
	['='] = true,
	['?'] = true,
	['A' ... 'Z'] = true,
	['^' ... '~'] = true,
	[0x80 ... 0xff] = true };

/*
 * A program or a file stands where an address should, or a name in encoded words that runs into it. An encoded word alone is
 * a local part like any other (RFC 5321 allows its characters), and mail is sent to such: by clients that encode too much.
 */
static bool
is_no_mailbox(const char *local, size_t size)
{
	size_t quote = local[0] == '"';
	const char *word = g_strstr_len(local, (gssize)size, "=?"), *end;

	if (size <= quote || local[quote] == '/' || local[quote] == '|')
		return true;
	end = word == NULL ? NULL : g_strrstr_len(word + 2, (gssize)size - (word + 2 - local), "?=");
	return end != NULL && (word != local || end + 2 != local + size);
}

static bool
is_local_part(const char *local, size_t size)
{
	if (is_no_mailbox(local, size))
		return false;
	if (local[0] == '"') {
		const char *end = skip_enclosed(local, '"', '"');

		return size > 2 && end == local + size;
	}
	for (size_t i = 0; i < size; i++)
		if (!atext[(unsigned char)local[i]])
			return false;
	return true;
}

static bool
is_ascii_domain(const char *domain, size_t size)
{
	size_t label = 0;

	if (size > DOMAIN_LIMIT)
		return false;
	for (size_t i = 0; i < size; i++) {
		char c = domain[i];

		if (c == '.' && label == 0)
			return false;
		label = c == '.' ? 0 : label + 1;
		if (label > LABEL_LIMIT || !(g_ascii_isalnum(c) || c == '-' || c == '_' || c == '.'))
			return false;
	}
	return label > 0;
}

static bool
is_printable(const char *text)
{
	if (!g_utf8_validate(text, -1, NULL))
		return false;
	while ((unsigned char)*text >= ' ' && (unsigned char)*text < 0x7f)
		text++;
	for (const char *p = text; *p != '\0'; p += g_utf8_skip[(guchar)*p]) {
		gunichar c = g_utf8_get_char(p);

		if (c != ' ' && (!g_unichar_isgraph(c) || c == 0xfffd))
			return false;
	}
	return true;
}

static bool
is_domain(const char *domain)
{
	g_autofree char *normal = domain_normalise(domain);

	return normal != NULL;
}

/* Nothing but an ASCII address, as it is written nearly everywhere: no care is needed. */
static bool
is_plain(const char *text, size_t size)
{
	const char *at = memchr(text, '@', size);
	size_t local = at == NULL ? 0 : (size_t)(at - text);

	if (at == NULL || size > ADDRESS_LIMIT || *text == '"' || !is_ascii_domain(at + 1, size - local - 1))
		return false;
	for (size_t i = 0; i < local; i++)
		if ((unsigned char)text[i] >= 0x80)
			return false;
	return is_local_part(text, local);
}

/* "a@b", "<a@b>", "Name <a@b>". NULL: whatever else it is. Owned by the caller. */
static char *
find_plain(const char *text)
{
	size_t before = strcspn(text, "\"(<>"), size = before;

	if (text[before] == '<') {
		text += before + 1;
		size = strcspn(text, "\"(<>");
		if (text[size] != '>')
			return NULL;
	} else if (text[before] != '\0') {
		return NULL;
	}
	return is_plain(text, size) ? g_strndup(text, size) : NULL;
}

char *
address_parse(const char *text)
{
	g_autofree char *plain = find_plain(skip_type(text)), *copy = NULL;
	char *address;
	const char *at;

	if (plain != NULL)
		return address_is_redacted(plain) ? NULL : g_steal_pointer(&plain);
	copy = without_comments_and_brackets(skip_type(text));
	address = trim(copy);
	if (strlen(address) > ADDRESS_LIMIT * 4)
		return NULL;
	unescape_utf8(address);
	at = strrchr(address, '@');
	if (at == NULL || strlen(address) > ADDRESS_LIMIT || !is_printable(address))
		return NULL;
	if (!is_local_part(address, (size_t)(at - address)) || !is_domain(at + 1) || address_is_redacted(address))
		return NULL;
	return g_strdup(address);
}

char *
address_key(const char *address)
{
	g_autofree char *parsed = address_parse(address);

	return parsed == NULL ? NULL : address_key_of_parsed(parsed);
}

char *
address_key_of_parsed(const char *parsed)
{
	const char *at = strrchr(parsed, '@');
	g_autofree char *local = NULL, *domain = NULL, *folded = NULL;

	if (g_str_is_ascii(parsed) && is_ascii_domain(at + 1, strlen(at + 1)))
		return g_ascii_strdown(parsed, -1);
	local = g_strndup(parsed, (gsize)(at - parsed));
	domain = domain_normalise(at + 1);
	if (g_str_is_ascii(local)) {
		folded = g_ascii_strdown(local, -1);
	} else {
		g_autofree char *lower = g_utf8_casefold(local, -1);

		folded = g_utf8_normalize(lower, -1, G_NORMALIZE_NFC);
	}
	return g_strconcat(folded, "@", domain, NULL);
}

const char *
address_domain(const char *address)
{
	const char *at = strrchr(address, '@');

	return at == NULL ? "" : at + 1;
}

static bool
is_address_literal(const char *domain)
{
	size_t size = strlen(domain);

	return size > 2 && size <= DOMAIN_LIMIT && domain[0] == '[' && domain[size - 1] == ']'
	       && strspn(domain + 1, "0123456789abcdefABCDEFIPv:.-") == size - 2;
}

static char *
to_ascii_domain(const char *domain)
{
	uint8_t *ascii = NULL;
	char *copy = NULL;

	/* idn2 works on up to 255 octets and is asked for no more. */
	if (strlen(domain) > DOMAIN_LIMIT * 2)
		return NULL;
	if (idn2_lookup_u8((const uint8_t *)domain, &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) != IDN2_OK)
		return NULL;
	if (is_ascii_domain((const char *)ascii, strlen((const char *)ascii)))
		copy = g_ascii_strdown((const char *)ascii, -1);
	idn2_free(ascii);
	return copy;
}

char *
domain_normalise(const char *domain)
{
	g_autofree char *bare = NULL;
	size_t size = strlen(domain);

	if (size > 0 && domain[size - 1] == '.')
		size--;
	if (is_ascii_domain(domain, size))
		return g_ascii_strdown(domain, (gssize)size);
	bare = g_strndup(domain, size);
	if (is_address_literal(bare))
		return g_steal_pointer(&bare);
	return !g_str_is_ascii(bare) && g_utf8_validate(bare, -1, NULL) ? to_ascii_domain(bare) : NULL;
}

static bool
is_digest(const char *local, size_t size)
{
	if (size != 32 && size != 40 && size != 64)
		return false;
	for (size_t i = 0; i < size; i++)
		if (!g_ascii_isxdigit(local[i]))
			return false;
	return true;
}

/* RFC 6590 section 3: a keyed hash in base64, which ends in padding. */
static bool
is_keyed_hash(const char *local, size_t size)
{
	if ((size != 28 && size != 44) || local[size - 1] != '=')
		return false;
	for (size_t i = 0; i < size - 1; i++)
		if (!g_ascii_isalnum(local[i]) && strchr("+/=", local[i]) == NULL)
			return false;
	return true;
}

static bool
is_mask(const char *local, size_t size)
{
	return size > 0 && strspn(local, "*") >= size;
}

bool
address_is_redacted(const char *address)
{
	static const char *const stems[] = { "redacted", "undisclosed", "anonymized", "anonymised" };
	static const char *const words[] = { "hashed", "hidden", "removed" };
	const char *local = address + strspn(address, " \t<[(\"");
	size_t size = strcspn(local, "@>]) \t\"");

	for (size_t i = 0; i < G_N_ELEMENTS(stems); i++)
		if (text_begins(local, stems[i]))
			return true;
	for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
		if (size == strlen(words[i]) && text_begins(local, words[i]))
			return true;
	return is_digest(local, size) || is_keyed_hash(local, size) || is_mask(local, size);
}
