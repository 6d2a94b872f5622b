#ifndef RETOUR_PROGRAMMES_LOAD_H
#define RETOUR_PROGRAMMES_LOAD_H

#include "errors.h"
#include "providers.h"
#include "yaml_file.h"

/* Adds one entry of the section `programmes` of providers.yaml to those of providers. ERROR_CONFIG names file:line. */
bool programme_load(Providers *providers, const char *name, const YamlNode *map, GError **error);

#endif
