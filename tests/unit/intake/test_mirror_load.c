#include "changes.h"
#include "database.h"
#include "intake_fixture.h"
#include "mirror_dump.h"

#include <stdlib.h>
#include <string.h>

/*
 * Every target changes once or twice in its life, so that nothing mends a change that was lost: writers whose transactions end in
 * another order than they began, several mirrors on one Redis, and in each round something that forces, cuts short or doubles a
 * rebuild or an apply. After each round Redis must hold the list, no more and no less. RETOUR_MIRROR_ROUNDS: how many, instead of a few.
 */
#define WRITERS 4
#define MIRRORS 3
#define TRANSACTIONS 12 /* of one writer in one round */
#define USUAL_ROUNDS 11

typedef struct World {
	Fixture *fixture;
	Cache *cache[MIRRORS];
	Blacklist *blacklist[MIRRORS];
	Mirror *mirror[MIRRORS]; /* under lock, for they are started over under the writers */
	pthread_mutex_t lock;
	atomic_uint next; /* number of the next target */
	unsigned round;
} World;

typedef struct Writer {
	World *world;
	unsigned seed;
	pthread_t thread;
} Writer;

static void
start_mirrors(World *world)
{
	for (unsigned i = 0; i < MIRRORS; i++) {
		g_autoptr(GError) error = NULL;

		world->cache[i] = cache_open(&world->fixture->cache_settings, &error);
		g_assert_no_error(error);
		world->blacklist[i] = blacklist_open(&world->fixture->store_settings, 2, 60000, &error);
		g_assert_no_error(error);
		world->mirror[i] = mirror_start(world->cache[i], world->blacklist[i], NULL, &error);
		g_assert_no_error(error);
	}
}

static void
stop_mirrors(World *world)
{
	for (unsigned i = 0; i < MIRRORS; i++) {
		mirror_stop(world->mirror[i]);
		blacklist_close(world->blacklist[i]);
		cache_close(world->cache[i]);
	}
}

static void
poke_all(World *world)
{
	pthread_mutex_lock(&world->lock);
	for (unsigned i = 0; i < MIRRORS; i++)
		mirror_poke(world->mirror[i]);
	pthread_mutex_unlock(&world->lock);
}

/* Some changes of one transaction, with pauses in which others begin and end; one in eight comes to nothing. */
static void
change(Writer *writer, Database *database)
{
	unsigned count = 1 + (unsigned)rand_r(&writer->seed) % 4;
	g_autoptr(GString) sql = g_string_new("begin;");
	g_autoptr(GError) error = NULL;

	for (unsigned i = 0; i < count; i++) {
		unsigned number = atomic_fetch_add(&writer->world->next, 1);

		g_string_append_printf(sql,
			"select blacklist_add('t%u@load.example', '*', 'user_unknown', 'test', '', %s, 'test');"
			"select pg_sleep(%f);",
			number, number % 3 == 0 ? "now() + interval '1 day'" : "null",
			(double)(rand_r(&writer->seed) % 4) / 1000);
		/* One of long ago: its only other change. */
		if (number % 2 == 0)
			g_string_append_printf(
				sql, "select blacklist_remove('t%u@load.example', null, 'test', 'test');", number / 2);
	}
	g_string_append(sql, rand_r(&writer->seed) % 8 == 0 ? "rollback" : "commit");
	if (!database_run(database, sql->str, &error))
		g_error("%s", error->message);
}

static void *
write_some(void *data)
{
	Writer *writer = data;
	g_autoptr(GError) error = NULL;
	g_autoptr(Database) database = database_open(writer->world->fixture->store_settings.url, 0, &error);

	g_assert_no_error(error);
	for (unsigned i = 0; i < TRANSACTIONS; i++) {
		change(writer, database);
		poke_all(writer->world);
	}
	return NULL;
}

static void
tell_redis(World *world, const char *a, const char *b, const char *c, const char *d)
{
	g_free(redis_server_do(world->fixture->redis, a, b, c, d, NULL));
}

static void
rebuild(World *world)
{
	g_autoptr(GError) error = NULL;
	uint64_t targets;

	if (!mirror_rebuild(world->fixture->cache, world->fixture->blacklist, NULL, NULL, &targets, &error))
		g_assert_error(error, RETOUR_ERROR, ERROR_RETRY);
}

static void
do_nothing(World *world)
{
	(void)world;
}

static void
flush(World *world)
{
	tell_redis(world, "FLUSHALL", NULL, NULL, NULL);
}

static void
be_foreign(World *world)
{
	tell_redis(world, "HSET", "retour:position", "database", "another");
}

/* The lock goes, and with it whoever held it. */
static void
break_lock(World *world)
{
	tell_redis(world, "HDEL", "retour:position", "generation", NULL);
	tell_redis(world, "DEL", "retour:rebuild", NULL, NULL);
}

/* What was sent may have been done or not, and is sent again. */
static void
cut_connections(World *world)
{
	tell_redis(world, "CLIENT", "KILL", "TYPE", "normal");
}

static void
forget_scripts(World *world)
{
	tell_redis(world, "SCRIPT", "FLUSH", NULL, NULL);
}

static void
tidy(World *world)
{
	tell_redis(world, "SET", "retour:litter", "1", NULL);
	cache_tidy(world->fixture->cache, NULL);
}

/* As when a service starts beside others, on a Redis that is empty. */
static void
start_over(World *world)
{
	pthread_mutex_lock(&world->lock);
	stop_mirrors(world);
	flush(world);
	start_mirrors(world);
	pthread_mutex_unlock(&world->lock);
}

