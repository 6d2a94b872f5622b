#ifndef RETOUR_RECIPIENTS_LOAD_H
#define RETOUR_RECIPIENTS_LOAD_H

#include "errors.h"
#include "recipients.h"
#include "yaml_file.h"

/* Adds the patterns of a setting to recipients. ERROR_CONFIG with file:line for one that is none. */
bool recipients_load(
	Recipients *recipients, const YamlNode *map, const char *key, char *const *patterns, GError **error);

#endif
