#ifndef RETOUR_COPY_ROWS_H
#define RETOUR_COPY_ROWS_H

#include <glib.h>
#include <stdint.h>

/*
 * Rows for "copy .. from stdin (format binary)": half the price of "insert .. select from unnest", for the server takes
 * them as they come and writes them page by page. For rows that cannot meet one that stands there.
 */
typedef struct CopyRows CopyRows;

CopyRows *copy_rows_new(unsigned fields);
void copy_rows_free(CopyRows *rows);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CopyRows, copy_rows_free)

/* Each row: begin, then its fields in order. */
void copy_rows_begin(CopyRows *rows);
void copy_rows_add_text(CopyRows *rows, const char *text, size_t limit); /* NULL: "" */
void copy_rows_add_int2(CopyRows *rows, int64_t number);
void copy_rows_add_int8(CopyRows *rows, int64_t number);
void copy_rows_add_time(CopyRows *rows, int64_t seconds);
void copy_rows_add_uuid(CopyRows *rows, const unsigned char uuid[static 16]);

unsigned copy_rows_count(const CopyRows *rows);
/* Borrowed: all of it, trailer included. No rows after this. */
const GByteArray *copy_rows_finish(CopyRows *rows);

#endif
