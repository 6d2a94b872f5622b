#include "app.h"

#include "address.h"
#include "cells.h"
#include "data_dir.h"
#include "providers_load.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#define STANDARD_CONFIG RETOUR_SYSCONFDIR "/retour.yaml"
/* People wait longer than a mail at RCPT may. */
#define DATABASE_TIMEOUT_MS 30000

struct App {
	char *config_option;
	gboolean json;

	YamlFile *config;
	bool rules_read, database_read, redis_read, trust_read, reputation_read;
	RulebookSettings rules;
	StoreSettings database;
	CacheSettings redis;
	TrustSettings trust;
	ReputationSettings reputation;

	Rulebook *rulebook;
	Providers *providers;
	Blacklist *blacklist;
	Cache *cache;
	AddressHash *erasure_key;
};

App *
app_new(void)
{
	return g_new0(App, 1);
}

void
app_free(App *app)
{
	if (app == NULL)
		return;
	if (app->rulebook != NULL)
		rulebook_unref(app->rulebook);
	if (app->blacklist != NULL)
		blacklist_close(app->blacklist);
	if (app->cache != NULL)
		cache_close(app->cache);
	rulebook_settings_clear(&app->rules);
	address_hash_free(app->erasure_key);
	settings_clear(store_settings, &app->database);
	settings_clear(cache_settings, &app->redis);
	settings_clear(trust_settings, &app->trust);
	settings_clear(reputation_settings, &app->reputation);
	providers_free(app->providers);
	yaml_file_free(app->config);
	g_free(app->config_option);
	g_free(app);
}

void
app_add_options(App *app, GOptionContext *context)
{
	const GOptionEntry entries[] = {
		{ "config", 'c', 0, G_OPTION_ARG_FILENAME, &app->config_option,
			"Settings to use instead of " STANDARD_CONFIG, "FILE" },
		{ "json", 0, 0, G_OPTION_ARG_NONE, &app->json, "Print one JSON object per line", NULL },
		{ 0 },
	};

	g_option_context_add_main_entries(context, entries, NULL);
}

bool
app_json(const App *app)
{
	return app->json;
}

static const char *
named_config(const App *app)
{
	const char *from_environment = g_getenv("RETOUR_CONFIG");

	if (app->config_option != NULL)
		return app->config_option;
	return from_environment != NULL && *from_environment != '\0' ? from_environment : NULL;
}

const char *
app_config_path(App *app)
{
	const char *named = named_config(app);

	return named == NULL ? STANDARD_CONFIG : named;
}

bool
app_config(App *app, const YamlFile **ret_file, GError **error)
{
	if (app->config == NULL && (named_config(app) != NULL || g_file_test(STANDARD_CONFIG, G_FILE_TEST_EXISTS))) {
		app->config = settings_open(app_config_path(app), error);
		if (app->config == NULL)
			return false;
	}
	*ret_file = app->config;
	return true;
}

/* Services have no sensible place but the configured one. */
static bool
section(App *app, const char *name, const YamlNode **ret_map, GError **error)
{
	const YamlFile *file;

	if (!app_config(app, &file, error))
		return false;
	if (file == NULL) {
		g_set_error(error, RETOUR_ERROR, ERROR_CONFIG,
			"%s does not exist, and this command needs its section '%s': write it, or name another with "
			"--config",
			STANDARD_CONFIG, name);
		return false;
	}
	*ret_map = yaml_get(yaml_file_root(file), name);
	return true;
}

bool
app_section(App *app, const char *name, const Setting *table, void *target, GError **error)
{
	const YamlNode *map;

	return section(app, name, &map, error) && settings_read(table, map, target, error);
}

const StoreSettings *
app_database(App *app, GError **error)
{
	const YamlNode *map;

	if (!app->database_read) {
		if (!section(app, "database", &map, error)
			|| !settings_read(store_settings, map, &app->database, error))
			return NULL;
		app->database_read = true;
	}
	return &app->database;
}

const CacheSettings *
app_redis(App *app, GError **error)
{
	const YamlNode *map;

	if (!app->redis_read) {
		if (!section(app, "redis", &map, error) || !cache_settings_read(map, &app->redis, error))
			return NULL;
		app->redis_read = true;
	}
	return &app->redis;
}

const TrustSettings *
app_trust(App *app, GError **error)
{
	const YamlNode *map;

	if (!app->trust_read) {
		if (!section(app, "trust", &map, error) || !trust_settings_read(map, &app->trust, error))
			return NULL;
		app->trust_read = true;
	}
	return &app->trust;
}

const ReputationSettings *
app_reputation(App *app, GError **error)
{
	const YamlNode *map;

	if (!app->reputation_read) {
		if (!section(app, "reputation", &map, error) || !reputation_settings_read(map, &app->reputation, error))
			return NULL;
		app->reputation_read = true;
	}
	return &app->reputation;
}

/* Where the settings name no folder for compiled patterns, a person's own, as XDG has it. */
static void
default_cache_dir(char **dir)
{
	if (**dir != '\0')
		return;
	g_free(*dir);
	*dir = g_build_filename(g_get_user_cache_dir(), "retour", NULL);
	g_mkdir_with_parents(*dir, 0700); /* or each start compiles */
}

