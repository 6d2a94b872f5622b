#include "mail_date.h"

#include "raw_field.h"

#include <gmime/gmime.h>

#define VALUE_LIMIT 2000
#define EARLIEST INT64_C(315532800) /* 1980: before that there was no such mail */

static int64_t
parse(const RawField *field, bool behind_semicolon)
{
	g_autofree char *value = g_strndup(field->value, MIN(field->value_size, VALUE_LIMIT));
	const char *semicolon = strrchr(value, ';');
	g_autoptr(GDateTime) date = NULL;

	g_strdelimit(value, "\r\n\t", ' ');
	if (behind_semicolon && semicolon == NULL)
		return 0;
	date = g_mime_utils_header_decode_date(behind_semicolon ? semicolon + 1 : value);
	return date == NULL || g_date_time_to_unix(date) < EARLIEST ? 0 : g_date_time_to_unix(date);
}

int64_t
mail_date(const char *bytes, size_t size)
{
	int64_t received = 0, written = 0;
	RawField field;

	for (size_t at = 0; received == 0 && raw_field_next(bytes, size, &at, &field);) {
		if (raw_field_is(&field, "Received"))
			received = parse(&field, true);
		else if (written == 0 && raw_field_is(&field, "Date"))
			written = parse(&field, false);
	}
	return received != 0 ? received : written;
}
