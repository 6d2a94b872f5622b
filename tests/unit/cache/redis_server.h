#ifndef RETOUR_REDIS_SERVER_H
#define RETOUR_REDIS_SERVER_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * A private redis-server on a unix socket in a temporary directory, for tests and benchmarks. It dies with the program
 * that started it. Failures to start end the test.
 */
typedef struct RedisServer RedisServer;

bool redis_server_is_installed(void);
/* options: more command-line arguments, NULL-terminated; NULL for none. */
RedisServer *redis_server_start(const char *const *options);
void redis_server_free(RedisServer *server);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RedisServer, redis_server_free)

const char *redis_server_address(const RedisServer *server);   /* "unix:/..." */
const char *redis_server_directory(const RedisServer *server); /* exists as long as the server does */

void redis_server_stop(RedisServer *server); /* nothing is kept: the next start is empty */
void redis_server_restart(RedisServer *server);
void redis_server_pause(RedisServer *server); /* SIGSTOP */
void redis_server_resume(RedisServer *server);

/*
 * One command, words NULL-terminated; its answer as text ("(nil)", numbers in decimal, arrays joined with blanks). Owned by the
 * caller.
 */
char *redis_server_do(const RedisServer *server, ...) G_GNUC_NULL_TERMINATED;

#endif
