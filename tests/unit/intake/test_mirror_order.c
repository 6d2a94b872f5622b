#include "changes.h"
#include "database.h"
#include "intake_fixture.h"
#include "mirror_dump.h"

#include <string.h>

/*
 * What two mirrors, a rebuild and transactions do, step by step, in every order that is possible. After each, the next mirror
 * that catches up must leave Redis equal to the list: no order may let a change behind the position where nobody looks again.
 * RETOUR_MIRROR_ORDERS: how many orders of each scene, evenly spread, instead of a few; 0: all.
 */
#define USUAL_ORDERS 40
#define CHANGES_AT_ONCE 1 /* so that batches end in the middle of a transaction, too */
#define ACTORS 4
#define STEPS 4

/* One step of a mirror, as mirror_fill.c takes it: what was read, not yet applied. */
typedef struct Reading {
	ChangePosition from, to;
	GPtrArray *states; /* NULL: Redis was not usable */
	bool current;
} Reading;

typedef struct World {
	Fixture *fixture;
	char *database_id;
	Database *slow, *quick; /* two that change the list; the slow one's transaction is the older and ends later */
	Reading readings[2];
	CacheRebuild *rebuild; /* NULL: begun by nobody */
	ChangePosition rebuilt;
	unsigned round;
} World;

static void
run_sql(Database *database, const char *sql)
{
	g_autoptr(GError) error = NULL;

	database_run(database, sql, &error);
	g_assert_no_error(error);
}

static void
list_in(World *world, Database *database, const char *name, const char *begin, const char *end)
{
	g_autofree char *sql = g_strdup_printf(
		"%s; select blacklist_add('%s%u@order.example', '*', 'user_unknown', 'test', '', null, 'test'); %s",
		begin, name, world->round, end);

	run_sql(database, sql);
}

/* Two of one transaction, which stays open. */
static void
slow_begins(World *world)
{
	list_in(world, world->slow, "a", "begin", "");
	list_in(world, world->slow, "b", "", "");
}

static void
slow_ends(World *world)
{
	run_sql(world->slow, "commit");
}

static void
quick_lists(World *world)
{
	list_in(world, world->quick, "c", "begin", "commit");
}

/* What the quick one listed last comes off the list again, or is not there yet. */
static void
quick_removes(World *world)
{
	g_autofree char *sql =
		g_strdup_printf("select blacklist_remove('c%u@order.example', null, 'test', 'test')", world->round);

	run_sql(world->quick, sql);
}

static void
read_changes(World *world, Reading *reading)
{
	Blacklist *blacklist = world->fixture->blacklist;
	g_autoptr(GError) error = NULL;
	bool usable, held_back = true;

	cache_position(world->fixture->cache, world->database_id, &usable, &reading->from, &error);
	g_assert_no_error(error);
	if (!usable)
		return;
	reading->states = changes_since(blacklist, reading->from, CHANGES_AT_ONCE, &reading->to, &error);
	g_assert_no_error(error);
	if (reading->states->len == 0)
		g_assert_true(changes_held_back(blacklist, reading->from, &held_back, &error));
	reading->current = !held_back;
}

static void
apply_changes(World *world, Reading *reading)
{
	g_autoptr(GError) error = NULL;
	bool applied;

	if (reading->states == NULL)
		return;
	cache_apply(world->fixture->cache, world->database_id, reading->from, reading->to, reading->states,
		reading->current, &applied, &error);
	g_assert_no_error(error);
	g_clear_pointer(&reading->states, g_ptr_array_unref);
}

static void
first_reads(World *world)
{
	read_changes(world, &world->readings[0]);
}

static void
first_applies(World *world)
{
	apply_changes(world, &world->readings[0]);
}

static void
second_reads(World *world)
{
	read_changes(world, &world->readings[1]);
}

static void
second_applies(World *world)
{
	apply_changes(world, &world->readings[1]);
}

static bool
add_target(void *rebuild, const TargetState *state)
{
	return cache_rebuild_add(rebuild, state, NULL);
}

static void
rebuild_streams(World *world)
{
	g_autoptr(GError) error = NULL;

	world->rebuild = cache_rebuild_begin(world->fixture->cache, world->database_id, &error);
	g_assert_no_error(error);
	changes_all(world->fixture->blacklist, add_target, world->rebuild, &world->rebuilt, &error);
	g_assert_no_error(error);
}

static void
rebuild_switches(World *world)
{
	g_autoptr(GError) error = NULL;

	cache_rebuild_finish(world->rebuild, world->rebuilt, &error);
	g_assert_no_error(error);
}

typedef void (*Step)(World *world);

typedef struct Scene {
	const char *name;
	Step actors[ACTORS][STEPS];
} Scene;

