#include "status.h"

#include <glib.h>
#include <stdio.h>
#include <string.h>

bool
status_is_set(Status status)
{
	return status.class != 0;
}

/* One to three digits, then no further one. Returns what follows, or NULL. */
static const char *
scan_number(const char *p, unsigned *ret_number)
{
	unsigned number = 0, digits = 0;

	for (; digits < 4 && g_ascii_isdigit(*p); digits++, p++)
		number = number * 10 + (unsigned)(*p - '0');
	if (digits == 0 || digits > 3)
		return NULL;
	*ret_number = number;
	return p;
}

static const char *
scan_status(const char *p, Status *ret_status)
{
	Status status = { 0 };

	if (*p != '2' && *p != '4' && *p != '5')
		return NULL;
	status.class = (unsigned)(*p++ - '0');
	if (*p++ != '.' || (p = scan_number(p, &status.subject)) == NULL)
		return NULL;
	if (*p++ != '.' || (p = scan_number(p, &status.detail)) == NULL)
		return NULL;
	*ret_status = status;
	return p;
}

bool
status_parse(const char *text, Status *ret_status)
{
	Status status;
	const char *p = text + strspn(text, " \t\n");

	p = scan_status(p, &status);
	if (p == NULL)
		return false;
	p += strspn(p, " \t\n");
	if (*p != '\0' && *p != '(')
		return false;
	*ret_status = status;
	return true;
}

/* "Version 5.1.1" and "release: 4.2.0" are no codes. */
static bool
follows_version_word(const char *text, const char *p)
{
	static const char *const words[] = { "version", "ver", "release", "build" };
	const char *end = p, *start;

	while (end > text && strchr(" \t:=", end[-1]) != NULL)
		end--;
	start = end;
	while (start > text && g_ascii_isalpha(start[-1]))
		start--;
	for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
		if (strlen(words[i]) == (size_t)(end - start)
			&& g_ascii_strncasecmp(start, words[i], strlen(words[i])) == 0)
			return true;
	return false;
}

/* "mx-5.1.1" names a host or a version, "550-5.1.1" and " -5.1.1" do not. */
static bool
may_begin(const char *text, const char *p)
{
	if (p == text)
		return true;
	if (g_ascii_isalnum(p[-1]) || strchr("._/@+", p[-1]) != NULL)
		return false;
	if (p[-1] == '-' && p - 1 > text && (g_ascii_isalpha(p[-2]) || p[-2] == '.'))
		return false;
	return !follows_version_word(text, p);
}

static bool
may_end(const char *p)
{
	if (g_ascii_isdigit(*p) || g_ascii_islower(*p) || *p == '_' || *p == '@')
		return false;
	return *p != '.' || !g_ascii_isalnum(p[1]);
}

/* Subjects above 9 are dates and versions, no code has one. */
const char *
status_find_from(const char *text, const char *from, Status *ret_status)
{
	for (const char *p = from; (p = strpbrk(p, "245")) != NULL; p++) {
		Status status;
		const char *end = p[1] == '.' ? scan_status(p, &status) : NULL;

		if (end != NULL && status.subject <= 9 && may_end(end) && may_begin(text, p)) {
			*ret_status = status;
			return end;
		}
	}
	return NULL;
}

bool
status_find(const char *text, Status *ret_status)
{
	return status_find_from(text, text, ret_status) != NULL;
}

void
status_format(Status status, char buffer[static STATUS_TEXT_SIZE])
{
	buffer[0] = '\0';
	if (status_is_set(status))
		snprintf(buffer, STATUS_TEXT_SIZE, "%u.%u.%u", status.class % 10, status.subject % 1000,
			status.detail % 1000);
}

static bool
ends_with(const char *text, const char *p, const char *word)
{
	size_t size = strlen(word);

	return (size_t)(p - text) >= size && g_ascii_strncasecmp(p - size, word, size) == 0;
}

/* At the start, on a new line (also of a Sendmail transcript), or after a colon: "said: 550", "[192.0.2.1]: 550". */
static bool
reply_may_begin(const char *text, const char *p)
{
	const char *before = p;

	while (before > text && strchr(" \t<'\"(", before[-1]) != NULL)
		before--;
	if (before == text || before[-1] == '\n')
		return true;
	if (before[-1] != ':')
		return false;
	return ends_with(text, before, "said:") || (before < p && !ends_with(text, before, "port:"));
}

static bool
precedes_status(const char *p)
{
	Status status;
	const char *end;

	p += strspn(p, " -#('\t");
	end = scan_status(p, &status);
	return end != NULL && may_end(end);
}

unsigned
reply_code_find(const char *text)
{
	for (const char *p = text; (p = strpbrk(p, "2345")) != NULL; p++) {
		if (!g_ascii_isdigit(p[1]) || !g_ascii_isdigit(p[2]) || (p > text && g_ascii_isalnum(p[-1])))
			continue;
		if (p[3] != '\0' && strchr(" -\t\n,:;", p[3]) == NULL)
			continue;
		if (reply_may_begin(text, p)
			|| (p[3] != '\0' && strchr(" -\t\n", p[3]) != NULL && precedes_status(p + 3)))
			return (unsigned)((p[0] - '0') * 100 + (p[1] - '0') * 10 + (p[2] - '0'));
	}
	return 0;
}
