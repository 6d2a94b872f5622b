#ifndef RETOUR_LISTENER_H
#define RETOUR_LISTENER_H

#include "backend.h"
#include "conduct.h"
#include "gate.h"
#include "sent.h"
#include "work.h"

#include <pthread.h>
#include <stdatomic.h>

/*
 * One listener in its own process, for libmilter has room for one socket and one set of callbacks in a process. What its
 * role does not need is NULL.
 */
typedef struct Listener {
	const char *settings_path; /* borrowed */
	const char *name;          /* borrowed */
	int control;               /* to the supervisor */
	Meter *meter;              /* borrowed */
	Work *work;
	Backend backend; /* no intake: outbound */
	Gate *gate;
	SentRecorder *sent;
	int64_t drain_ms;
	atomic_bool ended; /* smfi_main() has returned */

	pthread_mutex_t conduct_lock;
	Conduct *conduct;
} Listener;

/* Of this process. libmilter gives its callbacks no other way to their program. */
Listener *listener_current(void);
/* The terms in force; the caller unrefs. */
Conduct *listener_conduct(Listener *listener);

/* One byte each, between supervisor and listener. */
#define CONTROL_STOP 'S'   /* to the listener: finish what is in work, then end */
#define CONTROL_RELOAD 'R' /* to the listener */
#define CONTROL_READY 'r'  /* to the supervisor: started, or done with a reload */
#define CONTROL_POKE 'p'   /* to the supervisor: libmilter was told to stop and waits for a connection */

/* Serves until it is told to stop. Returns the exit code of the process. */
int listener_run(const char *settings_path, const char *name, int socket, int control, Meter *meter);

#endif
