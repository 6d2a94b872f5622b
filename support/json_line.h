#ifndef RETOUR_JSON_LINE_H
#define RETOUR_JSON_LINE_H

#include <json-glib/json-glib.h>
#include <stdbool.h>
#include <stdint.h>

/* JSON for programs: one object per line. */

/* The object as one line on standard output; it is consumed. */
void json_line_print(JsonObject *object);

/*
 * The same without a tree of objects, which costs as much as judging the mail: members are appended one by one to what is
 * empty or ends with a line; json_line_end() makes the line complete. Names are written as they are, values
 * are UTF-8.
 */
void json_line_text(GString *out, const char *name, const char *value);
void json_line_number(GString *out, const char *name, unsigned value);
void json_line_truth(GString *out, const char *name, bool value);
void json_line_end(GString *out);
/* A complete line as an object, owned by the caller. */
JsonObject *json_line_object(const GString *line);

/* Member as RFC 3339 UTC; NEVER_EXPIRES and 0: null. */
void json_set_time(JsonObject *object, const char *name, int64_t at);

#endif
