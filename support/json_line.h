#ifndef RETOUR_JSON_LINE_H
#define RETOUR_JSON_LINE_H

#include <json-glib/json-glib.h>
#include <stdint.h>

/* JSON for programs: one object per line. */

/* Appends the object as one line to out; object is consumed. */
void json_line_append(GString *out, JsonObject *object);
/* The same to standard output. */
void json_line_print(JsonObject *object);

/* Member as RFC 3339 UTC; NEVER_EXPIRES and 0: null. */
void json_set_time(JsonObject *object, const char *name, int64_t at);

#endif
