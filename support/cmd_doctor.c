#include "command.h"

#include "cells.h"
#include "doctor.h"
#include "json_line.h"
#include "migrate.h"
#include "mirror_state.h"

#include <sysexits.h>

static const char *const health_names[] = {
	[HEALTH_OK] = "OK",
	[HEALTH_WARN] = "WARN",
	[HEALTH_FAIL] = "FAIL",
};

void
doctor_say(Doctor *doctor, const char *subject, Health health, const char *format, ...)
{
	g_autoptr(GString) line = g_string_new(NULL);
	va_list arguments;

	va_start(arguments, format);
	g_autofree char *text = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	doctor->worst = MAX(doctor->worst, health);
	cells_append(line, text, 0, false);
	if (app_json(doctor->app)) {
		JsonObject *object = json_object_new();

		json_object_set_string_member(object, "subject", subject);
		json_object_set_string_member(object, "health", health_names[health]);
		json_object_set_string_member(object, "text", line->str);
		json_line_print(object);
	} else {
		app_say("%-5s %-20s %s\n", health_names[health], subject, line->str);
	}
}

static bool
check_config(Doctor *doctor)
{
	g_autoptr(GError) error = NULL;
	const char *path = app_config_path(doctor->app);
	const YamlFile *file;

	if (!app_config(doctor->app, &file, &error)) {
		doctor_say(doctor, "configuration", HEALTH_FAIL, "%s", error->message);
		return false;
	}
	if (file == NULL) {
		doctor_say(doctor, "configuration", HEALTH_FAIL,
			"%s does not exist; copy the shipped retour.yaml there and set its section 'database'", path);
		return false;
	}
	doctor_say(doctor, "configuration", HEALTH_OK, "%s", path);
	return true;
}

static void
check_rules(Doctor *doctor)
{
	g_autoptr(GError) error = NULL;
	const Rulebook *book = app_rulebook(doctor->app, &error);

	if (book == NULL)
		doctor_say(doctor, "rules", HEALTH_FAIL, "%s", error->message);
	else
		doctor_say(doctor, "rules", HEALTH_OK, "%zu rules, policy and providers loaded (rule set %.12s)",
			classifier_rule_count(book->classifier), classifier_hash(book->classifier));
}

static bool
check_database(Doctor *doctor)
{
	g_autoptr(GError) error = NULL;
	const StoreSettings *settings = app_database(doctor->app, &error);
	unsigned version, wanted;

	if (settings == NULL) {
		doctor_say(doctor, "database", HEALTH_FAIL, "%s", error->message);
		return false;
	}
	if (!migrate_status(settings->url, &version, &wanted, &error)) {
		doctor_say(doctor, "database", HEALTH_FAIL,
			"%s; is PostgreSQL running, and is 'url' in section 'database' right?", error->message);
		return false;
	}
	if (version < wanted) {
		doctor_say(doctor, "database", HEALTH_FAIL,
			"schema version %u, but %u is needed; run 'retour migrate' as the owner of the database",
			version, wanted);
		return false;
	}
	doctor_say(doctor, "database", HEALTH_OK, "reachable, schema version %u", version);
	return true;
}

static void
check_mirror(Doctor *doctor, Cache *cache)
{
	g_autoptr(GError) error = NULL;
	Blacklist *blacklist = app_blacklist(doctor->app, &error);
	MirrorState state;

	if (blacklist == NULL || !mirror_state_read(cache, blacklist, &state, &error))
		doctor_say(doctor, "redis", HEALTH_WARN,
			"%s; look-ups go to PostgreSQL meanwhile: is Redis running, and is 'address' in section "
			"'redis' right?",
			error->message);
	else
		doctor_say(doctor, "redis", state.usable && state.fresh ? HEALTH_OK : HEALTH_WARN, "%s",
			mirror_state_text(&state));
}

static void
check_redis(Doctor *doctor, bool database)
{
	g_autoptr(GError) error = NULL;
	const CacheSettings *settings = app_redis(doctor->app, &error);
	Cache *cache;

	if (settings == NULL) {
		doctor_say(doctor, "redis", HEALTH_FAIL, "%s", error->message);
		return;
	}
	if (!cache_settings_name_any(settings)) {
		doctor_say(doctor, "redis", HEALTH_OK, "none configured: look-ups go to PostgreSQL");
		return;
	}
	cache = app_cache(doctor->app, &error);
	if (cache == NULL)
		doctor_say(doctor, "redis", HEALTH_FAIL, "%s", error->message);
	else if (database)
		check_mirror(doctor, cache);
	else
		doctor_say(doctor, "redis", HEALTH_WARN, "not checked: the database comes first");
}

static int
run(App *app, const Command *self, char **words)
{
	Doctor doctor = { .app = app };

	if (!command_options(app, self, NULL, words))
		return EX_USAGE;
	if (words[1] != NULL)
		return command_misused("'%s' is one word too many", words[1]);
	bool configured = check_config(&doctor);
	if (configured || g_file_test(app_config_path(app), G_FILE_TEST_EXISTS) == FALSE)
		check_rules(&doctor);
	if (configured) {
		bool database = check_database(&doctor);

		check_redis(&doctor, database);
		if (database) {
			doctor_check_programmes(&doctor);
			doctor_check_watch(&doctor);
			doctor_check_blacklist(&doctor);
		}
		doctor_check_listeners(&doctor);
		doctor_check_trust(&doctor, database);
	}
	return app_finish(doctor.worst == HEALTH_FAIL ? EXIT_FAILURE : EXIT_SUCCESS);
}

const Command cmd_doctor = {
	.name = "doctor",
	.summary =
		"Check configuration, rules, database, Redis, feedback loops, listeners and proof, and say what to do",
	.description = "The exit code is 1 when something fails, else 0.",
	.run = run,
};
