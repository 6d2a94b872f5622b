#ifndef RETOUR_JSON_FACTS_H
#define RETOUR_JSON_FACTS_H

#include <json-glib/json-glib.h>
#include <stddef.h>

/*
 * JSON objects out of mail, read by json-glib within bounds: it recurses, and makes an allocation of some dozens of bytes for
 * a value of two, so depth and number of values are counted before it begins.
 */

/* The object that text begins with; what follows it is left aside. NULL: none, or beyond the bounds. */
JsonNode *json_facts_parse(const char *text);

/* object may be NULL, and members of other types are not there. Borrowed. */
const char *json_facts_text(JsonObject *object, const char *name); /* "" */
JsonObject *json_facts_object(JsonObject *object, const char *name);
JsonArray *json_facts_array(JsonObject *object, const char *name);
/* Objects alone; NULL beyond the end, or for another type. array may be NULL. */
JsonObject *json_facts_item(JsonArray *array, guint index);

/* One line of clean text of at most 2000 octets: escapes such as \u0000 may have made anything. Replaces *text. */
void json_facts_set(char **text, const char *value);

#endif
