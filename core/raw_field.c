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

/* Nothing but its line end: readers drop what CRs stand before that. */
static bool
is_blank_line(const char *bytes, size_t size, size_t at)
{
	while (at < size && bytes[at] == '\r')
		at++;
	return at == size || bytes[at] == '\n';
}

bool
raw_field_next(const char *bytes, size_t size, size_t *at, RawField *ret_field)
{
	size_t start = *at, end;
	const char *colon;

	if (is_blank_line(bytes, size, start))
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

bool
raw_field_may_be(const RawField *field, const char *name)
{
	RawField bare = *field;

	while (bare.name_size > 0 && (bare.name[bare.name_size - 1] == ' ' || bare.name[bare.name_size - 1] == '\t'))
		bare.name_size--;
	return raw_field_is(&bare, name);
}
