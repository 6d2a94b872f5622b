#include "data_dir.h"

#include <glib.h>

#define MARKER "config/uninstalled-data"

static char *
read_marker(const char *folder)
{
	g_autofree char *marker = g_build_filename(folder, MARKER, NULL);
	char *path;

	return g_file_get_contents(marker, &path, NULL, NULL) ? g_strstrip(path) : NULL;
}

char *
data_dir(void)
{
	const char *chosen = g_getenv("RETOUR_DATA");
	g_autofree char *program = g_file_read_link("/proc/self/exe", NULL);

	if (chosen != NULL && *chosen != '\0')
		return g_strdup(chosen);
	if (program != NULL) {
		g_autofree char *folder = g_path_get_dirname(program);
		g_autofree char *above = g_path_get_dirname(folder);
		char *path = read_marker(folder);

		if (path == NULL)
			path = read_marker(above);
		if (path != NULL)
			return path;
	}
	return g_strdup(RETOUR_DATADIR);
}
