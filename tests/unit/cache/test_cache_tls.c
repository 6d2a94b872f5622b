#include "cache_fixture.h"
#include "redis_sentinel.h"

#include <glib/gstdio.h>
#include <string.h>

/*
 * Two authorities, ours and a foreign one; from each a server certificate for 127.0.0.1 and redis.example and one of a client.
 * The second key of "old" has expired.
 */
static const char make_files[] =
	"set -e\n"
	"new() { openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=$1 -keyout $1.key "
	"\"${@:2}\"; }\n"
	"for ca in ours foreign; do\n"
	"	new $ca -x509 -days 2 -out $ca.pem\n"
	"	for name in server client; do\n"
	"		new $ca-$name -out $ca-$name.csr\n"
	"		openssl x509 -req -in $ca-$name.csr -CA $ca.pem -CAkey $ca.key -CAcreateserial -days 2 -out "
	"$ca-$name.pem"
	" -extfile <(echo subjectAltName=IP:127.0.0.1,DNS:redis.example)\n"
	"	done\n"
	"done\n"
	"openssl x509 -req -in ours-server.csr -CA ours.pem -CAkey ours.key -CAcreateserial -days -1 -out expired.pem"
	" -extfile <(echo subjectAltName=IP:127.0.0.1)\n"
	"openssl ec -in ours-client.key -aes128 -passout pass:secret -out locked.key\n";

static char *
folder_new(void)
{
	g_autoptr(GError) error = NULL;
	char *folder = g_dir_make_tmp("retour-tls-XXXXXX", &error);
	char *argv[] = { (char[]){ "bash" }, (char[]){ "-c" }, (char *)(uintptr_t)make_files, NULL };
	int status;

	g_assert_no_error(error);
	g_spawn_sync(folder, argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL,
		NULL, NULL, NULL, NULL, &status, &error);
	g_assert_no_error(error);
	g_assert_cmpint(status, ==, 0);
	return folder;
}

static void
folder_free(char *folder)
{
	GDir *directory = g_dir_open(folder, 0, NULL);

	for (const char *name; (name = g_dir_read_name(directory)) != NULL;) {
		g_autofree char *path = g_build_filename(folder, name, NULL);

		g_unlink(path);
	}
	g_dir_close(directory);
	g_rmdir(folder);
	g_free(folder);
}

typedef struct Secured {
	char *folder;
	char port[8];
	RedisServer *server;
} Secured;

static RedisServer *
start_server(const Secured *secured, const char *certificate, const char *clients)
{
	g_autofree char *file = g_build_filename(secured->folder, certificate, NULL);
	g_autofree char *key = g_build_filename(secured->folder, "ours-server.key", NULL);
	g_autofree char *ca = g_build_filename(secured->folder, "ours.pem", NULL);
	const char *const options[] = { "--bind", "127.0.0.1", "--tls-port", secured->port, "--tls-cert-file", file,
		"--tls-key-file", key, "--tls-ca-cert-file", ca, "--tls-auth-clients", clients, NULL };

	return redis_server_start(options);
}

/* What one tries; "": not set. */
typedef struct Try {
	const char *certificate, *clients; /* the server's, and whether it wants one of them */
	const char *host, *ca, *ours, *key, *server_name;
	const char *problem; /* NULL: all is well */
} Try;

static const Try tries[] = {
	{ "ours-server.pem", "no", "127.0.0.1", "ours.pem", "", "", "", NULL },
	{ "ours-server.pem", "no", "localhost", "ours.pem", "", "", "redis.example", NULL },
	{ "ours-server.pem", "yes", "127.0.0.1", "ours.pem", "ours-client.pem", "ours-client.key", "", NULL },
	{ "ours-server.pem", "no", "localhost", "ours.pem", "", "", "",
		"the certificate is refused: hostname mismatch" },
	{ "ours-server.pem", "no", "127.0.0.1", "ours.pem", "", "", "mail.example",
		"the certificate is refused: hostname mismatch" },
	{ "ours-server.pem", "no", "127.0.0.1", "ours.pem", "", "", "127.0.0.2",
		"the certificate is refused: IP address mismatch" },
	{ "ours-server.pem", "no", "127.0.0.1", "foreign.pem", "", "", "",
		"the certificate is refused: self-signed certificate" },
	{ "ours-server.pem", "no", "127.0.0.1", "", "", "", "", "the certificate is refused: self-signed certificate" },
	{ "expired.pem", "no", "127.0.0.1", "ours.pem", "", "", "",
		"the certificate is refused: certificate has expired" },
	{ "ours-server.pem", "yes", "127.0.0.1", "ours.pem", "", "", "", "wants another certificate of ours: " },
	{ "ours-server.pem", "yes", "127.0.0.1", "ours.pem", "foreign-client.pem", "foreign-client.key", "",
		"wants another certificate of ours: " },
	{ "ours-server.pem", "yes", "127.0.0.1", "ours.pem", "ours-client.pem", "foreign-client.key", "",
		"foreign-client.key: key values mismatch" },
	{ "ours-server.pem", "yes", "127.0.0.1", "ours.pem", "ours-client.pem", "locked.key", "", "locked.key: " },
	{ "ours-server.pem", "no", "127.0.0.1", "none.pem", "", "", "", "none.pem: No such file or directory" },
};

