#ifndef RETOUR_IMAP_STREAM_H
#define RETOUR_IMAP_STREAM_H

#include "errors.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A connection to an IMAP server, behind its greeting and STARTTLS. The chain of the certificate, its dates and the host
 * name are verified; there is no way to go on without. No wait is longer than the deadline, and each ends at once when
 * the descriptor `cancel` becomes readable. Used by one thread. libcurl is touched here and in oauth.c alone.
 */
typedef struct ImapStream ImapStream;

typedef enum ImapTls {
	IMAP_TLS_IMPLICIT, /* RFC 8314, port 993 */
	IMAP_TLS_STARTTLS, /* required: a server that does not offer it is refused */
	IMAP_TLS_NONE,     /* for loopback; the settings see to that */
} ImapTls;

typedef struct ImapEndpoint {
	const char *host;
	uint16_t port;
	int tls;             /* ImapTls */
	const char *ca_file; /* "": the system's */
	int64_t timeout_ms;  /* of connecting, and of each answer */
	int cancel;          /* -1: none */
} ImapEndpoint;

/* ERROR_RETRY with host and reason. endpoint is borrowed for the call. */
ImapStream *imap_stream_open(const ImapEndpoint *endpoint, GError **error);
void imap_stream_close(ImapStream *stream);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImapStream, imap_stream_close)

/* From now; holds for all calls until it is set again, so that a server that drips octets gains nothing. */
void imap_stream_set_deadline(ImapStream *stream, int64_t milliseconds);

bool imap_stream_send(ImapStream *stream, const char *bytes, size_t size, GError **error);
/* An ImapFill; stream is an ImapStream *. */
bool imap_stream_read(void *stream, char *buffer, size_t size, size_t *ret_size, GError **error);

/* Until bytes can be read (*ret_readable), wake becomes readable, or the time is up; leaves the deadline alone. */
bool imap_stream_wait(ImapStream *stream, int wake, int64_t milliseconds, bool *ret_readable, GError **error);

#endif
