#include "copy_rows.h"

#include "binary.h"

#define SIGNATURE "PGCOPY\n\377\r\n"
#define TRAILER UINT16_MAX

struct CopyRows {
	GByteArray *bytes;
	unsigned fields, count;
};

CopyRows *
copy_rows_new(unsigned fields)
{
	CopyRows *rows = g_new0(CopyRows, 1);

	rows->fields = fields;
	rows->bytes = g_byte_array_new();
	g_byte_array_append(rows->bytes, (const guint8 *)SIGNATURE, sizeof(SIGNATURE));
	binary_append_32(rows->bytes, 0); /* flags */
	binary_append_32(rows->bytes, 0); /* no extension */
	return rows;
}

void
copy_rows_free(CopyRows *rows)
{
	if (rows == NULL)
		return;
	g_byte_array_unref(rows->bytes);
	g_free(rows);
}

void
copy_rows_begin(CopyRows *rows)
{
	binary_append_16(rows->bytes, (uint16_t)rows->fields);
	rows->count++;
}

void
copy_rows_add_text(CopyRows *rows, const char *text, size_t limit)
{
	binary_put_text(rows->bytes, text == NULL ? "" : text, limit);
}

void
copy_rows_add_int2(CopyRows *rows, int64_t number)
{
	binary_put_int2(rows->bytes, number);
}

void
copy_rows_add_int8(CopyRows *rows, int64_t number)
{
	binary_put_int8(rows->bytes, number);
}

void
copy_rows_add_time(CopyRows *rows, int64_t seconds)
{
	binary_put_time(rows->bytes, seconds);
}

void
copy_rows_add_uuid(CopyRows *rows, const unsigned char uuid[static 16])
{
	binary_put_uuid(rows->bytes, uuid);
}

unsigned
copy_rows_count(const CopyRows *rows)
{
	return rows->count;
}

const GByteArray *
copy_rows_finish(CopyRows *rows)
{
	binary_append_16(rows->bytes, TRAILER);
	return rows->bytes;
}
