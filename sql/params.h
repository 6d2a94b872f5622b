#ifndef RETOUR_PARAMS_H
#define RETOUR_PARAMS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * Parameters of one statement in PostgreSQL's binary form. A column of a batch is one array parameter, for
 * "insert .. select from unnest($1::text[], ..)": one statement, however many rows.
 */
typedef enum ColumnType { /* object ids of the element types, src/include/catalog/pg_type.dat */
	COLUMN_BOOL = 16,
	COLUMN_INT8 = 20,
	COLUMN_INT2 = 21,
	COLUMN_INT4 = 23,
	COLUMN_TEXT = 25,
	COLUMN_DATE = 1082,
	COLUMN_TIME = 1184,
	COLUMN_UUID = 2950,
} ColumnType;

typedef struct Params Params;

Params *params_new(void);
void params_free(Params *params);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Params, params_free)

void params_add_text(Params *params, const char *text); /* NULL: null */
void params_add_number(Params *params, int64_t number); /* bigint */
/* Seconds since the epoch; NEVER_EXPIRES: null. */
void params_add_time(Params *params, int64_t seconds);

/* A column stands for the next parameter. Borrowed from params, valid until it is freed. */
typedef struct Column Column;
Column *params_add_column(Params *params, ColumnType type);
void column_add_text(Column *column, const char *text, size_t limit); /* cut at a character border */
void column_add_number(Column *column, int64_t number);               /* clamped to the type */
void column_add_time(Column *column, int64_t seconds); /* TIME, or DATE: its day (UTC); NEVER_EXPIRES: null */
void column_add_uuid(Column *column, const unsigned char uuid[static 16]);

/* For the call into libpq. */
unsigned params_count(const Params *params);
const char *params_value(const Params *params, unsigned index, int *ret_size);

#endif
