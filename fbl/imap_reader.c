#include "imap_reader.h"

#include <string.h>

const ImapLimits imap_limits_default = {
	.line_bytes = 4 * 1024 * 1024, /* the answer to a search among 300,000 messages */
	.literal_bytes = 64 * 1024,
	.tokens = 400 * 1000,
	.depth = 32,
};

struct ImapReader {
	ImapLimits limits;
	ImapFill fill;
	void *context;
	char buffer[16 * 1024];
	size_t at, end;
	size_t line, literals; /* of the response at hand */
	unsigned depth;
};

ImapResponse *
imap_response_new(void)
{
	ImapResponse *response = g_new0(ImapResponse, 1);

	response->text = g_string_new(NULL);
	response->bytes = g_string_new(NULL);
	response->tokens = g_array_new(FALSE, FALSE, sizeof(ImapToken));
	return response;
}

void
imap_response_free(ImapResponse *response)
{
	if (response == NULL)
		return;
	g_string_free(response->text, TRUE);
	g_string_free(response->bytes, TRUE);
	g_array_unref(response->tokens);
	g_free(response);
}

size_t
imap_token_count(const ImapResponse *response)
{
	return response->tokens->len;
}

const ImapToken *
imap_token(const ImapResponse *response, size_t index)
{
	return index < response->tokens->len ? &g_array_index(response->tokens, ImapToken, index) : NULL;
}

const char *
imap_token_text(const ImapResponse *response, size_t index)
{
	const ImapToken *token = imap_token(response, index);

	return token == NULL ? "" : response->bytes->str + token->offset;
}

static bool
parse_number(const char *text, uint32_t *ret_number)
{
	guint64 value;

	if (!g_ascii_string_to_unsigned(text, 10, 0, UINT32_MAX, &value, NULL))
		return false;
	*ret_number = (uint32_t)value;
	return true;
}

bool
imap_token_number(const ImapResponse *response, size_t index, uint32_t *ret_number)
{
	const ImapToken *token = imap_token(response, index);

	return token != NULL && token->kind == IMAP_ATOM && parse_number(imap_token_text(response, index), ret_number);
}

size_t
imap_token_after(const ImapResponse *response, size_t index)
{
	size_t depth = 0;

	for (; index < response->tokens->len; index++) {
		const ImapToken *token = imap_token(response, index);

		if (token->kind == IMAP_OPEN)
			depth++;
		else if (token->kind == IMAP_CLOSE && depth > 0)
			depth--;
		if (depth == 0)
			return index + 1;
	}
	return index;
}

ImapReader *
imap_reader_new(const ImapLimits *limits, ImapFill fill, void *context)
{
	ImapReader *reader = g_new0(ImapReader, 1);

	reader->limits = *limits;
	reader->fill = fill;
	reader->context = context;
	return reader;
}

void
imap_reader_free(ImapReader *reader)
{
	g_free(reader);
}

bool
imap_reader_has_bytes(const ImapReader *reader)
{
	return reader->at < reader->end;
}

static bool
fail(GError **error, const char *what)
{
	g_set_error(error, RETOUR_ERROR, ERROR_RETRY, "the server does not speak IMAP: %s", what);
	return false;
}

static bool
refill(ImapReader *reader, GError **error)
{
	reader->at = reader->end = 0;
	return reader->fill(reader->context, reader->buffer, sizeof reader->buffer, &reader->end, error);
}

static bool
peek(ImapReader *reader, char *ret_char, GError **error)
{
	if (reader->at == reader->end && !refill(reader, error))
		return false;
	*ret_char = reader->buffer[reader->at];
	return true;
}

/* The next octet of a line; takes it. */
static bool
take(ImapReader *reader, char *ret_char, GError **error)
{
	if (!peek(reader, ret_char, error))
		return false;
	reader->at++;
	if (++reader->line <= reader->limits.line_bytes)
		return true;
	return fail(error, "a line without end");
}

static bool
end_line(ImapReader *reader, GError **error)
{
	char octet;

	if (!take(reader, &octet, error))
		return false;
	if (octet == '\r' && !take(reader, &octet, error))
		return false;
	return octet == '\n' || fail(error, "no line end where one must be");
}

