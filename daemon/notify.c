#include "notify.h"

#include <glib.h>
#include <systemd/sd-daemon.h>

void
notify_ready(void)
{
	sd_notify(0, "READY=1");
}

void
notify_reloading(void)
{
	g_autofree char *state =
		g_strdup_printf("RELOADING=1\nMONOTONIC_USEC=%" G_GINT64_FORMAT, g_get_monotonic_time());

	sd_notify(0, state);
}

void
notify_stopping(void)
{
	sd_notify(0, "STOPPING=1");
}

int64_t
notify_watchdog_ms(void)
{
	uint64_t period_us;

	return sd_watchdog_enabled(0, &period_us) > 0 ? (int64_t)(period_us / 2000) : 0;
}

void
notify_alive(void)
{
	sd_notify(0, "WATCHDOG=1");
}
