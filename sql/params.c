#include "params.h"

#include "binary.h"
#include "decision.h"

#include <string.h>

#define OFFSET_NULLS 4 /* in the header of an array: dimensions, has nulls, type, count, lower bound */
#define OFFSET_COUNT 12

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
set_32(GByteArray *bytes, unsigned offset, uint32_t value)
{
	uint32_t big = GUINT32_TO_BE(value);

	memcpy(bytes->data + offset, &big, sizeof(big));
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
	binary_append_64(add(params, 0, false)->bytes, (uint64_t)number);
}

void
params_add_time(Params *params, int64_t seconds)
{
	Column *column = add(params, 0, seconds == NEVER_EXPIRES);

	if (column->bytes != NULL)
		binary_append_64(column->bytes, (uint64_t)binary_microseconds(seconds));
}

Column *
params_add_column(Params *params, ColumnType type)
{
	Column *column = add(params, type, false);

	binary_append_32(column->bytes, 1);
	binary_append_32(column->bytes, 0);
	binary_append_32(column->bytes, type);
	binary_append_32(column->bytes, 0);
	binary_append_32(column->bytes, 1);
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
	g_assert(column->type == COLUMN_TEXT);
	binary_put_text(column->bytes, text, limit);
	count_one(column);
}

void
column_add_number(Column *column, int64_t number)
{
	if (column->type == COLUMN_INT2)
		binary_put_int2(column->bytes, number);
	else if (column->type == COLUMN_INT4)
		binary_put_int4(column->bytes, number);
	else if (column->type == COLUMN_BOOL)
		binary_put_bool(column->bytes, number != 0);
	else
		binary_put_int8(column->bytes, number);
	count_one(column);
}

void
column_add_time(Column *column, int64_t seconds)
{
	if (seconds == NEVER_EXPIRES) {
		binary_put_null(column->bytes);
		set_32(column->bytes, OFFSET_NULLS, 1);
	} else if (column->type == COLUMN_DATE) {
		binary_put_date(column->bytes, seconds);
	} else {
		binary_put_time(column->bytes, seconds);
	}
	count_one(column);
}

void
column_add_uuid(Column *column, const unsigned char uuid[static 16])
{
	binary_put_uuid(column->bytes, uuid);
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
