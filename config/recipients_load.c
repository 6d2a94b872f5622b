#include "recipients_load.h"

#include "settings.h"

bool
recipients_load(Recipients *recipients, const YamlNode *map, const char *key, char *const *patterns, GError **error)
{
	for (size_t i = 0; patterns[i] != NULL; i++) {
		g_autoptr(GError) problem = NULL;

		if (!recipients_add(recipients, patterns[i], &problem))
			return yaml_fail(settings_place(map, key, i), error, "%s", problem->message);
	}
	return true;
}
