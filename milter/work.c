#include "work.h"

#include <errno.h>
#include <glib.h>
#include <pthread.h>
#include <time.h>

struct Work {
	pthread_mutex_t lock;
	pthread_cond_t idle;
	int64_t limit, active;
	Meter *meter;
	bool closed;
	bool refusing; /* logged once when it begins and once when it ends */
};

Work *
work_new(int64_t limit, Meter *meter)
{
	Work *work = g_new0(Work, 1);
	pthread_condattr_t attributes;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_mutex_init(&work->lock, NULL);
	pthread_cond_init(&work->idle, &attributes);
	pthread_condattr_destroy(&attributes);
	work->limit = limit;
	work->meter = meter;
	return work;
}

void
work_free(Work *work)
{
	if (work == NULL)
		return;
	pthread_cond_destroy(&work->idle);
	pthread_mutex_destroy(&work->lock);
	g_free(work);
}

void
work_set_limit(Work *work, int64_t limit)
{
	pthread_mutex_lock(&work->lock);
	work->limit = limit;
	pthread_mutex_unlock(&work->lock);
}

bool
work_enter(Work *work)
{
	bool entered, begins;

	pthread_mutex_lock(&work->lock);
	entered = !work->closed && work->active < work->limit;
	begins = !entered && !work->closed && !work->refusing;
	if (entered)
		meter_set(work->meter, METRIC_IN_WORK, (uint64_t)++work->active);
	else
		work->refusing = true;
	pthread_mutex_unlock(&work->lock);
	if (begins)
		g_warning("busy=max_messages action=postponing");
	return entered;
}

void
work_leave(Work *work)
{
	bool ends;

	pthread_mutex_lock(&work->lock);
	g_assert(work->active > 0);
	meter_set(work->meter, METRIC_IN_WORK, (uint64_t)--work->active);
	/* Half of the limit, or the two lines would take turns. */
	ends = work->refusing && !work->closed && work->active <= work->limit / 2;
	if (ends)
		work->refusing = false;
	if (work->active == 0)
		pthread_cond_broadcast(&work->idle);
	pthread_mutex_unlock(&work->lock);
	if (ends)
		g_info("busy=no");
}

void
work_close(Work *work)
{
	pthread_mutex_lock(&work->lock);
	work->closed = true;
	pthread_mutex_unlock(&work->lock);
}

bool
work_wait(Work *work, int64_t milliseconds)
{
	struct timespec until;
	bool idle;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += milliseconds / 1000;
	until.tv_nsec += milliseconds % 1000 * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	pthread_mutex_lock(&work->lock);
	while (work->active > 0)
		if (pthread_cond_timedwait(&work->idle, &work->lock, &until) == ETIMEDOUT)
			break;
	idle = work->active == 0;
	pthread_mutex_unlock(&work->lock);
	return idle;
}
