#include "commit_queue.h"

#include "monotonic.h"

#include <errno.h>
#include <semaphore.h>

#define BATCH_EVENTS 256

/*
 * A caller; lives on its stack. It sleeps on a semaphore of its own, so that each is woken once: with a lock it would
 * often wake while the committer still held that.
 */
typedef struct Waiter {
	Request request; /* first: a request of a committer is its waiter */
	sem_t answered;
	gint done; /* atomic; for ThreadSanitizer, which does not know sem_clockwait() */
	GError *error;
} Waiter;

struct CommitQueue {
	pthread_mutex_t lock;
	pthread_cond_t work; /* something was queued, or the queue was closed */
	GQueue waiting;      /* Waiter, first come first served */
	int64_t events;      /* in waiting */
	Meter *meter;
	int64_t events_limit, wait_ms;
	gint callers;       /* in commit_queue_wait(); atomic */
	unsigned connected; /* committers with a connection */
	GError *away;       /* why none has one; NULL as long as that is not known */
	bool closed;
	struct timespec closed_until;
};

CommitQueue *
commit_queue_new(const StoreSettings *settings)
{
	CommitQueue *queue = g_new0(CommitQueue, 1);

	pthread_mutex_init(&queue->lock, NULL);
	monotonic_cond_init(&queue->work);
	g_queue_init(&queue->waiting);
	queue->events_limit = settings->queue_events;
	queue->wait_ms = settings->commit_timeout_ms / 2;
	queue->meter = settings->meter;
	return queue;
}

/* The waiter may be gone as soon as the semaphore is posted. */
static void
finish_waiter(Waiter *waiter, const GError *error)
{
	if (error != NULL)
		waiter->error = g_error_new_literal(
			RETOUR_ERROR, error->code == ERROR_INPUT ? ERROR_INPUT : ERROR_RETRY, error->message);
	g_atomic_int_set(&waiter->done, true);
	sem_post(&waiter->answered);
}

/* With the lock held. */
static void
add_waiting(CommitQueue *queue, int64_t events)
{
	queue->events += events;
	meter_set(queue->meter, METRIC_QUEUE_EVENTS, (uint64_t)queue->events);
}

/* With the lock held. */
static void
fail_waiting(CommitQueue *queue, const GError *error)
{
	Waiter *waiter;

	add_waiting(queue, -queue->events);
	while ((waiter = g_queue_pop_head(&queue->waiting)) != NULL)
		finish_waiter(waiter, error);
}

void
commit_queue_free(CommitQueue *queue)
{
	g_autoptr(GError) error = g_error_new_literal(RETOUR_ERROR, ERROR_RETRY, "database: closing down");

	pthread_mutex_lock(&queue->lock);
	fail_waiting(queue, error);
	pthread_mutex_unlock(&queue->lock);
	/* All have their answer; they only have to leave. */
	while (g_atomic_int_get(&queue->callers) > 0)
		g_usleep(1000);
	g_clear_error(&queue->away);
	pthread_cond_destroy(&queue->work);
	pthread_mutex_destroy(&queue->lock);
	g_free(queue);
}

void
commit_queue_close(CommitQueue *queue)
{
	pthread_mutex_lock(&queue->lock);
	queue->closed = true;
	monotonic_after(&queue->closed_until, 2 * queue->wait_ms);
	pthread_cond_broadcast(&queue->work);
	pthread_mutex_unlock(&queue->lock);
}

/* With the lock held. */
static bool
may_enter(const CommitQueue *queue, GError **error)
{
	if (queue->closed)
		g_set_error_literal(error, RETOUR_ERROR, ERROR_RETRY, "database: closing down");
	else if (queue->away != NULL)
		g_set_error_literal(error, RETOUR_ERROR, ERROR_RETRY, queue->away->message);
	else if (queue->events >= queue->events_limit)
		g_set_error(error, RETOUR_ERROR, ERROR_RETRY,
			"database: %" G_GINT64_FORMAT " events are waiting already", queue->events);
	else
		return true;
	return false;
}

static bool
enter(CommitQueue *queue, Waiter *waiter)
{
	bool entered;

	pthread_mutex_lock(&queue->lock);
	entered = may_enter(queue, &waiter->error);
	if (entered) {
		g_queue_push_tail(&queue->waiting, waiter);
		add_waiting(queue, (int64_t)waiter->request.submission->finding_count);
		pthread_cond_signal(&queue->work);
	}
	pthread_mutex_unlock(&queue->lock);
	return entered;
}

