#ifndef RETOUR_FIELDS_H
#define RETOUR_FIELDS_H

#include "mail_limits.h"

#include <glib.h>

/*
 * "Name: value" blocks of RFC 3464, 5965 and 8098, as generators really write them: blanks before the colon,
 * missing blank lines between groups, junk lines, comments, types that are wrong or missing.
 */
typedef struct Field {
	char *name;  /* lower case */
	char *type;  /* lower case, before ';' where the value has one; "" otherwise */
	char *value; /* without type, comments kept, white space collapsed */
} Field;

typedef struct FieldGroup {
	GPtrArray *fields; /* Field * */
} FieldGroup;

/* Groups end at a blank line, or where a field repeats that a group has once. Owned by the caller: GPtrArray of FieldGroup *. */
GPtrArray *fields_parse(const char *text, const Limits *limits);

/* First value of that name (lower case); "" when absent. */
const char *field_value(const FieldGroup *group, const char *name);
const Field *field_find(const FieldGroup *group, const char *name);

#endif
