#ifndef RETOUR_MAILCREW_H
#define RETOUR_MAILCREW_H

#include "mailfile.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

/* Threads that take the mails of a source in turn; each holds one mail, so memory is bounded. */
typedef struct MailCrew {
	MailFile *source;
	/* number: its place, from 0. mail NULL: it could not be read, and error says why. Called by many threads at once. */
	void (*each)(void *context, uint64_t number, const Mail *mail, const GError *error);
	void *context;
	atomic_bool stop; /* set by each: no more are taken */

	pthread_mutex_t lock; /* the crew's own, as the next; to be made with PTHREAD_MUTEX_INITIALIZER */
	uint64_t taken;
} MailCrew;

#define MAILCREW_MAX 64 /* threads */

/* Returns when all is done. The caller's thread is one of them. */
void mailcrew_run(MailCrew *crew, unsigned threads);

#endif