static const Scene scenes[] = {
	{ "two-mirrors", { { first_reads, first_applies, first_reads, first_applies }, { second_reads, second_applies },
				 { slow_begins, slow_ends }, { quick_lists, quick_removes } } },
	{ "mirror-and-rebuild",
		{ { first_reads, first_applies, first_reads, first_applies }, { rebuild_streams, rebuild_switches },
			{ slow_begins, slow_ends }, { quick_lists } } },
	{ "two-rebuilds", { { first_reads, first_applies },
				  { rebuild_streams, rebuild_switches, rebuild_streams, rebuild_switches },
				  { slow_begins, slow_ends }, { quick_lists } } },
	{ "all", { { first_reads, first_applies }, { second_reads, second_applies },
			 { rebuild_streams, rebuild_switches },
			 { slow_begins, quick_lists, slow_ends, quick_removes } } },
};

static unsigned
steps_of(const Step *steps)
{
	unsigned count = 0;

	while (count < STEPS && steps[count] != NULL)
		count++;
	return count;
}

/* In how many orders what each has left to do can be done. */
static uint64_t
count_orders(const unsigned left[static ACTORS])
{
	uint64_t orders = 1;

	for (unsigned actor = 0, all = 0; actor < ACTORS; actor++)
		for (unsigned step = 1; step <= left[actor]; step++)
			orders = orders * ++all / step;
	return orders;
}

/* The number-th order: whose turn it is follows from how many orders begin with each. */
static void
play(World *world, const Scene *scene, uint64_t number, GString *ret_text)
{
	unsigned left[ACTORS], done[ACTORS] = { 0 }, actor;

	for (actor = 0; actor < ACTORS; actor++)
		left[actor] = steps_of(scene->actors[actor]);
	while (left[0] + left[1] + left[2] + left[3] > 0) {
		for (actor = 0; actor < ACTORS; actor++) {
			if (left[actor] == 0)
				continue;
			left[actor]--;
			uint64_t orders = count_orders(left);

			if (number < orders)
				break;
			number -= orders;
			left[actor]++;
		}
		g_assert_cmpuint(actor, <, ACTORS);
		g_string_append_printf(ret_text, " %c%u", 'A' + (int)actor, done[actor]);
		scene->actors[actor][done[actor]++](world);
	}
}

static void
assert_equal(World *world, const char *order)
{
	static const char *const names[] = { "a", "b", "c" };
	static const Statement listed = { "order_listed", "select count(*) from blacklist where target = $1::text" };

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *target = g_strdup_printf("%s%u@order.example", names[i], world->round);
		g_autoptr(Params) params = params_new();
		g_autoptr(Listing) listing = NULL;

		params_add_text(params, target);
		g_autoptr(Rows) rows = database_ask(world->quick, &listed, params, NULL);
		CacheAnswer wanted = rows_number(rows, 0, 0) > 0 ? CACHE_LISTED : CACHE_NOT_LISTED;

		if (cache_check(world->fixture->cache, ONLY_NAME(target), "x.example", 0, &listing) == wanted)
			continue;
		g_autofree char *dump = mirror_dump(world->fixture->redis, world->fixture->store_settings.url, target);

		g_error("%s: Redis differs: %s", order, dump);
	}
}

static void
catch_up(World *world)
{
	g_autoptr(GError) error = NULL;

	mirror_catch_up(world->fixture->cache, world->fixture->blacklist, &error);
	g_assert_no_error(error);
}

static uint64_t
orders_wanted(void)
{
	const char *text = g_getenv("RETOUR_MIRROR_ORDERS");
	uint64_t wanted = text == NULL ? USUAL_ORDERS : g_ascii_strtoull(text, NULL, 10);

	return wanted == 0 ? UINT64_MAX : wanted;
}

static void
test_scene(const void *data)
{
	const Scene *scene = data;
	g_autoptr(Fixture) fixture = fixture_new();
	g_autoptr(GError) error = NULL;
	g_autoptr(Database) slow = database_open(fixture->store_settings.url, 0, &error);
	g_autoptr(Database) quick = database_open(fixture->store_settings.url, 0, &error);
	World world = { .fixture = fixture, .slow = slow, .quick = quick };
	unsigned left[ACTORS];

	g_assert_no_error(error);
	world.database_id = changes_database_id(fixture->blacklist, &error);
	g_assert_no_error(error);
	run_sql(quick, "delete from blacklist");
	for (unsigned actor = 0; actor < ACTORS; actor++)
		left[actor] = steps_of(scene->actors[actor]);
	uint64_t all = count_orders(left), played = MIN(all, orders_wanted());

	for (uint64_t i = 0; i < played; i++, world.round++) {
		g_autoptr(GString) order = g_string_new(scene->name);

		catch_up(&world);
		play(&world, scene, i * all / played, order);
		catch_up(&world);
		assert_equal(&world, order->str);
	}
	g_test_message("%s: %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT " orders", scene->name, played, all);
	g_free(world.database_id);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	int status = fixture_prepare();

	if (status != 0)
		return status;
	for (size_t i = 0; i < G_N_ELEMENTS(scenes); i++) {
		g_autofree char *path = g_strconcat("/mirror/order/", scenes[i].name, NULL);

		g_test_add_data_func(path, &scenes[i], test_scene);
	}
	return g_test_run();
}
