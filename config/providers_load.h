#ifndef RETOUR_PROVIDERS_LOAD_H
#define RETOUR_PROVIDERS_LOAD_H

#include "errors.h"
#include "providers.h"

/*
 * Reads providers.yaml: per provider its domains, MX suffixes and objection channel; and the feedback programmes. ERROR_CONFIG
 * names file:line. Owned by the caller.
 */
Providers *providers_load(const char *path, GError **error);

#endif
