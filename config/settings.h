#ifndef RETOUR_SETTINGS_H
#define RETOUR_SETTINGS_H

#include "yaml_file.h"

#include <stdint.h>

/*
 * Typed settings out of a YAML map. Each module has a struct and, beside it, a table of these; the table is
 * the only place where a key is named. Unknown keys and wrong types are refused with file:line.
 */
typedef enum SettingType {
	SETTING_TEXT,     /* char *, owned; fallback is text, NULL: "" */
	SETTING_BOOL,     /* bool; true false yes no on off */
	SETTING_NUMBER,   /* int64_t, between low and high */
	SETTING_DURATION, /* int64_t, milliseconds; "250ms", "5s", "10m", "2h", "30d" */
	SETTING_CHOICE,   /* int; index into the NULL-terminated choices */
	SETTING_TEXTS,    /* char **, NULL-terminated, owned; a single scalar is a list of one */
	SETTING_NODE,     /* const YamlNode *, borrowed from the file: a list or map that the module reads itself */
} SettingType;

typedef struct Setting {
	const char *key; /* NULL ends the table */
	SettingType type;
	size_t offset;        /* offsetof(struct, member) */
	const char *fallback; /* written as in YAML; NULL: empty, zero or false */
	bool required;
	int64_t low, high; /* NUMBER and DURATION, when high is not 0 */
	const char *const *choices;
} Setting;

/* Fills the struct with the fallbacks, then from the map (NULL: fallbacks only). The struct must be zeroed before the first use. */
bool settings_read(const Setting *table, const YamlNode *map, void *target, GError **error);
/* What the map does not name is made a copy of what stands in source, a struct of the same table. After settings_read(). */
void settings_inherit(const Setting *table, const YamlNode *map, void *target, const void *source);
/* Where the index-th of TEXTS stands: in the list, or as the single value. */
const YamlNode *settings_place(const YamlNode *map, const char *key, size_t index);
/* Frees what TEXT and TEXTS own and zeroes these members. */
void settings_clear(const Setting *table, void *target);

/* retour.yaml: known sections, each read by the module that owns it. */
YamlFile *settings_open(const char *path, GError **error);

/* A path in the configuration is relative to the file that names it. Owned by the caller. */
char *settings_path(const YamlNode *node, const char *path);
/* Replaces a path that was read from the map; "" stays. */
void settings_make_absolute(const YamlNode *map, char **path);

bool duration_parse(const char *text, int64_t *ret_milliseconds);

#endif