static char *
path_of(const Secured *secured, const char *name)
{
	return *name == '\0' ? g_strdup("") : g_build_filename(secured->folder, name, NULL);
}

static Cache *
open_secured(const Secured *secured, const Try *try)
{
	CacheSettings settings = fixture_settings(secured->server);
	g_autofree char *address = g_strdup_printf("tls:%s:%s", try->host, secured->port);
	g_autofree char *ca = path_of(secured, try->ca), *ours = path_of(secured, try->ours);
	g_autofree char *key = path_of(secured, try->key), *name = g_strdup(try->server_name);
	char *addresses[] = { address, NULL };
	g_autoptr(GError) error = NULL;

	settings.addresses = addresses;
	settings.tls = (RedisTlsSettings){ ca, ours, key, name };
	Cache *cache = cache_open(&settings, &error);

	g_assert_no_error(error);
	return cache;
}

static void
assert_refused(Cache *cache, const char *problem)
{
	g_autoptr(GError) error = NULL;
	ChangePosition position;
	bool usable;

	g_assert_false(cache_position(cache, DATABASE, &usable, &position, &error));
	g_assert_error(error, RETOUR_ERROR, ERROR_RETRY);
	g_test_message("%s", error->message);
	g_assert_nonnull(strstr(error->message, problem));
	g_assert_cmpint(fixture_check(cache, "dead@example.org", ""), ==, CACHE_UNKNOWN);
}

static void
test_certificates(void)
{
	Secured secured = { .folder = folder_new() };

	for (size_t i = 0; i < G_N_ELEMENTS(tries); i++) {
		free_port(secured.port);
		secured.server = start_server(&secured, tries[i].certificate, tries[i].clients);
		Cache *cache = open_secured(&secured, &tries[i]);

		if (tries[i].problem != NULL) {
			assert_refused(cache, tries[i].problem);
		} else {
			fixture_fill(cache, fixture_rows, fixture_row_count, (ChangePosition){ 1, 1 });
			fixture_assert_lookups(cache);
		}
		cache_close(cache);
		redis_server_free(secured.server);
	}
	folder_free(secured.folder);
}

/* More than a record of TLS and a buffer of the socket hold, both ways; and a Redis that goes, hangs and comes back. */
static void
test_stream(void)
{
	Secured secured = { .folder = folder_new() };
	g_autofree char *reason = g_strnfill(300000, 'x');

	free_port(secured.port);
	secured.server = start_server(&secured, "ours-server.pem", "no");
	Cache *cache = open_secured(&secured, &tries[0]);
	g_autoptr(GPtrArray) states = fixture_states(fixture_rows, fixture_row_count);

	fixture_fill(cache, fixture_rows, fixture_row_count, (ChangePosition){ 1, 1 });
	for (unsigned i = 0; i < states->len; i++) {
		Listing *listing = g_ptr_array_index(((TargetState *)g_ptr_array_index(states, i))->listings, 0);

		g_free(listing->reason);
		listing->reason = g_strdup(reason);
	}
	g_assert_true(fixture_apply(cache, (ChangePosition){ 1, 1 }, (ChangePosition){ 2, 1 }, states));
	fixture_assert_lookups(cache);
	redis_server_pause(secured.server);
	g_assert_cmpint(fixture_check(cache, "dead@example.org", ""), ==, CACHE_UNKNOWN);
	redis_server_resume(secured.server);
	fixture_assert_recovers(cache);
	redis_server_stop(secured.server);
	g_assert_cmpint(fixture_check(cache, "dead@example.org", ""), ==, CACHE_UNKNOWN);
	redis_server_restart(secured.server);
	fixture_fill(cache, fixture_rows, fixture_row_count, (ChangePosition){ 3, 1 });
	fixture_assert_recovers(cache);
	fixture_assert_lookups(cache);
	cache_close(cache);
	redis_server_free(secured.server);
	folder_free(secured.folder);
}

