#ifndef RETOUR_YAML_FILE_H
#define RETOUR_YAML_FILE_H

#include "errors.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * A YAML file as a tree in which every node knows its place, so that every complaint can say "file:line".
 * The only place that touches libyaml. Anchors, aliases, tags and several documents are refused: configuration
 * needs none of them. Bounded: 64 MiB a file, depth 32. A repeated key is an error.
 * The name keeps clear of libyaml's: its shared object exports a yaml_free() of its own, and <yaml.h> is its header.
 */
typedef enum YamlKind {
	YAML_SCALAR,
	YAML_LIST,
	YAML_MAP
} YamlKind;

typedef struct YamlNode YamlNode;
typedef struct YamlFile YamlFile;

/*
 * ERROR_CONFIG for bad YAML and a file that is not there or not for us; ERROR_RETRY when it cannot be read for another reason.
 * Nodes are owned by the file.
 */
YamlFile *yaml_file_load(const char *path, GError **error);
YamlFile *yaml_file_parse(const char *name, const char *text, size_t size, GError **error);
void yaml_file_free(YamlFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(YamlFile, yaml_file_free)

const YamlNode *yaml_file_root(const YamlFile *file); /* an empty file is an empty map */
YamlKind yaml_kind(const YamlNode *node);
const char *yaml_scalar(const YamlNode *node); /* NULL when it is none */
bool yaml_is_empty(const YamlNode *node);      /* "key:" with nothing after it */
size_t yaml_count(const YamlNode *node);       /* of a list or a map; else 0 */
const YamlNode *yaml_item(const YamlNode *node, size_t index);
const char *yaml_key(const YamlNode *map, size_t index);
const YamlNode *yaml_get(const YamlNode *map, const char *key); /* NULL: absent */
const char *yaml_file_name(const YamlNode *node);
unsigned yaml_line(const YamlNode *node); /* a value of a map: the line of its key */

/* Sets an ERROR_CONFIG "file:line: message" and returns false, to be used as a return value. */
bool yaml_fail(const YamlNode *node, GError **error, const char *format, ...) G_GNUC_PRINTF(3, 4);

#endif