/* Up to the line end, which is taken and not kept. */
static bool
take_text(ImapReader *reader, GString *text, GError **error)
{
	char octet;

	while (take(reader, &octet, error)) {
		if (octet == '\n') {
			if (text->len > 0 && text->str[text->len - 1] == '\r')
				g_string_truncate(text, text->len - 1);
			return true;
		}
		if (octet == '\0')
			return fail(error, "a NUL in a line");
		g_string_append_c(text, octet);
	}
	return false;
}

static bool
add_token(ImapReader *reader, ImapResponse *response, ImapTokenKind kind, GError **error)
{
	ImapToken token = { .kind = kind, .offset = response->bytes->len };

	if (response->tokens->len >= reader->limits.tokens)
		return fail(error, "too many words in a response");
	g_array_append_val(response->tokens, token);
	return true;
}

/* What was appended since belongs to the last token. */
static void
end_token(ImapResponse *response)
{
	ImapToken *token = &g_array_index(response->tokens, ImapToken, response->tokens->len - 1);

	token->size = response->bytes->len - token->offset;
	g_string_append_c(response->bytes, '\0');
}

static bool
take_quoted(ImapReader *reader, ImapResponse *response, GError **error)
{
	char octet;

	if (!add_token(reader, response, IMAP_STRING, error) || !take(reader, &octet, error))
		return false;
	while (take(reader, &octet, error)) {
		if (octet == '"') {
			end_token(response);
			return true;
		}
		if (octet == '\\' && !take(reader, &octet, error))
			return false;
		if (octet == '\r' || octet == '\n' || octet == '\0')
			return fail(error, "a quoted string without end");
		g_string_append_c(response->bytes, octet);
	}
	return false;
}

static bool
take_literal_size(ImapReader *reader, size_t *ret_size, GError **error)
{
	size_t size = 0, room = reader->limits.literal_bytes - reader->literals;
	unsigned digits = 0;
	char octet;

	while (take(reader, &octet, error)) {
		if (octet == '+')
			continue;
		if (octet == '}') {
			*ret_size = size;
			return (digits > 0 || fail(error, "a literal without length")) && end_line(reader, error);
		}
		if (!g_ascii_isdigit(octet) || ++digits > 10)
			return fail(error, "a literal of no possible length");
		size = size * 10 + (size_t)(octet - '0');
		if (size > room) {
			g_set_error(error, RETOUR_ERROR, ERROR_RETRY,
				"the server announces a literal of at least %zu octets where %zu are allowed", size,
				room);
			return false;
		}
	}
	return false;
}

static bool
take_literal(ImapReader *reader, ImapResponse *response, GError **error)
{
	size_t size;
	char brace;

	if (!take(reader, &brace, error) || !take_literal_size(reader, &size, error)
		|| !add_token(reader, response, IMAP_STRING, error))
		return false;
	reader->literals += size;
	while (size > 0) {
		size_t now;

		if (reader->at == reader->end && !refill(reader, error))
			return false;
		now = MIN(size, reader->end - reader->at);
		g_string_append_len(response->bytes, reader->buffer + reader->at, (gssize)now);
		reader->at += now;
		size -= now;
	}
	end_token(response);
	return true;
}

/* An atom ends at a blank, a parenthesis or the line end; what stands in brackets belongs to it, "BODY[HEADER.FIELDS (TO)]". */
static bool
take_atom(ImapReader *reader, ImapResponse *response, GError **error)
{
	bool bracket = false;
	char octet;

	if (!add_token(reader, response, IMAP_ATOM, error))
		return false;
	for (;;) {
		if (!peek(reader, &octet, error))
			return false;
		if (octet == '\r' || octet == '\n' || (!bracket && strchr(" ()\"", octet) != NULL))
			break;
		if (!take(reader, &octet, error))
			return false;
		if (octet == '[')
			bracket = true;
		else if (octet == ']')
			bracket = false;
		g_string_append_c(response->bytes, octet);
	}
	end_token(response);
	return true;
}

