#include "binary.h"

#include <string.h>

#define EPOCH_2000 946684800 /* PostgreSQL counts from 2000-01-01 */
#define SECONDS_A_DAY 86400
#define TIME_LIMIT_SECONDS INT64_C(9000000000000) /* about the year 285,000: what fits into microseconds */

/* Room for so many octets at the end. */
static guint8 *
extend(GByteArray *bytes, size_t size)
{
	guint at = bytes->len;

	g_byte_array_set_size(bytes, at + (guint)size);
	return bytes->data + at;
}

static void
store_16(guint8 *at, uint16_t value)
{
	uint16_t big = GUINT16_TO_BE(value);

	memcpy(at, &big, sizeof(big));
}

static void
store_32(guint8 *at, uint32_t value)
{
	uint32_t big = GUINT32_TO_BE(value);

	memcpy(at, &big, sizeof(big));
}

static void
store_64(guint8 *at, uint64_t value)
{
	uint64_t big = GUINT64_TO_BE(value);

	memcpy(at, &big, sizeof(big));
}

void
binary_append_16(GByteArray *bytes, uint16_t value)
{
	store_16(extend(bytes, sizeof(value)), value);
}

void
binary_append_32(GByteArray *bytes, uint32_t value)
{
	store_32(extend(bytes, sizeof(value)), value);
}

void
binary_append_64(GByteArray *bytes, uint64_t value)
{
	store_64(extend(bytes, sizeof(value)), value);
}

/* A value of that size: its length, and room for itself. */
static guint8 *
put(GByteArray *bytes, size_t size)
{
	guint8 *at = extend(bytes, sizeof(uint32_t) + size);

	store_32(at, (uint32_t)size);
	return at + sizeof(uint32_t);
}

int64_t
binary_microseconds(int64_t seconds)
{
	return (CLAMP(seconds, 0, TIME_LIMIT_SECONDS) - EPOCH_2000) * G_USEC_PER_SEC;
}

void
binary_put_text(GByteArray *bytes, const char *text, size_t limit)
{
	size_t size = strnlen(text, limit + 1);

	if (size > limit)
		for (size = limit; size > 0 && ((unsigned char)text[size] & 0xC0) == 0x80;)
			size--;
	memcpy(put(bytes, size), text, size);
}

void
binary_put_int2(GByteArray *bytes, int64_t number)
{
	store_16(put(bytes, sizeof(int16_t)), (uint16_t)CLAMP(number, INT16_MIN, INT16_MAX));
}

void
binary_put_int4(GByteArray *bytes, int64_t number)
{
	store_32(put(bytes, sizeof(int32_t)), (uint32_t)CLAMP(number, INT32_MIN, INT32_MAX));
}

void
binary_put_int8(GByteArray *bytes, int64_t number)
{
	store_64(put(bytes, sizeof(int64_t)), (uint64_t)number);
}

void
binary_put_bool(GByteArray *bytes, bool truth)
{
	*put(bytes, 1) = truth;
}

void
binary_put_time(GByteArray *bytes, int64_t seconds)
{
	binary_put_int8(bytes, binary_microseconds(seconds));
}

void
binary_put_date(GByteArray *bytes, int64_t seconds)
{
	binary_put_int4(bytes, CLAMP(seconds, 0, TIME_LIMIT_SECONDS) / SECONDS_A_DAY - EPOCH_2000 / SECONDS_A_DAY);
}

void
binary_put_uuid(GByteArray *bytes, const unsigned char uuid[static 16])
{
	memcpy(put(bytes, 16), uuid, 16);
}

void
binary_put_null(GByteArray *bytes)
{
	binary_append_32(bytes, UINT32_MAX);
}
