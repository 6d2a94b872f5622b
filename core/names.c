#include "names.h"

#include <glib.h>

bool
names_find(const char *const *names, size_t count, const char *name, unsigned *ret_index)
{
	for (unsigned i = 0; i < count; i++)
		if ((names[i][0] | 0x20) == (name[0] | 0x20) && g_ascii_strcasecmp(names[i], name) == 0) {
			*ret_index = i;
			return true;
		}
	return false;
}