static bool
take_parenthesis(ImapReader *reader, ImapResponse *response, GError **error)
{
	char octet;

	if (!take(reader, &octet, error))
		return false;
	if (octet == '(' && ++reader->depth > reader->limits.depth)
		return fail(error, "lists nested too deep");
	if (octet == ')' && reader->depth-- == 0)
		return fail(error, "a parenthesis that nobody opened");
	if (!add_token(reader, response, octet == '(' ? IMAP_OPEN : IMAP_CLOSE, error))
		return false;
	end_token(response);
	return true;
}

static bool
take_token(ImapReader *reader, ImapResponse *response, char first, GError **error)
{
	switch (first) {
	case '(':
	case ')':
		return take_parenthesis(reader, response, error);
	case '"':
		return take_quoted(reader, response, error);
	case '{':
		return take_literal(reader, response, error);
	case '\0':
		return fail(error, "a NUL in a line");
	case '~': /* literal8 of RFC 3516 */
	default:
		return take_atom(reader, response, error);
	}
}

static bool
take_tokens(ImapReader *reader, ImapResponse *response, GError **error)
{
	char octet;

	reader->depth = 0;
	while (peek(reader, &octet, error)) {
		if (octet == '\r' || octet == '\n')
			return (reader->depth == 0 || fail(error, "a list without end")) && end_line(reader, error);
		if (octet == ' ' ? !take(reader, &octet, error) : !take_token(reader, response, octet, error))
			return false;
	}
	return false;
}

/* A word up to a blank, which is taken, or the line end, which is not. */
static bool
take_word(ImapReader *reader, char *word, size_t size, GError **error)
{
	size_t used = 0;
	char octet;

	while (peek(reader, &octet, error)) {
		if (octet == '\r' || octet == '\n') {
			word[used] = '\0';
			return used > 0 || fail(error, "an empty line");
		}
		if (!take(reader, &octet, error))
			return false;
		if (octet == ' ' && used > 0) {
			word[used] = '\0';
			return true;
		}
		if (!g_ascii_isgraph(octet) || used + 1 >= size)
			return fail(error, "no response begins like this");
		word[used++] = octet;
	}
	return false;
}

static bool
take_name(ImapReader *reader, ImapResponse *response, GError **error)
{
	if (!take_word(reader, response->name, sizeof response->name, error))
		return false;
	for (char *at = response->name; *at != '\0'; at++)
		*at = g_ascii_toupper(*at);
	return true;
}

static bool
is_status(const char *name)
{
	static const char *const names[] = { "OK", "NO", "BAD", "BYE", "PREAUTH", NULL };

	return g_strv_contains(names, name);
}

static bool
take_untagged(ImapReader *reader, ImapResponse *response, GError **error)
{
	if (!take_name(reader, response, error))
		return false;
	if (g_ascii_isdigit(*response->name)
		&& (!parse_number(response->name, &response->number) || !take_name(reader, response, error)))
		return fail(error, "a number that is none");
	return is_status(response->name) ? take_text(reader, response->text, error)
					 : take_tokens(reader, response, error);
}

bool
imap_reader_next(ImapReader *reader, ImapResponse *response, GError **error)
{
	char first[sizeof response->tag];

	reader->line = reader->literals = 0;
	response->number = 0;
	*response->name = *response->tag = '\0';
	g_string_truncate(response->text, 0);
	g_string_truncate(response->bytes, 0);
	g_array_set_size(response->tokens, 0);
	if (!take_word(reader, first, sizeof first, error))
		return false;
	response->kind = *first == '+' ? IMAP_CONTINUATION : *first == '*' ? IMAP_UNTAGGED : IMAP_TAGGED;
	if (response->kind == IMAP_CONTINUATION)
		return take_text(reader, response->text, error);
	if (response->kind == IMAP_UNTAGGED)
		return strcmp(first, "*") == 0 ? take_untagged(reader, response, error)
					       : fail(error, "no response begins like this");
	g_strlcpy(response->tag, first, sizeof response->tag);
	if (!take_name(reader, response, error))
		return false;
	if (!is_status(response->name))
		return fail(error, "an answer that is neither OK, NO nor BAD");
	return take_text(reader, response->text, error);
}
