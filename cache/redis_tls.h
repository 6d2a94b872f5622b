#ifndef RETOUR_REDIS_TLS_H
#define RETOUR_REDIS_TLS_H

#include "errors.h"
#include "redis_access.h"

#include <stddef.h>
#include <sys/types.h>

/* TLS over a connected, blocking socket; 1.2 or newer, and always with a server whose certificate is good. */
typedef struct RedisTls RedisTls;

/*
 * Shakes hands; host: a name or a numeric address. ERROR_RETRY says what is wrong with which side's certificate or file. The
 * socket stays the caller's.
 */
RedisTls *redis_tls_open(int socket, const RedisTlsSettings *settings, const char *host, GError **error);
void redis_tls_free(RedisTls *tls); /* NULL is fine */

/* As send(2) of all and recv(2), without signals. -1 sets errno: EAGAIN for a time-out, EPROTO where redis_tls_problem() knows more. */
ssize_t redis_tls_send(RedisTls *tls, const void *bytes, size_t size);
ssize_t redis_tls_receive(RedisTls *tls, void *bytes, size_t size);
const char *redis_tls_problem(const RedisTls *tls); /* static */

#endif
