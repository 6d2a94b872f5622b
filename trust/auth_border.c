#include "auth_border.h"

#include "raw_field.h"
#include "settings.h"

#include <string.h>

#define RECEIVED_BYTES ((size_t)4096)

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The next word outside comments: a run of anything but blanks, brackets and semicolons. False: there is none. */
static bool
next_word(const char **at, const char *end, const char **ret_word, size_t *ret_size)
{
	unsigned depth = 0;
	const char *p = *at, *start;

	for (; p < end && (depth > 0 || is_blank(*p) || *p == '(' || *p == ';' || *p == ')'); p++) {
		if (*p == '(')
			depth++;
		else if (*p == ')' && depth > 0)
			depth--;
		else if (*p == '\\' && p + 1 < end)
			p++;
	}
	for (start = p; p < end && !is_blank(*p) && *p != '(' && *p != ';';)
		p++;
	*at = p;
	*ret_word = start;
	*ret_size = (size_t)(p - start);
	return p > start;
}

static bool
is_word(const char *word, size_t size, const char *keyword)
{
	return size == strlen(keyword) && g_ascii_strncasecmp(word, keyword, size) == 0;
}

/* The host of "from HELO (...) by HOST ...", lower case. HELO is the client's word, whatever it says. "" when none is named. */
static char *
received_by(const RawField *field)
{
	const char *at = field->value, *end = at + MIN(field->value_size, RECEIVED_BYTES), *word;
	size_t size;

	while (next_word(&at, end, &word, &size)) {
		if (is_word(word, size, "from"))
			next_word(&at, end, &word, &size);
		else if (is_word(word, size, "by"))
			return next_word(&at, end, &word, &size) ? g_ascii_strdown(word, (gssize)size) : g_strdup("");
	}
	return g_strdup("");
}

static bool
is_own_host(const Border *border, const RawField *field)
{
	g_autofree char *host = received_by(field);

	for (const char *const *pattern = border->received_by; pattern != NULL && *pattern != NULL; pattern++)
		if (g_pattern_match_simple(*pattern, host))
			return true;
	return false;
}

AuthResults *
auth_border_read(const Border *border, const char *bytes, size_t size)
{
	RawField field;

	for (size_t at = 0; raw_field_next(bytes, size, &at, &field);) {
		g_autoptr(AuthResults) results = NULL;

		if (raw_field_may_be(&field, "Received") && !is_own_host(border, &field))
			return NULL;
		if (!raw_field_is(&field, "Authentication-Results"))
			continue;
		results = auth_results_parse(field.value, field.value_size);
		if (results != NULL && g_strv_contains(border->authserv_ids, results->authserv_id))
			return g_steal_pointer(&results);
	}
	return NULL;
}

static bool
check_names(const YamlNode *map, const char *key, const char *more, char **names, GError **error)
{
	for (size_t i = 0; names[i] != NULL; i++) {
		for (char *c = names[i]; *c != '\0'; c++) {
			*c = g_ascii_tolower(*c);
			if (!g_ascii_isalnum(*c) && strchr(more, *c) == NULL)
				return yaml_fail(settings_place(map, key, i), error, "'%s' is no host name", names[i]);
		}
		if (*names[i] == '\0' || strcmp(names[i], "*") == 0)
			return yaml_fail(settings_place(map, key, i), error, "'%s' names no host", names[i]);
	}
	return true;
}

bool
auth_border_check(const YamlNode *map, char **authserv_ids, char **received_by, GError **error)
{
	if (*received_by != NULL && *authserv_ids == NULL)
		return yaml_fail(yaml_get(map, "trusted_received"), error,
			"'trusted_received' says where headers of 'trusted_authserv_ids' are believed, and none is "
			"named");
	return check_names(map, "trusted_authserv_ids", "-._", authserv_ids, error)
	       && check_names(map, "trusted_received", "-._:[]*", received_by, error);
}
