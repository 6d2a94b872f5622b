#include "auth_results.h"

#include <string.h>

typedef struct Cursor {
	const char *at, *end;
} Cursor;

static void
property_free(void *data)
{
	AuthProperty *property = data;

	g_free(property->type);
	g_free(property->name);
	g_free(property->value);
	g_free(property);
}

static void
result_free(void *data)
{
	AuthResult *result = data;

	g_free(result->method);
	g_free(result->outcome);
	g_ptr_array_unref(result->properties);
	g_free(result);
}

void
auth_results_free(AuthResults *results)
{
	if (results == NULL)
		return;
	g_free(results->authserv_id);
	g_ptr_array_unref(results->results);
	g_free(results);
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* A comment, which may hold others. False: it does not end. */
static bool
skip_comment(Cursor *cursor)
{
	unsigned depth = 0;

	for (; cursor->at < cursor->end; cursor->at++) {
		if (*cursor->at == '\\' && cursor->at + 1 < cursor->end)
			cursor->at++;
		else if (*cursor->at == '(')
			depth++;
		else if (*cursor->at == ')' && --depth == 0) {
			cursor->at++;
			return true;
		}
	}
	return false;
}

/* CFWS of RFC 5322. */
static bool
skip(Cursor *cursor)
{
	while (cursor->at < cursor->end) {
		if (*cursor->at == '(') {
			if (!skip_comment(cursor))
				return false;
		} else if (is_blank(*cursor->at)) {
			cursor->at++;
		} else {
			break;
		}
	}
	return true;
}

/* That character next, with CFWS after it. */
static bool
take(Cursor *cursor, char c)
{
	if (cursor->at == cursor->end || *cursor->at != c)
		return false;
	cursor->at++;
	return skip(cursor);
}

static bool
is_keyword(char c)
{
	return g_ascii_isalnum(c) || c == '-' || c == '_';
}

/* Lower case, with CFWS after it. NULL: none stands here. */
static char *
take_keyword(Cursor *cursor, const char *more)
{
	const char *start = cursor->at;
	char *word;

	while (cursor->at < cursor->end
		&& (is_keyword(*cursor->at) || (*cursor->at != '\0' && strchr(more, *cursor->at) != NULL)))
		cursor->at++;
	if (cursor->at == start)
		return NULL;
	word = g_ascii_strdown(start, cursor->at - start);
	if (skip(cursor))
		return word;
	g_free(word);
	return NULL;
}

static bool
take_quoted(Cursor *cursor, GString *value)
{
	for (cursor->at++; cursor->at < cursor->end; cursor->at++) {
		if (*cursor->at == '"') {
			cursor->at++;
			return true;
		}
		if (*cursor->at == '\\' && cursor->at + 1 < cursor->end)
			cursor->at++;
		g_string_append_c(value, *cursor->at);
	}
	return false;
}

/* What no value holds outside quotes. */
static bool
ends_value(char c)
{
	return (unsigned char)c <= ' ' || c == 0x7f || c == ';' || c == '(' || c == ')';
}

/* A token, a quoted string, or "quoted local part"@domain; with CFWS on both sides. NULL: none stands here. */
static char *
take_value(Cursor *cursor)
{
	g_autoptr(GString) value = g_string_new(NULL);
	const char *start;

	if (!skip(cursor))
		return NULL;
	start = cursor->at;
	while (cursor->at < cursor->end && !ends_value(*cursor->at)) {
		if (*cursor->at != '"')
			g_string_append_c(value, *cursor->at++);
		else if (!take_quoted(cursor, value))
			return NULL;
	}
	if (cursor->at == start || !skip(cursor))
		return NULL;
	return g_string_free(g_steal_pointer(&value), FALSE);
}

/* "header.d=example.org", "reason="..."". */
static bool
read_property(Cursor *cursor, AuthResult *result)
{
	AuthProperty *property = g_new0(AuthProperty, 1);

	g_ptr_array_add(result->properties, property);
	property->name = take_keyword(cursor, "");
	if (property->name != NULL && take(cursor, '.')) {
		property->type = property->name;
		property->name = take_keyword(cursor, ".");
	}
	if (property->type == NULL)
		property->type = g_strdup("");
	if (property->name == NULL || !take(cursor, '='))
		return false;
	property->value = take_value(cursor);
	return property->value != NULL;
}

static bool
at_end_of_result(const Cursor *cursor)
{
	return cursor->at == cursor->end || *cursor->at == ';';
}

static bool
read_version(Cursor *cursor)
{
	g_autofree char *version = take(cursor, '/') ? take_keyword(cursor, ".") : NULL;

	return version != NULL;
}

/* "dkim/1=pass (good) reason=x header.d=example.org". */
static bool
read_result(Cursor *cursor, AuthResults *results)
{
	AuthResult *result = g_new0(AuthResult, 1);

	result->properties = g_ptr_array_new_with_free_func(property_free);
	g_ptr_array_add(results->results, result);
	result->method = take_keyword(cursor, "");
	if (result->method == NULL)
		return false;
	if (cursor->at < cursor->end && *cursor->at == '/' && !read_version(cursor))
		return false;
	if (!take(cursor, '='))
		return false;
	result->outcome = take_keyword(cursor, "");
	if (result->outcome == NULL)
		return false;
	while (!at_end_of_result(cursor))
		if (!read_property(cursor, result))
			return false;
	return true;
}

/* "none" stands alone. */
static bool
read_none(Cursor *cursor)
{
	Cursor trial = *cursor;
	g_autofree char *word = take_keyword(&trial, "");

	return word != NULL && strcmp(word, "none") == 0 && trial.at == trial.end;
}

static bool
read_results(Cursor *cursor, AuthResults *results)
{
	while (take(cursor, ';')) {
		if (at_end_of_result(cursor))
			continue; /* nothing between two semicolons, or after the last */
		if (results->results->len == 0 && read_none(cursor))
			return true;
		if (!read_result(cursor, results))
			return false;
	}
	return cursor->at == cursor->end;
}

/* "mx.example.org", "mx.example.org/4Xyz", "mx.example.org 1". */
static bool
read_authserv_id(Cursor *cursor, AuthResults *results)
{
	g_autofree char *id = take_value(cursor);

	if (id == NULL || *id == '\0' || strchr(id, '=') != NULL)
		return false; /* Exchange Online begins with the results: nobody says whose they are */
	id[strcspn(id, "/")] = '\0';
	results->authserv_id = g_ascii_strdown(id, -1);
	while (cursor->at < cursor->end && g_ascii_isdigit(*cursor->at))
		cursor->at++;
	return skip(cursor);
}

AuthResults *
auth_results_parse(const char *value, size_t size)
{
	g_autoptr(AuthResults) results = g_new0(AuthResults, 1);
	Cursor cursor = { value, value + size };

	results->results = g_ptr_array_new_with_free_func(result_free);
	if (size > AUTH_RESULTS_BYTES || memchr(value, '\0', size) != NULL || !read_authserv_id(&cursor, results)
		|| !read_results(&cursor, results))
		return NULL;
	return g_steal_pointer(&results);
}

const char *
auth_result_property(const AuthResult *result, const char *type, const char *name)
{
	const char *found = NULL;

	for (guint i = 0; i < result->properties->len; i++) {
		const AuthProperty *property = g_ptr_array_index(result->properties, i);

		if (strcmp(property->type, type) != 0 || strcmp(property->name, name) != 0)
			continue;
		if (found != NULL)
			return NULL;
		found = property->value;
	}
	return found;
}

const char *
auth_results_next_signer(const AuthResults *results, guint *index)
{
	while (*index < results->results->len) {
		const AuthResult *result = g_ptr_array_index(results->results, (*index)++);
		const char *signer = auth_result_property(result, "header", "d");

		if (signer != NULL && strcmp(result->method, "dkim") == 0 && strcmp(result->outcome, "pass") == 0)
			return signer;
	}
	return NULL;
}
