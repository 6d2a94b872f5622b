#include "imap_stream.h"

#include <curl/curl.h>
#include <errno.h>
#include <poll.h>
#include <string.h>

struct ImapStream {
	CURL *curl;
	char *name; /* "host:port", for messages */
	curl_socket_t socket;
	int cancel;
	int64_t deadline;       /* monotonic microseconds */
	char buffer[16 * 1024]; /* as large as a TLS record: none stays in the library when poll() is asked */
	size_t at, end;
};

/*
 * curl speaks the greeting, CAPABILITY and STARTTLS; without a user it stops there. It throws away what came before the
 * handshake (CVE-2021-22947) and refuses to go on where TLS was asked for and is not offered.
 */
static void
set_options(CURL *curl, const ImapEndpoint *endpoint, const char *url, char *problem)
{
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_PORT, (long)endpoint->port);
	curl_easy_setopt(curl, CURLOPT_CONNECT_ONLY, 1L);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)endpoint->timeout_ms);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)endpoint->timeout_ms);
	curl_easy_setopt(curl, CURLOPT_SERVER_RESPONSE_TIMEOUT, (long)MAX(endpoint->timeout_ms / 1000, 1));
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, problem);
	curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
	if (endpoint->tls == IMAP_TLS_STARTTLS)
		curl_easy_setopt(curl, CURLOPT_USE_SSL, (long)CURLUSESSL_ALL);
	if (*endpoint->ca_file != '\0') {
		curl_easy_setopt(curl, CURLOPT_CAINFO, endpoint->ca_file);
		curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
	}
}

/* Lets go of a connection attempt when cancel becomes readable. */
static int
on_progress(void *data, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	const ImapStream *stream = data;
	struct pollfd cancel = { stream->cancel, POLLIN, 0 };

	(void)a, (void)b, (void)c, (void)d;
	return poll(&cancel, 1, 0) > 0;
}

