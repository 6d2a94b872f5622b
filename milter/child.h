#ifndef RETOUR_CHILD_H
#define RETOUR_CHILD_H

#include "listen_socket.h"
#include "meter.h"
#include "milter_settings.h"

#include <sys/types.h>

/* One listener as the supervisor sees it: its socket, and the process that serves it now. */
typedef struct Child {
	const ListenerSettings *settings; /* borrowed */
	ListenSocket *socket;
	Meter *meter;                 /* borrowed */
	pid_t pid;                    /* 0: none runs */
	int control;                  /* -1: none */
	bool busy;                    /* starting or reloading: has not said READY yet */
	int64_t started_at, start_at; /* milliseconds, monotonic; start_at: when to start it next, while none runs */
	int64_t back_off;
} Child;

Child *child_new(const ListenerSettings *settings, Meter *meter);
void child_free(Child *child);

/*
 * Forks; others: GPtrArray of Child *, whose descriptors the new process gives up, and with them that socket, which may be NULL.
 * False: it will be tried again.
 */
bool child_start(Child *child, const char *settings_path, const GPtrArray *others, ListenSocket *socket);
/* In a process just forked: gives up the descriptors of all of them. */
void child_forget_all(const GPtrArray *children);
void child_tell(const Child *child, char order);
/* After its process ended. */
void child_ended(Child *child, int64_t now);

int64_t now_ms(void); /* monotonic */

/* A fork that dies with its parent and has no signal blocked. Returns as fork(2). */
pid_t fork_bound(void);

#endif
