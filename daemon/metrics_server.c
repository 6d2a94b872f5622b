#include "metrics_server.h"

#include <fcntl.h>
#include <microhttpd.h>
#include <string.h>
#include <unistd.h>

#define CONNECTIONS 16
#define IDLE_SECONDS 15
#define CONNECTION_BYTES 16384 /* request line and headers */
#define PAGE_TYPE "text/plain; version=0.0.4; charset=utf-8"
#define TEXT_TYPE "text/plain; charset=utf-8"

struct MetricsServer {
	struct MHD_Daemon *daemon;
	ListenSocket *socket;
	Metrics *metrics;
	MetricsHealth health;
	void *context;
};

/* Takes text over. */
static enum MHD_Result
reply(struct MHD_Connection *connection, unsigned status, const char *type, char *text)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_FREE);
	enum MHD_Result queued;

	if (response == NULL) {
		g_free(text);
		return MHD_NO;
	}
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	queued = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return queued;
}

static enum MHD_Result
show_page(const MetricsServer *server, struct MHD_Connection *connection)
{
	g_autoptr(GString) text = g_string_new(NULL);
	g_autofree char *counted = NULL;
	GString *page = g_string_new(NULL);

	server->health(server->context, text, page);
	counted = metrics_show(server->metrics);
	g_string_append(page, counted);
	return reply(connection, MHD_HTTP_OK, PAGE_TYPE, g_string_free(page, FALSE));
}

static enum MHD_Result
show_health(const MetricsServer *server, struct MHD_Connection *connection)
{
	g_autoptr(GString) series = g_string_new(NULL);
	GString *text = g_string_new(NULL);
	bool healthy = server->health(server->context, text, series);

	return reply(connection, healthy ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE, TEXT_TYPE,
		g_string_free(text, FALSE));
}

static enum MHD_Result
answer(void *context, struct MHD_Connection *connection, const char *path, const char *method,
	const char *version G_GNUC_UNUSED, const char *upload G_GNUC_UNUSED, size_t *upload_size, void **seen)
{
	static char begun;
	const MetricsServer *server = context;

	/* First called when the headers are there; a body would come now, and nobody wants one. */
	if (*seen == NULL) {
		*seen = &begun;
		return MHD_YES;
	}
	if (*upload_size > 0)
		return MHD_NO;
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return reply(connection, MHD_HTTP_METHOD_NOT_ALLOWED, TEXT_TYPE, g_strdup("GET or HEAD\n"));
	if (strcmp(path, "/metrics") == 0)
		return show_page(server, connection);
	if (strcmp(path, "/healthz") == 0)
		return show_health(server, connection);
	return reply(connection, MHD_HTTP_NOT_FOUND, TEXT_TYPE, g_strdup("/metrics or /healthz\n"));
}

MetricsServer *
metrics_server_start(ListenSocket *socket, Metrics *metrics, MetricsHealth health, void *context, GError **error)
{
	MetricsServer *server = g_new0(MetricsServer, 1);
	int fd = fcntl(listen_socket_fd(socket), F_DUPFD_CLOEXEC, 0); /* the daemon closes its own */

	server->socket = socket;
	server->metrics = metrics;
	server->health = health;
	server->context = context;
	if (fd >= 0)
		server->daemon = MHD_start_daemon(
			MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL | MHD_USE_ITC, 0,
			NULL, NULL, answer, server, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
			CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT, IDLE_SECONDS, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
			(size_t)CONNECTION_BYTES, MHD_OPTION_END);
	if (server->daemon != NULL)
		return server;
	g_set_error_literal(error, RETOUR_ERROR, ERROR_RETRY, "cannot serve metrics: no thread or no descriptor");
	if (fd >= 0)
		close(fd);
	listen_socket_free(socket);
	g_free(server);
	return NULL;
}

bool
metrics_server_open(const MetricsSettings *settings, MetricsService service, Metrics *metrics, MetricsHealth health,
	void *context, MetricsServer **ret_server, GError **error)
{
	ListenSocket *socket;

	*ret_server = NULL;
	if (!metrics_settings_open(settings, service, &socket, error))
		return false;
	if (socket != NULL)
		*ret_server = metrics_server_start(socket, metrics, health, context, error);
	return socket == NULL || *ret_server != NULL;
}

void
metrics_server_stop(MetricsServer *server)
{
	if (server == NULL)
		return;
	MHD_stop_daemon(server->daemon);
	listen_socket_free(server->socket);
	g_free(server);
}
