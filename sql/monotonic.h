#ifndef RETOUR_MONOTONIC_H
#define RETOUR_MONOTONIC_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* Condition variables that wait by the monotonic clock, so that nobody who sets the time of day changes a time-out. */
void monotonic_cond_init(pthread_cond_t *cond);
void monotonic_after(struct timespec *deadline, int64_t milliseconds);
bool monotonic_has_passed(const struct timespec *deadline);

#endif
