#include "actor.h"

#include <glib.h>
#include <unistd.h>

char *
actor_name(const char *given)
{
	const char *before_sudo = geteuid() == 0 ? g_getenv("SUDO_USER") : NULL;

	if (given == NULL || *given == '\0')
		given = before_sudo != NULL && *before_sudo != '\0' ? before_sudo : g_get_user_name();
	return g_strconcat("cli:", given, NULL);
}
