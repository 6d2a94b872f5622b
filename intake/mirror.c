#include "mirror_fill.h"

#include "log.h"
#include "quiet_thread.h"

#include <errno.h>
#include <pthread.h>

#define PERIOD_MS 1000
#define BREATH_MS 20 /* between two turns, however often it is poked */
#define BACK_OFF_MS 5000
#define TIDY_TURNS 60

struct Mirror {
	MirrorFill fill;
	Meter *meter;
	atomic_bool stop;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool poked; /* under lock */

	/* The thread's own. */
	bool behind;
	int64_t pause_ms;
	unsigned turns;
};

static struct timespec
from_now(int64_t milliseconds)
{
	int64_t end = g_get_monotonic_time() / 1000 + milliseconds;

	return (struct timespec){ .tv_sec = end / 1000, .tv_nsec = end % 1000 * 1000000 };
}

/* After a failure a poke does not cut the wait short. */
static void
wait_for_turn(Mirror *mirror)
{
	struct timespec breath = from_now(MIN(BREATH_MS, mirror->pause_ms));
	struct timespec pause = from_now(mirror->pause_ms);
	int waited = 0;

	pthread_mutex_lock(&mirror->lock);
	while (!atomic_load(&mirror->stop) && waited != ETIMEDOUT)
		waited = pthread_cond_timedwait(&mirror->wake, &mirror->lock, &breath);
	waited = 0;
	while (!atomic_load(&mirror->stop) && (mirror->behind || !mirror->poked) && waited != ETIMEDOUT)
		waited = pthread_cond_timedwait(&mirror->wake, &mirror->lock, &pause);
	mirror->poked = false;
	pthread_mutex_unlock(&mirror->lock);
}

static void
note_failure(Mirror *mirror, const GError *error)
{
	g_autofree char *reason = log_value(error->message);

	mirror->pause_ms = mirror->behind ? MIN(mirror->pause_ms * 2, BACK_OFF_MS) : PERIOD_MS;
	if (!mirror->behind && !atomic_load(&mirror->stop))
		g_warning("mirror=behind error=%s", reason);
	mirror->behind = true;
	meter_set(mirror->meter, METRIC_MIRROR_CURRENT, 0);
	meter_count(mirror->meter, METRIC_MIRROR_FAILURES);
}

static void
note_success(Mirror *mirror, bool rebuilt)
{
	mirror->pause_ms = PERIOD_MS;
	if (mirror->behind || rebuilt || mirror->turns == 0)
		g_info("mirror=current rebuilt=%s", rebuilt ? "yes" : "no");
	mirror->behind = false;
	meter_set(mirror->meter, METRIC_MIRROR_CURRENT, 1);
	meter_set(mirror->meter, METRIC_MIRROR_TIME, (uint64_t)(g_get_real_time() / G_USEC_PER_SEC));
	meter_add(mirror->meter, METRIC_MIRROR_REBUILDS, 0, rebuilt);
	if (mirror->turns++ % TIDY_TURNS == 0)
		cache_tidy(mirror->fill.cache, NULL); /* once more in a while; what stays only takes memory */
}

static void *
run(void *data)
{
	Mirror *mirror = data;

	while (!atomic_load(&mirror->stop)) {
		g_autoptr(GError) error = NULL;
		bool rebuilt;

		if (mirror_fill_catch_up(&mirror->fill, &rebuilt, &error))
			note_success(mirror, rebuilt);
		else
			note_failure(mirror, error);
		wait_for_turn(mirror);
	}
	return NULL;
}

static void
mirror_free(Mirror *mirror)
{
	pthread_cond_destroy(&mirror->wake);
	pthread_mutex_destroy(&mirror->lock);
	g_free(mirror);
}

Mirror *
mirror_start(Cache *cache, Blacklist *blacklist, Meter *meter, GError **error)
{
	pthread_condattr_t monotonic;

	if (!cache_is_configured(cache)) {
		g_set_error(error, RETOUR_ERROR, ERROR_CONFIG, "no Redis is configured");
		return NULL;
	}
	Mirror *mirror = g_new0(Mirror, 1);

	mirror->fill = (MirrorFill){ .cache = cache, .blacklist = blacklist, .stop = &mirror->stop };
	mirror->meter = meter;
	mirror->pause_ms = PERIOD_MS;
	pthread_mutex_init(&mirror->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&mirror->wake, &monotonic);
	pthread_condattr_destroy(&monotonic);
	int problem = quiet_thread_start(&mirror->thread, run, mirror);

	if (problem == 0)
		return mirror;
	g_set_error(error, RETOUR_ERROR, ERROR_RETRY, "no thread for the mirror: %s", g_strerror(problem));
	mirror_free(mirror);
	return NULL;
}

void
mirror_poke(void *data)
{
	Mirror *mirror = data;

	if (mirror == NULL)
		return;
	pthread_mutex_lock(&mirror->lock);
	mirror->poked = true;
	pthread_cond_signal(&mirror->wake);
	pthread_mutex_unlock(&mirror->lock);
}

void
mirror_stop(Mirror *mirror)
{
	if (mirror == NULL)
		return;
	pthread_mutex_lock(&mirror->lock);
	atomic_store(&mirror->stop, true);
	pthread_cond_signal(&mirror->wake);
	pthread_mutex_unlock(&mirror->lock);
	pthread_join(mirror->thread, NULL);
	mirror_free(mirror);
}

bool
mirror_catch_up(Cache *cache, Blacklist *blacklist, GError **error)
{
	MirrorFill fill = { .cache = cache, .blacklist = blacklist };
	bool rebuilt;

	return mirror_fill_catch_up(&fill, &rebuilt, error);
}

bool
mirror_rebuild(Cache *cache, Blacklist *blacklist, void (*progress)(void *context, uint64_t done), void *context,
	uint64_t *ret_targets, GError **error)
{
	MirrorFill fill = { .cache = cache, .blacklist = blacklist, .progress = progress, .context = context };
	bool again;

	/* What changed since the snapshot follows at once, so that look-ups need not wait for another process. */
	return mirror_fill_rebuild(&fill, ret_targets, error) && mirror_fill_catch_up(&fill, &again, error);
}