/* The address says TLS and the server speaks none. */
static void
test_in_clear(void)
{
	Secured secured = { .folder = folder_new() };

	free_port(secured.port);
	const char *const options[] = { "--bind", "127.0.0.1", "--port", secured.port, NULL };

	secured.server = redis_server_start(options);
	Cache *cache = open_secured(&secured, &tries[0]);

	assert_refused(cache, "no TLS: ");
	cache_close(cache);
	redis_server_free(secured.server);
	folder_free(secured.folder);
}

static Cache *
open_guarded(const Secured *secured, const char *sentinel_port)
{
	CacheSettings settings = fixture_settings(secured->server);
	g_autofree char *sentinel = g_strdup_printf("tls:127.0.0.1:%s", sentinel_port);
	g_autofree char *ca = path_of(secured, "ours.pem"), *password = path_of(secured, "password");
	g_autofree char *sentinel_password = path_of(secured, "sentinel-password");
	static char name[] = "retour", user[] = "retour", guard[] = "guard", *none[] = { NULL };
	char *sentinels[] = { sentinel, NULL };
	g_autoptr(GError) error = NULL;

	settings.addresses = none;
	settings.sentinels = sentinels;
	settings.sentinel_name = name;
	settings.tls.ca_file = ca;
	settings.login = (RedisLogin){ user, password };
	settings.sentinel_login = (RedisLogin){ guard, sentinel_password };
	Cache *cache = cache_open(&settings, &error);

	g_assert_no_error(error);
	return cache;
}

static void
assert_recovers_from(Cache *cache, const char *problem)
{
	for (;;) {
		g_autoptr(GError) error = NULL;
		ChangePosition position;
		bool usable;

		if (cache_position(cache, DATABASE, &usable, &position, &error))
			return;
		/* Until it listens there is none to ask, and until it has met the primary it knows none. */
		g_assert_null(strstr(error->message, problem));
		g_usleep(20000);
	}
}

/* Sentinel and Redis each with a user and a password of its own, all of it over TLS. */
static void
test_sentinel(void)
{
	Secured secured = { .folder = folder_new() };
	g_autofree char *password = path_of(&secured, "password");
	g_autofree char *sentinel_password = path_of(&secured, "sentinel-password");
	char port[8];

	free_port(secured.port);
	free_port(port);
	secured.server = start_server(&secured, "ours-server.pem", "no");
	g_free(redis_server_do(secured.server, "ACL", "SETUSER", "retour", "on", ">secret", "~*", "+@all", NULL));
	g_autofree char *more = g_strdup_printf("port 0\ntls-port %s\ntls-replication yes\ntls-auth-clients no\n"
						"tls-cert-file %s/ours-server.pem\ntls-key-file %s/ours-server.key\n"
						"tls-ca-cert-file %s/ours.pem\nrequirepass secret\n"
						"user guard on >word ~* +@all\n",
		port, secured.folder, secured.folder, secured.folder);
	GPid sentinel = redis_sentinel_start(redis_server_directory(secured.server), secured.port, more);

	g_assert_true(g_file_set_contents(password, "secret\n", -1, NULL));
	g_assert_true(g_file_set_contents(sentinel_password, "word\n", -1, NULL));
	Cache *cache = open_guarded(&secured, port);

	assert_recovers_from(cache, "PASS");
	fixture_fill(cache, fixture_rows, fixture_row_count, (ChangePosition){ 1, 1 });
	fixture_assert_recovers(cache);
	fixture_assert_lookups(cache);
	cache_close(cache);
	g_assert_true(g_file_set_contents(sentinel_password, "secret\n", -1, NULL));
	cache = open_guarded(&secured, port);
	assert_refused(cache, "WRONGPASS");
	cache_close(cache);
	redis_sentinel_stop(sentinel);
	redis_server_free(secured.server);
	folder_free(secured.folder);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	if (!redis_server_is_installed()) {
		g_test_message("redis-server is not installed");
		return 77;
	}
	g_test_add_func("/cache/tls/certificates", test_certificates);
	g_test_add_func("/cache/tls/stream", test_stream);
	g_test_add_func("/cache/tls/in-clear", test_in_clear);
	g_test_add_func("/cache/tls/sentinel", test_sentinel);
	return g_test_run();
}
