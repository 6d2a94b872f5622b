#ifndef RETOUR_WORK_H
#define RETOUR_WORK_H

#include "meter.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Messages in work: bounded while the service runs, waited for when it stops. Whoever may not enter leaves the message to the
 * MTA's queue (or lets it pass, where that is the setting), so that an overload never stops mail that is none of ours.
 * Thread-safe. Leaving blocks for no longer than the lock takes: libmilter calls from under its own.
 */
typedef struct Work Work;

Work *work_new(int64_t limit, Meter *meter); /* borrowed; may be NULL */
void work_free(Work *work);
void work_set_limit(Work *work, int64_t limit);

bool work_enter(Work *work);
void work_leave(Work *work);

/* From here on nobody enters. */
void work_close(Work *work);
/* Until nobody is in work any more, at most that long; false: somebody still is. */
bool work_wait(Work *work, int64_t milliseconds);

#endif
