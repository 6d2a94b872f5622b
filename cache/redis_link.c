#include "redis_link.h"

#include "redis_tls.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>

#define READ_BYTES 16384

struct RedisLink {
	redisContext *context;
	RedisTls *tls; /* over the context's socket; NULL: in clear */
	char *address; /* of its place, for messages */
	int64_t timeout_ms;
};

void
request_add_array(GString *request, const GPtrArray *words)
{
	char *command;
	int size = redisFormatCommandArgv(&command, (int)words->len, (const char **)(uintptr_t)words->pdata, NULL);

	g_assert(size > 0);
	g_string_append_len(request, command, size);
	redisFreeCommand(command);
}

void
request_add(GString *request, const char *command, ...)
{
	const char *words[16] = { command };
	unsigned count = 1;
	char *bytes;
	va_list more;

	va_start(more, command);
	for (const char *word; (word = va_arg(more, const char *)) != NULL;) {
		g_assert(count < G_N_ELEMENTS(words));
		words[count++] = word;
	}
	va_end(more);
	int size = redisFormatCommandArgv(&bytes, (int)count, words, NULL);

	g_assert(size > 0);
	g_string_append_len(request, bytes, size);
	redisFreeCommand(bytes);
}

const char *
reply_text(const redisReply *reply)
{
	if ((reply->type != REDIS_REPLY_STRING && reply->type != REDIS_REPLY_STATUS)
		|| strlen(reply->str) != (size_t)reply->len)
		return NULL;
	return reply->str;
}

bool
reply_fail(const redisReply *reply, GError **error)
{
	g_set_error(error, RETOUR_ERROR, ERROR_RETRY, "redis: %s",
		reply->type == REDIS_REPLY_ERROR ? reply->str : "unexpected kind of answer");
	return false;
}

/* hiredis writes with write(2), and a Redis that has gone would raise SIGPIPE; and this version of it knows no TLS. */
static ssize_t
send_some(const RedisLink *link, const char *bytes, size_t size)
{
	return link->tls == NULL ? send(link->context->fd, bytes, size, MSG_NOSIGNAL)
				 : redis_tls_send(link->tls, bytes, size);
}

static ssize_t
receive_some(const RedisLink *link, char *bytes, size_t size)
{
	return link->tls == NULL ? recv(link->context->fd, bytes, size, 0) : redis_tls_receive(link->tls, bytes, size);
}

static bool
send_all(const RedisLink *link, const GString *request)
{
	for (size_t done = 0; done < request->len;) {
		ssize_t sent = send_some(link, request->str + done, request->len - done);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return false;
		done += (size_t)sent;
	}
	return true;
}

/* NULL sets errno; EPIPE where the server has closed. */
static redisReply *
receive_reply(const RedisLink *link)
{
	char bytes[READ_BYTES];
	void *reply = NULL;

	while (redisReaderGetReply(link->context->reader, &reply) == REDIS_OK && reply == NULL) {
		ssize_t got = receive_some(link, bytes, sizeof bytes);

		if (got < 0 && errno == EINTR)
			continue;
		if (got == 0)
			errno = EPIPE;
		if (got <= 0)
			return NULL;
		redisReaderFeed(link->context->reader, bytes, (size_t)got);
	}
	if (reply == NULL)
		errno = EPROTO;
	return reply;
}

GPtrArray *
redis_link_exchange(const RedisLink *link, const GString *request, unsigned count, int *ret_errno)
{
	g_autoptr(GPtrArray) replies = g_ptr_array_new_full(count, freeReplyObject);
	bool whole = send_all(link, request);

	while (whole && replies->len < count) {
		redisReply *reply = receive_reply(link);

		whole = reply != NULL;
		if (whole)
			g_ptr_array_add(replies, reply);
	}
	if (whole)
		return g_steal_pointer(&replies);
	*ret_errno = errno;
	return NULL;
}

const char *
redis_link_problem(const RedisLink *link, int problem)
{
	if (problem == EAGAIN)
		return "no answer in time";
	if (problem == EPROTO && link->tls != NULL && *redis_tls_problem(link->tls) != '\0')
		return redis_tls_problem(link->tls);
	return problem == EPIPE ? "the connection was closed" : g_strerror(problem);
}

static bool
add_credentials(GString *request, const RedisLogin *login, GError **error)
{
	g_autofree char *password = NULL;
	g_autoptr(GError) problem = NULL;

	if (!g_file_get_contents(login->password_file, &password, NULL, &problem)) {
		g_set_error(error, RETOUR_ERROR, ERROR_RETRY, "redis password: %s", problem->message);
		return false;
	}
	g_strchomp(password);
	if (*login->user == '\0')
		request_add(request, "AUTH", password, NULL);
	else
		request_add(request, "AUTH", login->user, password, NULL);
	explicit_bzero(password, strlen(password));
	return true;
}

