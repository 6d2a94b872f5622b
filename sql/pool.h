#ifndef RETOUR_POOL_H
#define RETOUR_POOL_H

#include "database.h"
#include "meter.h"

/*
 * A few connections that threads share, made when needed. Thread-safe. Who finds none free waits, but no longer than the
 * timeout; after a failed attempt to connect everybody is refused for a moment instead of waiting in line for the same answer.
 */
typedef struct Pool Pool;

Pool *pool_new(const char *url, unsigned connections, int64_t timeout_ms, Meter *meter); /* borrowed; may be NULL */
void pool_free(Pool *pool); /* all connections have been given back */

/* The deadline of the connection is set to the timeout from now. */
Database *pool_take(Pool *pool, GError **error);
void pool_give(Pool *pool, Database *database); /* closes it when it is lost */

/* One statement. A read is asked again on a new connection when an idle one turns out to be dead. */
Rows *pool_read(Pool *pool, const Statement *statement, const Params *params, GError **error);
Rows *pool_write(Pool *pool, const Statement *statement, const Params *params, GError **error);

const char *pool_url(const Pool *pool);

#endif