/* True: answered. False: the time is up, and no committer may have taken it. */
static bool
wait_for_answer(Waiter *waiter, const struct timespec *deadline)
{
	int failed;

	do
		failed = deadline == NULL ? sem_wait(&waiter->answered)
					  : sem_clockwait(&waiter->answered, CLOCK_MONOTONIC, deadline);
	while (failed != 0 && errno == EINTR);
	return failed == 0 && g_atomic_int_get(&waiter->done);
}

/* True: it was still in the line, and is no longer. */
static bool
leave(CommitQueue *queue, Waiter *waiter)
{
	bool left;

	pthread_mutex_lock(&queue->lock);
	left = g_queue_remove(&queue->waiting, waiter);
	if (left)
		add_waiting(queue, -(int64_t)waiter->request.submission->finding_count);
	pthread_mutex_unlock(&queue->lock);
	return left;
}

bool
commit_queue_wait(CommitQueue *queue, const Submission *submission, Recorded *ret_recorded, GError **error)
{
	Waiter waiter = { .request = { .submission = submission } };
	struct timespec deadline;

	g_atomic_int_inc(&queue->callers);
	sem_init(&waiter.answered, 0, 0);
	monotonic_after(&deadline, queue->wait_ms);
	if (enter(queue, &waiter) && !wait_for_answer(&waiter, &deadline)) {
		if (leave(queue, &waiter))
			waiter.error =
				g_error_new_literal(RETOUR_ERROR, ERROR_RETRY, "database: too slow, the line is long");
		else
			wait_for_answer(&waiter, NULL);
	}
	sem_destroy(&waiter.answered);
	g_atomic_int_add(&queue->callers, -1);
	if (waiter.error != NULL) {
		g_propagate_error(error, waiter.error);
		return false;
	}
	*ret_recorded = waiter.request.recorded;
	return true;
}

/* With the lock held. */
static void
take_batch(CommitQueue *queue, GPtrArray *requests)
{
	size_t events = 0;

	while (!g_queue_is_empty(&queue->waiting)) {
		Waiter *waiter = g_queue_peek_head(&queue->waiting);
		size_t count = waiter->request.submission->finding_count;

		if (requests->len > 0 && (events + count > BATCH_EVENTS || requests->len >= BATCH_EVENTS))
			break;
		g_queue_pop_head(&queue->waiting);
		g_ptr_array_add(requests, &waiter->request);
		events += count;
	}
	add_waiting(queue, -(int64_t)events);
}

bool
commit_queue_take(CommitQueue *queue, int64_t idle_ms, GPtrArray *ret_requests)
{
	struct timespec until;
	bool open;

	monotonic_after(&until, idle_ms);
	pthread_mutex_lock(&queue->lock);
	while (g_queue_is_empty(&queue->waiting) && !queue->closed && !monotonic_has_passed(&until))
		pthread_cond_timedwait(&queue->work, &queue->lock, &until);
	if (!queue->closed || !monotonic_has_passed(&queue->closed_until))
		take_batch(queue, ret_requests);
	open = !queue->closed || ret_requests->len > 0;
	pthread_mutex_unlock(&queue->lock);
	return open;
}

void
commit_queue_answer(Request *const *requests, unsigned count, const GError *error)
{
	for (unsigned i = 0; i < count; i++)
		finish_waiter((Waiter *)requests[i], error);
}

void
commit_queue_connected(CommitQueue *queue)
{
	pthread_mutex_lock(&queue->lock);
	queue->connected++;
	g_clear_error(&queue->away);
	pthread_mutex_unlock(&queue->lock);
}

void
commit_queue_disconnected(CommitQueue *queue)
{
	pthread_mutex_lock(&queue->lock);
	queue->connected--;
	pthread_mutex_unlock(&queue->lock);
}

void
commit_queue_unreachable(CommitQueue *queue, const GError *error)
{
	pthread_mutex_lock(&queue->lock);
	if (queue->connected == 0) {
		g_clear_error(&queue->away);
		queue->away = g_error_copy(error);
		fail_waiting(queue, error);
	}
	pthread_mutex_unlock(&queue->lock);
}

bool
commit_queue_pause(CommitQueue *queue, int64_t milliseconds)
{
	struct timespec deadline;
	bool closed;

	monotonic_after(&deadline, milliseconds);
	pthread_mutex_lock(&queue->lock);
	while (!queue->closed && !monotonic_has_passed(&deadline))
		pthread_cond_timedwait(&queue->work, &queue->lock, &deadline);
	closed = queue->closed;
	pthread_mutex_unlock(&queue->lock);
	return !closed;
}
