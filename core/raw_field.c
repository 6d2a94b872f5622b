#include "raw_field.h"

#include <glib.h>
#include <string.h>

/* Where the line at `at` ends, its line end included; what is folded belongs to it. */
static size_t
field_end(const char *bytes, size_t size, size_t at)
{
	do {
		const char *end = memchr(bytes + at, '\n', size - at);

		if (end == NULL)
			return size;
		at = (size_t)(end - bytes) + 1;
	} while (at < size && (bytes[at] == ' ' || bytes[at] == '\t'));
	return at;
}

bool
raw_field_next(const char *bytes, size_t size, size_t *at, RawField *ret_field)
{
	size_t start = *at, end;
	const char *colon;

	if (start >= size || bytes[start] == '\n' || bytes[start] == '\r')
		return false;
	*at = end = field_end(bytes, size, start);
	colon = memchr(bytes + start, ':', end - start);
	*ret_field = (RawField){ .name = bytes + start, .value = colon == NULL ? bytes + end : colon + 1 };
	ret_field->name_size = colon == NULL ? 0 : (size_t)(colon - bytes) - start;
	ret_field->value_size = (size_t)(bytes + end - ret_field->value);
	return true;
}

bool
raw_field_is(const RawField *field, const char *name)
{
	return field->name_size == strlen(name) && g_ascii_strncasecmp(field->name, name, field->name_size) == 0;
}
