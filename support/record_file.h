#ifndef RETOUR_RECORD_FILE_H
#define RETOUR_RECORD_FILE_H

#include "errors.h"

#include <glib.h>
#include <stdbool.h>
#include <stdio.h>

/*
 * A file of records, whatever system wrote it: CSV with a line of names (RFC 4180), JSON objects one per line, in an array, or
 * in an array within an object, or just lines. Reads record by record in bounded memory; the kind is seen by the first character.
 */
typedef struct RecordFile {
	FILE *file;
	const char *name; /* for complaints */
	bool lines;       /* lines: each is one value, called "target"; '#' begins a comment */
} RecordFile;

/*
 * The first value of that record that has one of the names, "" when none has. Names are lower case; members of members are
 * "a.b".
 */
const char *record_get(GHashTable *record, const char *const *names);

/*
 * each: record is borrowed: lower-case name to value; line is where it begins. False stops. ERROR_INPUT: the file is damaged
 * beyond that line; ERROR_RETRY: it cannot be read.
 */
bool record_file_read(const RecordFile *file, bool (*each)(void *context, GHashTable *record, unsigned line),
	void *context, GError **error);

#endif
