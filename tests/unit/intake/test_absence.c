#include "absence.h"
#include "database.h"
#include "intake_fixture.h"

#define FRESH_MS 1500
#define LIMIT 1000000

static Absence *
start(Fixture *fixture, uint64_t limit)
{
	g_autoptr(GError) error = NULL;
	Absence *absence = absence_start(fixture->blacklist, limit, FRESH_MS, &error);

	g_assert_no_error(error);
	return absence;
}

/* Until it says so of that target. */
static void
await(Absence *absence, const char *target, bool sure)
{
	while (absence_is_sure(absence, target) != sure)
		g_usleep(5000);
}

/* Until a change that was made after all others has come. */
static void
await_turns(Fixture *fixture, Absence *absence)
{
	static unsigned number;
	g_autofree char *last = g_strdup_printf("last%u@absence.example", number++);

	await(absence, last, true);
	fixture_list(fixture, last, "*");
	await(absence, last, false);
	/* That may also have been the silence of one that is not current. */
	await(absence, "somebody@absence.example", true);
}

/* What was listed before and what is listed while it runs; domains, scopes, hashes; what is removed is only asked about. */
static void
test_follows(void)
{
	g_autoptr(Fixture) fixture = fixture_new();
	BlacklistChange removal = { .target = "early@absence.example", .actor = "test", .reason = "for the test" };
	bool removed;

	fixture_list(fixture, "early@absence.example", "*");
	fixture_list(fixture, "@gone-absence.example", "shop.example");
	Absence *absence = start(fixture, LIMIT);

	await(absence, "somebody@absence.example", true);
	g_assert_false(absence_is_sure(absence, "early@absence.example"));
	g_assert_false(absence_is_sure(absence, "anybody@gone-absence.example"));
	await(absence, "anybody@sub.gone-absence.example", true);
	await(absence, "hash:0123", true);
	fixture_list(fixture, "late@absence.example", "shop.example");
	await_turns(fixture, absence);
	g_assert_false(absence_is_sure(absence, "late@absence.example"));
	fixture_list(fixture, "@late-absence.example", "*");
	await_turns(fixture, absence);
	g_assert_false(absence_is_sure(absence, "anybody@late-absence.example"));
	await(absence, "somebody@absence.example", true);
	g_assert_true(blacklist_remove(fixture->blacklist, &removal, &removed, NULL));
	g_assert_false(absence_is_sure(absence, "early@absence.example"));
	absence_stop(absence);
}

/* The gate asks nobody about strangers, and gives the same answers about the others. */
static void
test_gate(void)
{
	g_autoptr(Fixture) fixture = fixture_new();
	GateCounters before, after;

	fixture_list(fixture, "gate@absence.example", "*");
	Absence *absence = start(fixture, LIMIT);

	gate_use_filter(fixture->gate, absence);
	await(absence, "stranger@absence.example", true);
	gate_counters(fixture->gate, &before);
	do {
		g_assert_cmpint(fixture_ask(fixture, "stranger@absence.example", "x.example"), ==, GATE_OPEN);
		gate_counters(fixture->gate, &after);
	} while (after.from_filter == before.from_filter);
	g_assert_cmpint(fixture_ask(fixture, "gate@absence.example", "x.example"), ==, GATE_CLOSED);
	gate_use_filter(fixture->gate, NULL);
	absence_stop(absence);
}

/* An open transaction holds changes back: it is not current then, and says nothing until they have come. */
static void
test_held_back(void)
{
	g_autoptr(Fixture) fixture = fixture_new();
	g_autoptr(GError) error = NULL;
	g_autoptr(Database) other = database_open(fixture->store_settings.url, 0, &error);
	Absence *absence = start(fixture, LIMIT);

	g_assert_no_error(error);
	await(absence, "somebody@absence.example", true);
	g_assert_true(database_run(other, "begin; select pg_current_xact_id()", &error));
	fixture_list(fixture, "held@absence.example", "*");
	await(absence, "somebody@absence.example", false);
	g_assert_false(absence_is_sure(absence, "held@absence.example"));
	g_assert_true(database_run(other, "rollback", &error));
	await(absence, "somebody@absence.example", true);
	g_assert_false(absence_is_sure(absence, "held@absence.example"));
	absence_stop(absence);
}

static void
test_too_long(void)
{
	g_autoptr(Fixture) fixture = fixture_new();

	fixture_list(fixture, "one@absence.example", "*");
	fixture_list(fixture, "two@absence.example", "*");
	Absence *absence = start(fixture, 1), *later = start(fixture, LIMIT);

	await(later, "somebody@absence.example", true);
	g_assert_false(absence_is_sure(absence, "somebody@absence.example"));
	absence_stop(later);
	absence_stop(absence);
}

/* Without news from PostgreSQL it falls silent, and comes back with it. */
static void
test_away(void)
{
	g_autoptr(Fixture) fixture = fixture_new();
	Absence *absence = start(fixture, LIMIT);

	await(absence, "somebody@absence.example", true);
	fixture_postgres("stop");
	await(absence, "somebody@absence.example", false);
	fixture_postgres("start");
	await(absence, "somebody@absence.example", true);
	absence_stop(absence);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	int status = fixture_prepare();

	if (status != 0)
		return status;
	g_test_add_func("/absence/follows", test_follows);
	g_test_add_func("/absence/gate", test_gate);
	g_test_add_func("/absence/held_back", test_held_back);
	g_test_add_func("/absence/too_long", test_too_long);
	g_test_add_func("/absence/away", test_away);
	return g_test_run();
}