/* The one reply to a request; NULL with an error. Owned by the caller. */
static redisReply *
ask_one(const RedisLink *link, const GString *request, GError **error)
{
	int problem = 0;
	g_autoptr(GPtrArray) replies = redis_link_exchange(link, request, 1, &problem);

	if (replies != NULL)
		return g_ptr_array_steal_index(replies, 0);
	g_set_error(error, RETOUR_ERROR, ERROR_RETRY, "redis %s: %s", link->address, redis_link_problem(link, problem));
	return NULL;
}

static bool
authenticate(const RedisLink *link, const RedisLogin *login, GError **error)
{
	g_autoptr(GString) request = g_string_new(NULL);

	if (*login->password_file == '\0')
		return true;
	if (!add_credentials(request, login, error))
		return false;
	redisReply *reply = ask_one(link, request, error);
	bool good = reply != NULL && (reply->type == REDIS_REPLY_STATUS || reply_fail(reply, error));

	explicit_bzero(request->str, request->len);
	freeReplyObject(reply);
	return good;
}

/*
 * From TLS 1.3 on a server that refuses our certificate says so only after the handshake, and the connection may be gone
 * before that was read. Any answer is good.
 */
static bool
secure(RedisLink *link, const RedisPlace *place, const RedisTlsSettings *settings, GError **error)
{
	g_autoptr(GString) request = g_string_new(NULL);
	g_autoptr(GError) problem = NULL;

	if (!place->tls)
		return true;
	link->tls = redis_tls_open(link->context->fd, settings, place->host, &problem);
	if (link->tls == NULL) {
		g_set_error(error, RETOUR_ERROR, ERROR_RETRY, "redis %s: %s", link->address, problem->message);
		return false;
	}
	request_add(request, "PING", NULL);
	int why = 0;
	g_autoptr(GPtrArray) replies = redis_link_exchange(link, request, 1, &why);

	if (replies == NULL)
		g_set_error(error, RETOUR_ERROR, ERROR_RETRY,
			"redis %s: closed right after the handshake, as by a server that wants another certificate of "
			"ours: %s",
			link->address, redis_link_problem(link, why));
	return replies != NULL;
}

RedisLink *
redis_link_open(const RedisPlace *place, const RedisLogin *login, const RedisTlsSettings *tls, int64_t timeout_ms,
	GError **error)
{
	struct timeval wait = { .tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000 };
	redisContext *context = place->path != NULL ? redisConnectUnixWithTimeout(place->path, wait)
						    : redisConnectWithTimeout(place->host, place->port, wait);

	if (context == NULL || context->err != 0 || redisSetTimeout(context, wait) != REDIS_OK) {
		g_set_error(error, RETOUR_ERROR, ERROR_RETRY, "redis %s: %s", place->address,
			context == NULL ? "out of memory" : context->errstr);
		redisFree(context);
		return NULL;
	}
	RedisLink *link = g_new0(RedisLink, 1);

	fcntl(context->fd, F_SETFD, FD_CLOEXEC); /* which hiredis leaves out; nobody executes anything meanwhile */
	link->context = context;
	link->address = g_strdup(place->address);
	link->timeout_ms = timeout_ms;
	if (secure(link, place, tls, error) && authenticate(link, login, error))
		return link;
	redis_link_free(link);
	return NULL;
}

void
redis_link_free(void *data)
{
	RedisLink *link = data;

	if (link == NULL)
		return;
	redis_tls_free(link->tls);
	redisFree(link->context);
	g_free(link->address);
	g_free(link);
}

bool
redis_link_set_timeout(RedisLink *link, int64_t timeout_ms)
{
	struct timeval wait = { .tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000 };

	if (link->timeout_ms == timeout_ms)
		return true;
	link->timeout_ms = timeout_ms;
	return redisSetTimeout(link->context, wait) == REDIS_OK;
}

/* ROLE: "master", offset, replicas; or "slave", host, port, state of the link, offset. */
static bool
role_fits(const redisReply *reply, RedisRole role)
{
	const char *name, *state;

	if (reply->type != REDIS_REPLY_ARRAY || reply->elements < 1)
		return false;
	name = reply_text(reply->element[0]);
	if (name != NULL && strcmp(name, "master") == 0)
		return true;
	if (role == REDIS_ROLE_PRIMARY || name == NULL || strcmp(name, "slave") != 0 || reply->elements < 4)
		return false;
	state = reply_text(reply->element[3]);
	return state != NULL && strcmp(state, "connected") == 0;
}

bool
redis_link_check_role(const RedisLink *link, RedisRole role, GError **error)
{
	g_autoptr(GString) request = g_string_new(NULL);

	request_add(request, "ROLE", NULL);
	redisReply *reply = ask_one(link, request, error);

	if (reply == NULL)
		return false;
	bool fits = role_fits(reply, role);

	if (!fits && reply->type == REDIS_REPLY_ERROR)
		reply_fail(reply, error);
	else if (!fits)
		g_set_error(error, RETOUR_ERROR, ERROR_RETRY, "redis %s: %s", link->address,
			role == REDIS_ROLE_PRIMARY ? "not the primary" : "a replica that has lost its primary");
	freeReplyObject(reply);
	return fits;
}
