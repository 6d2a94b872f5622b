#include "netstring.h"

/* The digits up to the colon; no leading zero. */
static NetstringRead
read_length(const char *bytes, size_t size, size_t limit, size_t *ret_length, size_t *ret_digits)
{
	size_t length = 0, digits = 0;

	for (; digits < size && g_ascii_isdigit(bytes[digits]); digits++) {
		if (digits > 0 && length == 0)
			return NETSTRING_BAD;
		length = length * 10 + (size_t)(bytes[digits] - '0');
		if (length > limit)
			return NETSTRING_BAD;
	}
	if (digits == size)
		return NETSTRING_PART;
	if (digits == 0 || bytes[digits] != ':')
		return NETSTRING_BAD;
	*ret_length = length;
	*ret_digits = digits;
	return NETSTRING_WHOLE;
}

NetstringRead
netstring_read(
	const char *bytes, size_t size, size_t limit, const char **ret_text, size_t *ret_length, size_t *ret_used)
{
	size_t length, digits;
	NetstringRead head = read_length(bytes, size, limit, &length, &digits);

	if (head != NETSTRING_WHOLE)
		return head;
	const char *text = bytes + digits + 1;
	size_t rest = size - digits - 1;

	if (rest <= length)
		return NETSTRING_PART;
	if (text[length] != ',')
		return NETSTRING_BAD;
	*ret_text = text;
	*ret_length = length;
	*ret_used = digits + 1 + length + 1;
	return NETSTRING_WHOLE;
}

void
netstring_append(GString *out, const char *text, size_t length)
{
	g_string_append_printf(out, "%zu:", length);
	g_string_append_len(out, text, (gssize)length);
	g_string_append_c(out, ',');
}
