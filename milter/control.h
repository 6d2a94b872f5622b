#ifndef RETOUR_CONTROL_H
#define RETOUR_CONTROL_H

#include "listener.h"

/*
 * The thread of a listener that obeys the supervisor: stop and reload. Signals could not do it, for libmilter waits for those
 * of its own.
 */
bool control_start(Listener *listener, pthread_t *ret_thread);
void control_tell(const Listener *listener, char what);

#endif
