#include "redis_link.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

struct RedisLink {
	redisContext *context;
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

/* hiredis writes with write(2), and a Redis that has gone would raise SIGPIPE. */
static bool
send_all(const redisContext *context, const GString *request)
{
	for (size_t done = 0; done < request->len;) {
		ssize_t sent = send(context->fd, request->str + done, request->len - done, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return false;
		done += (size_t)sent;
	}
	return true;
}

GPtrArray *
redis_link_exchange(const RedisLink *link, const GString *request, unsigned count, int *ret_errno)
{
	g_autoptr(GPtrArray) replies = g_ptr_array_new_full(count, freeReplyObject);

	if (!send_all(link->context, request)) {
		*ret_errno = errno;
		return NULL;
	}
	for (unsigned i = 0; i < count; i++) {
		void *reply = NULL;

		errno = 0;
		if (redisGetReply(link->context, &reply) != REDIS_OK || reply == NULL) {
			*ret_errno = link->context->err == REDIS_ERR_IO ? errno : EPIPE;
			return NULL;
		}
		g_ptr_array_add(replies, reply);
	}
	return g_steal_pointer(&replies);
}

static bool
add_credentials(GString *request, const char *user, const char *password_file, GError **error)
{
	g_autofree char *password = NULL;
	g_autoptr(GError) problem = NULL;

	if (!g_file_get_contents(password_file, &password, NULL, &problem)) {
		g_set_error(error, RETOUR_ERROR, ERROR_RETRY, "redis password: %s", problem->message);
		return false;
	}
	g_strchomp(password);
	if (*user == '\0')
		request_add(request, "AUTH", password, NULL);
	else
		request_add(request, "AUTH", user, password, NULL);
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
	g_set_error(error, RETOUR_ERROR, ERROR_RETRY, "redis %s: %s", link->address,
		problem == EAGAIN ? "no answer in time" : g_strerror(problem));
	return NULL;
}

static bool
authenticate(const RedisLink *link, const char *user, const char *password_file, GError **error)
{
	g_autoptr(GString) request = g_string_new(NULL);

	if (*password_file == '\0')
		return true;
	if (!add_credentials(request, user, password_file, error))
		return false;
	redisReply *reply = ask_one(link, request, error);
	bool good = reply != NULL && (reply->type == REDIS_REPLY_STATUS || reply_fail(reply, error));

	explicit_bzero(request->str, request->len);
	freeReplyObject(reply);
	return good;
}

RedisLink *
redis_link_open(
	const RedisPlace *place, const char *user, const char *password_file, int64_t timeout_ms, GError **error)
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

	link->context = context;
	link->address = g_strdup(place->address);
	link->timeout_ms = timeout_ms;
	if (authenticate(link, user, password_file, error))
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
