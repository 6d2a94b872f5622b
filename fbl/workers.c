#include "workers.h"

#include <pthread.h>

#define GIVE_UP_AFTER 2 /* letters to be tried again, while none was settled */

struct Workers {
	Intake *intake;
	pthread_mutex_t lock; /* of all below, and of all deliveries */
	pthread_cond_t work;  /* for the threads */
	pthread_cond_t room;  /* for readers: letters became fewer */
	GQueue *queue;        /* Job *, owned */
	size_t bytes_max, bytes;
	uint64_t recorded;
	bool stop;
	pthread_t *threads;
	unsigned thread_count;
};

struct Delivery {
	Workers *workers;
	GPtrArray *letters; /* Letter *, owned */
	unsigned waiting;   /* not done yet */
	unsigned settled, put_off;
};

typedef struct Job {
	Delivery *delivery;
	Letter *letter;
} Job;

static Outcome
deliver(Intake *intake, const Letter *letter)
{
	const Inbound inbound = {
		.source = letter->source,
		.id = letter->id,
		.envelope_sender = letter->envelope_sender,
		.recipients = (const char *const *)letter->recipients,
		.recipient_count = g_strv_length(letter->recipients),
		.bytes = letter->bytes,
		.size = letter->size,
		.truncated = letter->truncated,
		.unsubscribe = letter->unsubscribe,
		.client_address = "",
		.border = *letter->border.authserv_ids == NULL ? NULL : &letter->border,
		.received_at = g_get_real_time() / G_USEC_PER_SEC,
	};

	return intake_deliver(intake, &inbound, NULL);
}

/* With the lock held. */
static bool
is_hopeless(const Delivery *delivery)
{
	return delivery->settled == 0 && delivery->put_off >= GIVE_UP_AFTER;
}

static void
work(Workers *workers, const Job *job)
{
	Letter *letter = job->letter;
	Delivery *delivery = job->delivery;
	bool hopeless = is_hopeless(delivery);

	pthread_mutex_unlock(&workers->lock);
	if (!hopeless)
		letter->outcome = deliver(workers->intake, letter);
	g_clear_pointer(&letter->bytes, g_free);
	pthread_mutex_lock(&workers->lock);
	if (letter->outcome == OUTCOME_RETRY) {
		delivery->put_off++;
	} else {
		delivery->settled++;
		workers->recorded += letter->outcome == OUTCOME_RECORDED;
	}
	workers->bytes -= letter->size;
	delivery->waiting--;
	pthread_cond_broadcast(&workers->room);
}

static void *
run(void *data)
{
	Workers *workers = data;

	pthread_mutex_lock(&workers->lock);
	for (;;) {
		g_autofree Job *job = g_queue_pop_head(workers->queue);

		if (job != NULL)
			work(workers, job);
		else if (workers->stop)
			break;
		else
			pthread_cond_wait(&workers->work, &workers->lock);
	}
	pthread_mutex_unlock(&workers->lock);
	return NULL;
}

Workers *
workers_start(Intake *intake, unsigned threads, size_t bytes, GError **error)
{
	Workers *workers = g_new0(Workers, 1);

	workers->intake = intake;
	workers->bytes_max = bytes;
	workers->recorded = 1;
	workers->queue = g_queue_new();
	pthread_mutex_init(&workers->lock, NULL);
	pthread_cond_init(&workers->work, NULL);
	pthread_cond_init(&workers->room, NULL);
	workers->threads = g_new0(pthread_t, threads);
	for (; workers->thread_count < threads; workers->thread_count++) {
		int problem = pthread_create(&workers->threads[workers->thread_count], NULL, run, workers);

		if (problem != 0) {
			g_set_error(error, RETOUR_ERROR, ERROR_RETRY, "no threads: %s", g_strerror(problem));
			workers_stop(workers);
			return NULL;
		}
	}
	return workers;
}

void
workers_stop(Workers *workers)
{
	if (workers == NULL)
		return;
	pthread_mutex_lock(&workers->lock);
	workers->stop = true;
	pthread_cond_broadcast(&workers->work);
	pthread_mutex_unlock(&workers->lock);
	for (unsigned i = 0; i < workers->thread_count; i++)
		pthread_join(workers->threads[i], NULL);
	pthread_cond_destroy(&workers->room);
	pthread_cond_destroy(&workers->work);
	pthread_mutex_destroy(&workers->lock);
	g_queue_free(workers->queue);
	g_free(workers->threads);
	g_free(workers);
}

uint64_t
workers_recorded(Workers *workers)
{
	uint64_t recorded;

	pthread_mutex_lock(&workers->lock);
	recorded = workers->recorded;
	pthread_mutex_unlock(&workers->lock);
	return recorded;
}

Delivery *
delivery_new(Workers *workers)
{
	Delivery *delivery = g_new0(Delivery, 1);

	delivery->workers = workers;
	delivery->letters = g_ptr_array_new_with_free_func((GDestroyNotify)letter_free);
	return delivery;
}

void
delivery_add(Delivery *delivery, Letter *letter)
{
	Workers *workers = delivery->workers;
	Job *job = g_new(Job, 1);

	*job = (Job){ delivery, letter };
	g_ptr_array_add(delivery->letters, letter);
	pthread_mutex_lock(&workers->lock);
	while (workers->bytes > 0 && workers->bytes + letter->size > workers->bytes_max)
		pthread_cond_wait(&workers->room, &workers->lock);
	workers->bytes += letter->size;
	delivery->waiting++;
	g_queue_push_tail(workers->queue, job);
	pthread_cond_signal(&workers->work);
	pthread_mutex_unlock(&workers->lock);
}

const GPtrArray *
delivery_wait(Delivery *delivery)
{
	pthread_mutex_lock(&delivery->workers->lock);
	while (delivery->waiting > 0)
		pthread_cond_wait(&delivery->workers->room, &delivery->workers->lock);
	pthread_mutex_unlock(&delivery->workers->lock);
	return delivery->letters;
}

void
delivery_free(Delivery *delivery)
{
	if (delivery == NULL)
		return;
	delivery_wait(delivery);
	g_ptr_array_unref(delivery->letters);
	g_free(delivery);
}
