#ifndef RETOUR_SIGNALS_H
#define RETOUR_SIGNALS_H

#include <stdbool.h>

/* What a service is told by signals, the same ones for every service. */
typedef enum Order {
	ORDER_NONE,   /* nothing is waiting */
	ORDER_STOP,   /* SIGTERM, SIGINT, SIGHUP: finish what is in work and end */
	ORDER_RELOAD, /* SIGUSR1: settings and rules anew */
	ORDER_REAP,   /* SIGCHLD: children may have ended */
} Order;

/*
 * To be called before any thread is made: from then on these signals come through the descriptor, which is never waited for,
 * and a peer that is gone is an error of write() instead of SIGPIPE. children: SIGCHLD, too. -1 with errno: failed.
 */
int signals_open(bool children);
Order signals_read(int descriptor);

#endif