static void
come_back_empty(World *world)
{
	redis_server_restart(world->fixture->redis);
}

/* Longer than a mirror waits: what it gave up on is done after all, later. */
static void
hang(World *world)
{
	redis_server_pause(world->fixture->redis);
	g_usleep(2300 * 1000);
	redis_server_resume(world->fixture->redis);
}

static const struct Disturbance {
	void (*disturb)(World *world);
	unsigned times; /* in one round */
} disturbances[] = {
	{ do_nothing, 1 },
	{ flush, 3 },
	{ rebuild, 3 },
	{ be_foreign, 3 },
	{ break_lock, 3 },
	{ cut_connections, 5 },
	{ forget_scripts, 5 },
	{ tidy, 3 },
	{ start_over, 3 },
	{ come_back_empty, 2 },
	{ hang, 1 },
};

static char *
where(const World *world)
{
	return redis_server_do(world->fixture->redis, "HGETALL", "retour:position", NULL);
}

/* The end of the feed, applied. */
static void
await_end(World *world)
{
	for (;;) {
		Blacklist *blacklist = world->fixture->blacklist;
		g_autofree char *database = changes_database_id(blacklist, NULL);
		ChangePosition position;
		bool usable, held_back;

		if (cache_position(world->fixture->cache, database, &usable, &position, NULL) && usable
			&& changes_held_back(blacklist, position, &held_back, NULL) && !held_back)
			return;
		g_usleep(2000);
	}
}

static void
add_targets(GHashTable *set, char **names, size_t skip)
{
	for (; *names != NULL; names++)
		if (strlen(*names) > skip)
			g_hash_table_add(set, g_strdup(*names + skip));
}

static GHashTable *
held_by_redis(const World *world)
{
	GHashTable *set = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autofree char *generation =
		redis_server_do(world->fixture->redis, "HGET", "retour:position", "generation", NULL);
	g_autofree char *stem = g_strdup_printf("retour:%s:", generation);
	g_autofree char *pattern = g_strconcat(stem, "*", NULL);
	g_autofree char *keys = redis_server_do(world->fixture->redis, "KEYS", pattern, NULL);
	g_auto(GStrv) names = g_strsplit(keys, " ", -1);

	add_targets(set, names, strlen(stem));
	return set;
}

static GHashTable *
held_by_table(const World *world)
{
	static const Statement listed = { "load_listed",
		"select coalesce(string_agg(target, ' '), '') from blacklist_now" };
	GHashTable *set = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GError) error = NULL;
	g_autoptr(Database) database = database_open(world->fixture->store_settings.url, 0, &error);
	g_autoptr(Rows) rows = database_ask(database, &listed, NULL, &error);
	g_auto(GStrv) names = g_strsplit(rows_text(rows, 0, 0), " ", -1);

	add_targets(set, names, 0);
	return set;
}

static const char *
missing_in(GHashTable *set, GHashTable *all)
{
	GHashTableIter iter;
	void *name;

	g_hash_table_iter_init(&iter, all);
	while (g_hash_table_iter_next(&iter, &name, NULL))
		if (!g_hash_table_contains(set, name))
			return name;
	return NULL;
}

/* Another look where a mirror switched meanwhile, which is its right. */
static void
compare(World *world)
{
	for (;;) {
		await_end(world);
		g_autofree char *before = where(world);
		g_autoptr(GHashTable) redis = held_by_redis(world), table = held_by_table(world);
		const char *lost = missing_in(redis, table), *surplus = missing_in(table, redis);
		g_autofree char *after = where(world);

		if (strcmp(before, after) != 0)
			continue;
		if (lost == NULL && surplus == NULL)
			return;
		g_autofree char *dump = mirror_dump(
			world->fixture->redis, world->fixture->store_settings.url, lost == NULL ? surplus : lost);

		g_error("round %u: Redis %s %s", world->round, lost == NULL ? "has still" : "lacks", dump);
	}
}

static void
play(World *world)
{
	Writer writers[WRITERS];
	const struct Disturbance *disturbance = &disturbances[world->round % G_N_ELEMENTS(disturbances)];
	unsigned seed = world->round;

	for (unsigned i = 0; i < WRITERS; i++) {
		writers[i] = (Writer){ .world = world, .seed = world->round * WRITERS + i };
		g_assert_cmpint(pthread_create(&writers[i].thread, NULL, write_some, &writers[i]), ==, 0);
	}
	for (unsigned i = 0; i < disturbance->times; i++) {
		g_usleep((unsigned)rand_r(&seed) % 20000);
		disturbance->disturb(world);
	}
	for (unsigned i = 0; i < WRITERS; i++)
		pthread_join(writers[i].thread, NULL);
	compare(world);
}

static void
test_nothing_is_lost(void)
{
	g_autoptr(Fixture) fixture = fixture_new();
	World world = { .fixture = fixture, .lock = PTHREAD_MUTEX_INITIALIZER };
	const char *text = g_getenv("RETOUR_MIRROR_ROUNDS");
	unsigned rounds = text == NULL ? USUAL_ROUNDS : (unsigned)g_ascii_strtoull(text, NULL, 10);

	start_mirrors(&world);
	for (world.round = 0; world.round < rounds; world.round++)
		play(&world);
	stop_mirrors(&world);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	int status = fixture_prepare();

	if (status != 0)
		return status;
	g_test_add_func("/mirror/nothing-is-lost", test_nothing_is_lost);
	return g_test_run();
}
