#ifndef RETOUR_REDIS_SENTINEL_H
#define RETOUR_REDIS_SENTINEL_H

#include <glib.h>

/* A real Sentinel on loopback, for tests; it dies with the program that started it. Failures end the test. */

void free_port(char port[static 8]); /* of 127.0.0.1, nobody's now */

/* Watches the primary at 127.0.0.1, which it calls "retour". more: further lines of its configuration, with its own port. */
GPid redis_sentinel_start(const char *directory, const char *primary_port, const char *more);
void redis_sentinel_stop(GPid sentinel);

#endif
