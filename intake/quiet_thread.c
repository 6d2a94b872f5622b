#include "quiet_thread.h"

#include <signal.h>

int
quiet_thread_start(pthread_t *ret_thread, void *(*run)(void *data), void *data)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int problem = pthread_create(ret_thread, NULL, run, data);

	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return problem;
}