const RulebookSettings *
app_rules(App *app, GError **error)
{
	const YamlFile *file;
	const YamlNode *map, *trust;

	if (!app->rules_read) {
		g_autofree char *shipped = data_dir();

		if (!app_config(app, &file, error))
			return NULL;
		map = file == NULL ? NULL : yaml_get(yaml_file_root(file), "rules");
		trust = file == NULL ? NULL : yaml_get(yaml_file_root(file), "trust");
		if (!rulebook_settings_read(map, trust, shipped, &app->rules, error))
			return NULL;
		default_cache_dir(&app->rules.classifier.cache_dir);
		/* The keys are the services' own: who may not read them judges without. */
		if (access(app->rules.trust.keys, R_OK) != 0)
			*app->rules.trust.keys = '\0';
		app->rules_read = true;
	}
	return &app->rules;
}

Rulebook *
app_check_rules(App *app, char **directories, GError **error)
{
	const RulebookSettings *settings = app_rules(app, error);
	RulebookSettings checked;

	if (settings == NULL)
		return NULL;
	checked = *settings;
	checked.classifier.cache_dir = (char[]){ "" };
	if (*directories != NULL)
		checked.classifier.rule_dirs = directories;
	return rulebook_load(&checked, error);
}

Rulebook *
app_rulebook(App *app, GError **error)
{
	if (app->rulebook == NULL) {
		const RulebookSettings *settings = app_rules(app, error);

		app->rulebook = settings == NULL ? NULL : rulebook_load(settings, error);
	}
	return app->rulebook;
}

const Providers *
app_providers(App *app, GError **error)
{
	if (app->rulebook != NULL)
		return app->rulebook->providers;
	if (app->providers == NULL) {
		const RulebookSettings *settings = app_rules(app, error);

		app->providers = settings == NULL ? NULL : providers_load(settings->providers_file, error);
	}
	return app->providers;
}

Subaddressing *
app_subaddressing(App *app, GError **error)
{
	const RulebookSettings *settings = app_rules(app, error);
	const Providers *providers = settings == NULL ? NULL : app_providers(app, error);

	return providers == NULL ? NULL : rulebook_subaddressing(settings, providers, error);
}

Blacklist *
app_blacklist(App *app, GError **error)
{
	if (app->blacklist == NULL) {
		const StoreSettings *settings = app_database(app, error);

		app->blacklist = settings == NULL ? NULL : blacklist_open(settings, 1, DATABASE_TIMEOUT_MS, error);
	}
	return app->blacklist;
}

Cache *
app_cache(App *app, GError **error)
{
	if (app->cache == NULL) {
		const CacheSettings *settings = app_redis(app, error);

		if (settings != NULL && !cache_settings_name_any(settings)) {
			g_set_error(error, RETOUR_ERROR, ERROR_CONFIG,
				"%s: no Redis is configured: set 'address' in its section 'redis'",
				app_config_path(app));
			return NULL;
		}
		app->cache = settings == NULL ? NULL : cache_open(settings, error);
	}
	return app->cache;
}

AddressHash *
app_erasure_key(App *app, GError **error)
{
	if (app->erasure_key == NULL) {
		const StoreSettings *settings = app_database(app, error);

		if (settings == NULL)
			return NULL;
		if (*settings->erasure_key == '\0') {
			g_set_error(error, RETOUR_ERROR, ERROR_CONFIG,
				"%s: set 'erasure_key' in its section 'database': what is erased stays listed under "
				"that key",
				app_config_path(app));
			return NULL;
		}
		app->erasure_key = address_hash_load(settings->erasure_key, error);
	}
	return app->erasure_key;
}

GPtrArray *
app_erased(App *app, const char *address)
{
	g_autofree char *key = address_key(address);
	const AddressHash *erasure = key == NULL ? NULL : app_erasure_key(app, NULL);
	Blacklist *blacklist = erasure == NULL ? NULL : app_blacklist(app, NULL);
	g_autoptr(Subaddressing) rules = NULL;
	char *names[SUBADDRESS_NAMES - 1];
	GPtrArray *hashes;

	if (blacklist == NULL || !blacklist_subaddressing(blacklist, 0, &rules))
		return NULL;
	hashes = g_ptr_array_new_with_free_func(g_free);
	g_ptr_array_add(hashes, address_hash_of(erasure, key));
	for (unsigned i = subaddressing_others(rules, key, names); i > 0; g_free(names[--i]))
		g_ptr_array_add(hashes, address_hash_of(erasure, names[i - 1]));
	return hashes;
}

int
app_fail(const GError *error)
{
	g_printerr("%s: %s\n", g_get_prgname(), error->message);
	if (g_error_matches(error, RETOUR_ERROR, ERROR_CONFIG))
		return EX_CONFIG;
	if (g_error_matches(error, RETOUR_ERROR, ERROR_RETRY))
		return EX_TEMPFAIL;
	return EX_DATAERR;
}

void
app_say(const char *format, ...)
{
	g_autoptr(GString) out = g_string_new(NULL);
	va_list arguments;

	va_start(arguments, format);
	g_autofree char *text = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	for (const char *line = text, *end; *line != '\0'; line = end) {
		g_autofree char *bare = g_strndup(line, strcspn(line, "\n"));

		cells_append(out, bare, 0, false);
		end = line + strlen(bare);
		if (*end == '\n')
			g_string_append_c(out, *end++);
	}
	g_print("%s", out->str);
}

int
app_finish(int code)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return code;
	g_printerr("%s: the output could not be written: %s\n", g_get_prgname(), g_strerror(errno));
	return EX_IOERR;
}
