#ifndef RETOUR_BINARY_H
#define RETOUR_BINARY_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * Values in PostgreSQL's binary form, each behind its length: an element of an array parameter and a field of a binary
 * COPY are the same.
 */
void binary_put_text(GByteArray *bytes, const char *text, size_t limit); /* cut at a character border */
void binary_put_int2(GByteArray *bytes, int64_t number);                 /* clamped, as are the next two */
void binary_put_int4(GByteArray *bytes, int64_t number);
void binary_put_int8(GByteArray *bytes, int64_t number);
void binary_put_bool(GByteArray *bytes, bool truth);
void binary_put_time(GByteArray *bytes, int64_t seconds); /* since the epoch */
void binary_put_date(GByteArray *bytes, int64_t seconds); /* its day (UTC) */
void binary_put_uuid(GByteArray *bytes, const unsigned char uuid[static 16]);
void binary_put_null(GByteArray *bytes);

/* Bare, without a length. */
void binary_append_16(GByteArray *bytes, uint16_t value);
void binary_append_32(GByteArray *bytes, uint32_t value);
void binary_append_64(GByteArray *bytes, uint64_t value);
int64_t binary_microseconds(int64_t seconds); /* as a timestamp counts */

#endif
