#include "progress.h"

#include <glib.h>
#include <unistd.h>

#define FIRST G_USEC_PER_SEC
#define EVERY (G_USEC_PER_SEC / 4)

void
progress_begin(Progress *progress, const char *what)
{
	*progress = (Progress){ .what = what, .terminal = isatty(STDERR_FILENO) != 0, .begun = g_get_monotonic_time() };
}

void
progress_show(Progress *progress, uint64_t done)
{
	g_autofree char *part = NULL;
	int64_t now;

	if (!progress->terminal)
		return;
	now = g_get_monotonic_time();
	if (now - progress->begun < FIRST || now - progress->last < EVERY)
		return;
	progress->last = now;
	progress->shown = true;
	if (progress->total > 0)
		part = g_strdup_printf(", %.0f %%", 100 * MIN((double)progress->at / (double)progress->total, 1));
	g_printerr("\r%'" G_GUINT64_FORMAT " %s, %'.0f a second%s\033[K", done, progress->what,
		(double)done * G_USEC_PER_SEC / (double)(now - progress->begun), part == NULL ? "" : part);
}

void
progress_clear(Progress *progress)
{
	if (progress->shown)
		g_printerr("\r\033[K");
	progress->shown = false;
}
