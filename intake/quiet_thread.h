#ifndef RETOUR_QUIET_THREAD_H
#define RETOUR_QUIET_THREAD_H

#include <pthread.h>

/*
 * pthread_create() for a thread in the background, which gets no signals: they are for the thread that expects them. Returns as
 * that does.
 */
int quiet_thread_start(pthread_t *ret_thread, void *(*run)(void *data), void *data);

#endif
