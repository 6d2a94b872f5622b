#include "params.h"

#include "decision.h"

#include <string.h>

#define EPOCH_2000 946684800 /* PostgreSQL counts from 2000-01-01 */
#define SECONDS_A_DAY 86400
#define NULL_SIZE UINT32_MAX
#define OFFSET_NULLS 4 /* in the header of an array: dimensions, has nulls, type, count, lower bound */
#define OFFSET_COUNT 12
#define TIME_LIMIT_SECONDS INT64_C(9000000000000) /* about the year 285,000: what fits into microseconds */

struct Column {
	GByteArray *bytes; /* NULL: the parameter is null */
	ColumnType type;   /* 0: a plain value */
	uint32_t count;
};

struct Params {
	GPtrArray *columns;
};

static void
column_free(void *data)
{
	Column *column = data;

	if (column->bytes != NULL)
		g_byte_array_unref(column->bytes);
	g_free(column);
}

Params *
params_new(void)
{
	Params *params = g_new0(Params, 1);

	params->columns = g_ptr_array_new_with_free_func(column_free);
	return params;
}

void
params_free(Params *params)
{
	if (params == NULL)
		return;
	g_ptr_array_unref(params->columns);
	g_free(params);
}

static void
append_32(GByteArray *bytes, uint32_t value)
{
	uint32_t big = GUINT32_TO_BE(value);

	g_byte_array_append(bytes, (const guint8 *)&big, sizeof(big));
}

static void
append_64(GByteArray *bytes, int64_t value)
{
	uint64_t big = GUINT64_TO_BE((uint64_t)value);

	g_byte_array_append(bytes, (const guint8 *)&big, sizeof(big));
}

static void
set_32(GByteArray *bytes, unsigned offset, uint32_t value)
{
	uint32_t big = GUINT32_TO_BE(value);

	memcpy(bytes->data + offset, &big, sizeof(big));
}

static int64_t
to_microseconds(int64_t seconds)
{
	return (CLAMP(seconds, 0, TIME_LIMIT_SECONDS) - EPOCH_2000) * G_USEC_PER_SEC;
}

static Column *
add(Params *params, ColumnType type, bool is_null)
{
	Column *column = g_new0(Column, 1);

	column->type = type;
	column->bytes = is_null ? NULL : g_byte_array_new();
	g_ptr_array_add(params->columns, column);
	return column;
}

void
params_add_text(Params *params, const char *text)
{
	Column *column = add(params, 0, text == NULL);

	if (text != NULL)
		g_byte_array_append(column->bytes, (const guint8 *)text, (guint)strlen(text));
}

void
params_add_number(Params *params, int64_t number)
{
	append_64(add(params, 0, false)->bytes, number);
}

void
params_add_time(Params *params, int64_t seconds)
{
	Column *column = add(params, 0, seconds == NEVER_EXPIRES);

	if (column->bytes != NULL)
		append_64(column->bytes, to_microseconds(seconds));
}

Column *
params_add_column(Params *params, ColumnType type)
{
	Column *column = add(params, type, false);

	append_32(column->bytes, 1);
	append_32(column->bytes, 0);
	append_32(column->bytes, type);
	append_32(column->bytes, 0);
	append_32(column->bytes, 1);
	return column;
}

static void
count_one(Column *column)
{
	set_32(column->bytes, OFFSET_COUNT, ++column->count);
}

void
column_add_text(Column *column, const char *text, size_t limit)
{
	size_t size = strnlen(text, limit + 1);

	g_assert(column->type == COLUMN_TEXT);
	if (size > limit)
		for (size = limit; size > 0 && ((unsigned char)text[size] & 0xC0) == 0x80;)
			size--;
	append_32(column->bytes, (uint32_t)size);
	g_byte_array_append(column->bytes, (const guint8 *)text, (guint)size);
	count_one(column);
}

static void
add_int2(Column *column, int64_t number)
{
	uint16_t big = GUINT16_TO_BE((uint16_t)CLAMP(number, INT16_MIN, INT16_MAX));

	append_32(column->bytes, sizeof(big));
	g_byte_array_append(column->bytes, (const guint8 *)&big, sizeof(big));
}

static void
add_int4(Column *column, int64_t number)
{
	append_32(column->bytes, sizeof(int32_t));
	append_32(column->bytes, (uint32_t)CLAMP(number, INT32_MIN, INT32_MAX));
}

static void
add_int8(Column *column, int64_t number)
{
	append_32(column->bytes, sizeof(number));
	append_64(column->bytes, number);
}

static void
add_bool(Column *column, int64_t number)
{
	guint8 truth = number != 0;

	append_32(column->bytes, sizeof(truth));
	g_byte_array_append(column->bytes, &truth, sizeof(truth));
}

void
column_add_number(Column *column, int64_t number)
{
	if (column->type == COLUMN_INT2)
		add_int2(column, number);
	else if (column->type == COLUMN_INT4)
		add_int4(column, number);
	else if (column->type == COLUMN_BOOL)
		add_bool(column, number);
	else
		add_int8(column, number);
	count_one(column);
}

void
column_add_time(Column *column, int64_t seconds)
{
	if (seconds == NEVER_EXPIRES) {
		append_32(column->bytes, NULL_SIZE);
		set_32(column->bytes, OFFSET_NULLS, 1);
	} else if (column->type == COLUMN_DATE) {
		add_int4(column, CLAMP(seconds, 0, TIME_LIMIT_SECONDS) / SECONDS_A_DAY - EPOCH_2000 / SECONDS_A_DAY);
	} else {
		add_int8(column, to_microseconds(seconds));
	}
	count_one(column);
}

void
column_add_uuid(Column *column, const unsigned char uuid[static 16])
{
	append_32(column->bytes, 16);
	g_byte_array_append(column->bytes, uuid, 16);
	count_one(column);
}

unsigned
params_count(const Params *params)
{
	return params == NULL ? 0 : params->columns->len;
}

const char *
params_value(const Params *params, unsigned index, int *ret_size)
{
	const Column *column = g_ptr_array_index(params->columns, index);

	*ret_size = column->bytes == NULL ? 0 : (int)column->bytes->len;
	if (column->bytes == NULL)
		return NULL;
	return column->bytes->len == 0 ? "" : (const char *)column->bytes->data;
}
