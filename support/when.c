#include "when.h"

#include "decision.h"

#include <glib.h>

char *
when_text(int64_t at)
{
	g_autoptr(GDateTime) time = at == NEVER_EXPIRES ? NULL : g_date_time_new_from_unix_local(at);

	return time == NULL ? g_strdup("until removed") : g_date_time_format(time, "%Y-%m-%d %H:%M");
}

char *
when_json(int64_t at)
{
	g_autoptr(GDateTime) time = at == NEVER_EXPIRES ? NULL : g_date_time_new_from_unix_utc(at);

	return time == NULL ? NULL : g_date_time_format(time, "%Y-%m-%dT%H:%M:%SZ");
}
