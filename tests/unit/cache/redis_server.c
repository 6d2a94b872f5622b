#include "redis_server.h"

#include <glib/gstdio.h>
#include <hiredis/hiredis.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

struct RedisServer {
	char *directory, *socket, *address;
	GPtrArray *arguments; /* char *, with the NULL at the end */
	GPid pid;             /* 0: stopped */
};

bool
redis_server_is_installed(void)
{
	g_autofree char *path = g_find_program_in_path("redis-server");

	return path != NULL;
}

static redisContext *
open_context(const RedisServer *server)
{
	redisContext *context = redisConnectUnix(server->socket);

	g_assert_nonnull(context);
	return context;
}

static bool
answers(const RedisServer *server)
{
	redisContext *context = open_context(server);
	redisReply *reply = context->err == 0 ? redisCommand(context, "PING") : NULL;
	bool yes = reply != NULL;

	freeReplyObject(reply);
	redisFree(context);
	return yes;
}

/* The kernel kills it when the test program dies, however that happens. */
static void
die_with_parent(void *data)
{
	(void)data;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
}

static void
launch(RedisServer *server)
{
	g_autoptr(GError) error = NULL;

	g_spawn_async(NULL, (char **)server->arguments->pdata, NULL,
		G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL, die_with_parent, NULL,
		&server->pid, &error);
	g_assert_no_error(error);
	for (unsigned i = 0; i < 2000 && !answers(server); i++)
		g_usleep(5000);
	g_assert_true(answers(server));
}

RedisServer *
redis_server_start(const char *const *options)
{
	RedisServer *server = g_new0(RedisServer, 1);
	g_autoptr(GError) error = NULL;

	server->directory = g_dir_make_tmp("retour-redis-XXXXXX", &error);
	g_assert_no_error(error);
	server->socket = g_build_filename(server->directory, "redis.sock", NULL);
	server->address = g_strconcat("unix:", server->socket, NULL);
	const char *fixed[] = { "redis-server", "--port", "0", "--unixsocket", server->socket, "--dir",
		server->directory, "--save", "", "--appendonly", "no", "--loglevel", "warning" };

	server->arguments = g_ptr_array_new_with_free_func(g_free);
	for (size_t i = 0; i < G_N_ELEMENTS(fixed); i++)
		g_ptr_array_add(server->arguments, g_strdup(fixed[i]));
	for (; options != NULL && *options != NULL; options++)
		g_ptr_array_add(server->arguments, g_strdup(*options));
	g_ptr_array_add(server->arguments, NULL);
	launch(server);
	return server;
}

void
redis_server_stop(RedisServer *server)
{
	if (server->pid == 0)
		return;
	kill(server->pid, SIGCONT);
	kill(server->pid, SIGKILL);
	waitpid(server->pid, NULL, 0);
	server->pid = 0;
	g_unlink(server->socket);
}

void
redis_server_restart(RedisServer *server)
{
	redis_server_stop(server);
	launch(server);
}

void
redis_server_free(RedisServer *server)
{
	if (server == NULL)
		return;
	redis_server_stop(server);
	GDir *directory = g_dir_open(server->directory, 0, NULL);

	for (const char *name; directory != NULL && (name = g_dir_read_name(directory)) != NULL;) {
		g_autofree char *path = g_build_filename(server->directory, name, NULL);

		g_unlink(path);
	}
	g_clear_pointer(&directory, g_dir_close);
	g_rmdir(server->directory);
	g_ptr_array_unref(server->arguments);
	g_free(server->address);
	g_free(server->socket);
	g_free(server->directory);
	g_free(server);
}

const char *
redis_server_address(const RedisServer *server)
{
	return server->address;
}

const char *
redis_server_directory(const RedisServer *server)
{
	return server->directory;
}

void
redis_server_pause(RedisServer *server)
{
	kill(server->pid, SIGSTOP);
}

void
redis_server_resume(RedisServer *server)
{
	kill(server->pid, SIGCONT);
}

static void
print_reply(GString *out, const redisReply *reply)
{
	if (reply->type == REDIS_REPLY_NIL)
		g_string_append(out, "(nil)");
	else if (reply->type == REDIS_REPLY_INTEGER)
		g_string_append_printf(out, "%lld", reply->integer);
	else if (reply->type == REDIS_REPLY_ARRAY)
		for (size_t i = 0; i < reply->elements; i++) {
			if (i > 0)
				g_string_append_c(out, ' ');
			print_reply(out, reply->element[i]);
		}
	else
		g_string_append(out, reply->str);
}

char *
redis_server_do(const RedisServer *server, ...)
{
	const char *words[16];
	int count = 0;
	va_list more;
	GString *out = g_string_new(NULL);

	va_start(more, server);
	for (const char *word; (word = va_arg(more, const char *)) != NULL;) {
		g_assert_cmpint(count, <, (int)G_N_ELEMENTS(words));
		words[count++] = word;
	}
	va_end(more);
	redisContext *context = open_context(server);
	redisReply *reply = redisCommandArgv(context, count, words, NULL);

	g_assert_nonnull(reply);
	print_reply(out, reply);
	freeReplyObject(reply);
	redisFree(context);
	return g_string_free(out, FALSE);
}
