#include "mention.h"

#include "address.h"

#include <string.h>

#define ADDRESS_SPAN 320 /* how far from its '@' an address may begin or end */

static bool
is_local(char c)
{
	return g_ascii_isalnum(c) || (c != '\0' && strchr("!#$%&'*+/=?^_`{|}~.-", c) != NULL);
}

static bool
is_domain(char c)
{
	return g_ascii_isalnum(c) || c == '.' || c == '-' || c == '_';
}

/* Where the bracket that holds the '@' opens, or NULL. */
static const char *
bracket_before(const char *start, const char *at)
{
	const char *limit = at - start > ADDRESS_SPAN ? at - ADDRESS_SPAN : start;

	for (const char *p = at; p > limit; p--) {
		if (p[-1] == '<')
			return p - 1;
		if (p[-1] == '>' || (p[-1] == ' ' && memchr(limit, '"', (size_t)(p - limit)) == NULL))
			return NULL;
	}
	return NULL;
}

/* Where it closes, or NULL. No blank and no other '<' between. */
static const char *
bracket_behind(const char *at)
{
	const char *p = at;

	while (p - at < ADDRESS_SPAN && *p != '\0' && strchr("<> \t\n", *p) == NULL)
		p++;
	return *p == '>' ? p : NULL;
}

/* Host names without a dot are of the reporting site's own making: nobody else could have mailed them. */
static bool
take(const char *text, const char *begin, const char *end, Mention *mention)
{
	g_autofree char *copy = g_strndup(begin, (gsize)(end - begin));

	mention->address = address_parse(copy);
	if (mention->address != NULL && strchr(address_domain(mention->address), '.') == NULL)
		g_clear_pointer(&mention->address, g_free);
	mention->begin = (size_t)(begin - text);
	mention->end = (size_t)(end - text);
	return mention->address != NULL;
}

static bool
read_bracketed(const char *text, const char *start, const char *at, Mention *mention)
{
	const char *open = bracket_before(start, at), *close = bracket_behind(at);

	if (open == NULL || close == NULL)
		return false;
	mention->bracketed = true;
	return take(text, open, close + 1, mention);
}

/* Letters of alphabets that put blanks between words belong to the address; Chinese and Japanese text may touch it. */
static bool
is_foreign_letter(const char *p)
{
	gunichar c = (unsigned char)*p < 0x80 ? 0 : g_utf8_get_char(p);

	return c >= 0xc0 && c < 0x590 && g_unichar_isalnum(c);
}

static const char *
local_begin(const char *limit, const char *at)
{
	const char *p = at;

	while (p > limit) {
		const char *previous = g_utf8_find_prev_char(limit, p);

		if (previous == NULL || !(is_local(*previous) || is_foreign_letter(previous)))
			break;
		p = previous;
	}
	return p;
}

static const char *
domain_end(const char *at)
{
	const char *p = at + 1;

	while (p - at < ADDRESS_SPAN && (is_domain(*p) || is_foreign_letter(p)))
		p += g_utf8_skip[(guchar)*p];
	return p;
}

static bool
read_bare(const char *text, const char *start, const char *at, Mention *mention)
{
	const char *run = local_begin(at - start > ADDRESS_SPAN ? at - ADDRESS_SPAN : start, at);
	const char *begin = run, *end = domain_end(at);

	/* "a@mail.例子": cut where the script changes, it would be another domain. */
	if (end[-1] == '.' && (unsigned char)*end >= 0x80 && g_unichar_isalnum(g_utf8_get_char(end)))
		return false;
	/* "c=us;a= ;p=org;dda:SMTP=a@b;": the attribute of an X.400 address, not of the local part. */
	if (run - start >= 4 && g_ascii_strncasecmp(run - 4, "dda:smtp=", 9) == 0)
		begin += strlen("smtp=");
	/* Quotes and punctuation around the address, not of it. */
	while (begin < at && strchr("'`/=.*", *begin) != NULL)
		begin++;
	while (end > at + 1 && strchr(".-_", end[-1]) != NULL)
		end--;
	/* "<a@exam" at the end of a cut line: the bracket would have told where the address ends. */
	if (begin > start && begin[-1] == '<' && *end != '>')
		return false;
	/* "//host/path?to=a@b" and "//a@b" belong to a URL. */
	if (begin == at || g_strstr_len(run, at - run, "//") != NULL || *end == '@')
		return false;
	mention->bracketed = begin > text && begin[-1] == '"' && *end == '"';
	return take(text, begin, end, mention);
}

bool
mention_find(const char *text, size_t from, Mention *ret_mention)
{
	const char *start = text + from;

	for (const char *at = strchr(start, '@'); at != NULL; at = strchr(at + 1, '@')) {
		Mention mention = { 0 };

		if (read_bracketed(text, start, at, &mention) || read_bare(text, start, at, &mention)) {
			*ret_mention = mention;
			return true;
		}
	}
	return false;
}

void
mention_clear(Mention *mention)
{
	g_clear_pointer(&mention->address, g_free);
}