ImapStream *
imap_stream_open(const ImapEndpoint *endpoint, GError **error)
{
	g_autoptr(ImapStream) stream = g_new0(ImapStream, 1);
	bool numeric6 = strchr(endpoint->host, ':') != NULL;
	g_autofree char *url = g_strdup_printf("%s://%s%s%s/", endpoint->tls == IMAP_TLS_IMPLICIT ? "imaps" : "imap",
		numeric6 ? "[" : "", endpoint->host, numeric6 ? "]" : "");
	char problem[CURL_ERROR_SIZE] = "";
	CURLcode code;

	stream->curl = curl_easy_init();
	if (stream->curl == NULL)
		g_error("out of memory");
	stream->name = g_strdup_printf("%s:%u", endpoint->host, endpoint->port);
	stream->cancel = endpoint->cancel;
	set_options(stream->curl, endpoint, url, problem);
	curl_easy_setopt(stream->curl, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(stream->curl, CURLOPT_XFERINFOFUNCTION, on_progress);
	curl_easy_setopt(stream->curl, CURLOPT_XFERINFODATA, stream);
	code = curl_easy_perform(stream->curl);
	curl_easy_setopt(stream->curl, CURLOPT_ERRORBUFFER, NULL);
	if (code == CURLE_OK)
		code = curl_easy_getinfo(stream->curl, CURLINFO_ACTIVESOCKET, &stream->socket);
	if (code == CURLE_OK && stream->socket != CURL_SOCKET_BAD)
		return g_steal_pointer(&stream);
	g_set_error(error, RETOUR_ERROR, ERROR_RETRY, "%s: %s%s", stream->name,
		code == CURLE_RECV_ERROR || code == CURLE_WEIRD_SERVER_REPLY ? "no greeting of an IMAP server: " : "",
		*problem == '\0' ? curl_easy_strerror(code) : g_strchomp(problem));
	return NULL;
}

void
imap_stream_close(ImapStream *stream)
{
	if (stream == NULL)
		return;
	curl_easy_cleanup(stream->curl);
	g_free(stream->name);
	g_free(stream);
}

void
imap_stream_set_deadline(ImapStream *stream, int64_t milliseconds)
{
	stream->deadline = g_get_monotonic_time() + milliseconds * 1000;
}

static bool
fail(const ImapStream *stream, const char *what, GError **error)
{
	g_set_error(error, RETOUR_ERROR, ERROR_RETRY, "%s: %s", stream->name, what);
	return false;
}

/* Until the socket is ready for events, or until the deadline; *ret_ready false: wake was faster. */
static bool
await(const ImapStream *stream, short events, int wake, int64_t deadline, bool *ret_ready, GError **error)
{
	for (;;) {
		struct pollfd fds[] = { { stream->socket, events, 0 }, { stream->cancel, POLLIN, 0 },
			{ wake, POLLIN, 0 } };
		int64_t left = deadline - g_get_monotonic_time();
		int ready = left <= 0 ? 0 : poll(fds, G_N_ELEMENTS(fds), (int)CLAMP(left / 1000 + 1, 1, INT_MAX));

		if (ready < 0 && errno == EINTR)
			continue;
		if (ready < 0)
			return fail(stream, g_strerror(errno), error);
		if (fds[1].revents != 0)
			return fail(stream, "given up, for the service stops", error);
		*ret_ready = fds[0].revents != 0;
		return true;
	}
}

static bool
await_socket(const ImapStream *stream, short events, GError **error)
{
	bool ready;

	return await(stream, events, -1, stream->deadline, &ready, error)
	       && (ready || fail(stream, "no answer in time", error));
}

bool
imap_stream_send(ImapStream *stream, const char *bytes, size_t size, GError **error)
{
	while (size > 0) {
		size_t sent = 0;
		CURLcode code = curl_easy_send(stream->curl, bytes, size, &sent);

		if (code != CURLE_OK && code != CURLE_AGAIN)
			return fail(stream, curl_easy_strerror(code), error);
		bytes += sent;
		size -= sent;
		if (code == CURLE_AGAIN && !await_socket(stream, POLLOUT, error))
			return false;
	}
	return true;
}

/* What there is without waiting; the buffer stays empty when there is nothing. */
static bool
receive(ImapStream *stream, GError **error)
{
	CURLcode code;

	stream->at = stream->end = 0;
	code = curl_easy_recv(stream->curl, stream->buffer, sizeof stream->buffer, &stream->end);
	if (code == CURLE_AGAIN) {
		stream->end = 0;
		return true;
	}
	if (code != CURLE_OK)
		return fail(stream, curl_easy_strerror(code), error);
	return stream->end > 0 || fail(stream, "the server closed the connection", error);
}

bool
imap_stream_read(void *data, char *buffer, size_t size, size_t *ret_size, GError **error)
{
	ImapStream *stream = data;
	size_t count;

	while (stream->at == stream->end) {
		if (g_get_monotonic_time() >= stream->deadline)
			return fail(stream, "no answer in time", error);
		if (!receive(stream, error))
			return false;
		if (stream->end == 0 && !await_socket(stream, POLLIN, error))
			return false;
	}
	count = MIN(size, stream->end - stream->at);
	memcpy(buffer, stream->buffer + stream->at, count);
	stream->at += count;
	*ret_size = count;
	return true;
}

bool
imap_stream_wait(ImapStream *stream, int wake, int64_t milliseconds, bool *ret_readable, GError **error)
{
	int64_t deadline = g_get_monotonic_time() + milliseconds * 1000;

	*ret_readable = true;
	for (;;) {
		if (stream->at < stream->end)
			return true;
		if (!receive(stream, error))
			return false;
		if (stream->end > 0)
			return true;
		if (!await(stream, POLLIN, wake, deadline, ret_readable, error))
			return false;
		if (!*ret_readable)
			return true;
	}
}
