#include "live_duty.h"

#include "log.h"
#include "notify.h"

#define LEAST_MS 180000 /* that they stay when nobody renews them */

/* What changes slowly, and costs more to read, is renewed once in so many intervals. */
static const unsigned every[WINDOW_COUNT] = { [WINDOW_1H] = 1, [WINDOW_24H] = 1, [WINDOW_7D] = 10 };

static GPtrArray *
read_window(const LiveDuty *duty, ReputationWindow window, int64_t now, GPtrArray *judged, GError **error)
{
	ReputationQuery query = { .window = window, .until = now };

	if (window == (ReputationWindow)duty->settings->alert_window)
		return g_ptr_array_ref(judged);
	return reputation_read(duty->blacklist, &query, duty->settings, error);
}

/* Due a little early, so that a turn that comes a little early does not leave it out. */
static bool
publish(LiveDuty *duty, ReputationWindow window, int64_t now, GPtrArray *judged, GError **error)
{
	int64_t period = duty->settings->interval_ms * every[window];
	g_autoptr(GPtrArray) found = read_window(duty, window, now, judged, error);

	if (found == NULL
		|| !live_publish(duty->cache, duty->blacklist, window, now, found, MAX(3 * period, LEAST_MS), error))
		return false;
	duty->due[window] = g_get_monotonic_time() / 1000 + period * 9 / 10;
	notify_alive();
	return true;
}

void
live_duty_turn(LiveDuty *duty, int64_t now, GPtrArray *judged)
{
	g_autoptr(GError) error = NULL;

	for (ReputationWindow window = 0; cache_is_configured(duty->cache) && window < WINDOW_COUNT; window++)
		if (g_get_monotonic_time() / 1000 >= duty->due[window] && !publish(duty, window, now, judged, &error))
			break;
	if (error != NULL && !duty->behind) {
		g_autofree char *reason = log_value(error->message);

		g_warning("live=behind error=%s", reason);
	} else if (error == NULL && duty->behind) {
		g_info("live=current");
	}
	duty->behind = error != NULL;
}
