#include "listen_settings.h"

#include <grp.h>
#include <string.h>

bool
listen_settings_check(const YamlNode *map, const ListenSettings *settings, GError **error)
{
	g_autoptr(GError) problem = NULL;
	guint64 mode;

	if (!listen_address_check(settings->address, &problem))
		return yaml_fail(yaml_get(map, "socket"), error, "%s", problem->message);
	if (!g_ascii_string_to_unsigned(settings->mode, 8, 0, 0777, &mode, NULL))
		return yaml_fail(
			yaml_get(map, "socket_mode"), error, "'%s' is no octal mode such as 0660", settings->mode);
	if (*settings->group != '\0' && getgrnam(settings->group) == NULL)
		return yaml_fail(yaml_get(map, "socket_group"), error, "there is no group '%s'", settings->group);
	return true;
}

bool
listen_settings_check_differ(const YamlNode *map, const char *name, const ListenSettings *settings,
	const char *other_name, const ListenSettings *other, GError **error)
{
	if (strcmp(other_name, name) == 0)
		return yaml_fail(yaml_get(map, "name"), error, "there are two listeners '%s'", name);
	if (strcmp(other->address, settings->address) == 0)
		return yaml_fail(yaml_get(map, "socket"), error, "listener '%s' has the same socket", other_name);
	return true;
}

ListenSocket *
listen_settings_open(const ListenSettings *settings, GError **error)
{
	const struct group *group = *settings->group == '\0' ? NULL : getgrnam(settings->group);
	mode_t mode = (mode_t)g_ascii_strtoull(settings->mode, NULL, 8);

	return listen_socket_open(settings->address, mode, group == NULL ? (gid_t)-1 : group->gr_gid, error);
}

const char *
listen_settings_change(const ListenSettings *old, const ListenSettings *new)
{
	if (strcmp(old->address, new->address) != 0)
		return "socket";
	if (strcmp(old->mode, new->mode) != 0)
		return "socket_mode";
	return strcmp(old->group, new->group) == 0 ? NULL : "socket_group";
}
