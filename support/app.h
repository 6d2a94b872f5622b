#ifndef RETOUR_APP_H
#define RETOUR_APP_H

#include "address_hash.h"
#include "blacklist.h"
#include "cache.h"
#include "reputation.h"
#include "rulebook.h"
#include "settings.h"
#include "trust.h"

/*
 * What every command needs: the global options, the configuration behind them, and the services it names, each opened by the
 * first command that asks for it and owned by the app. On failure the complaint is returned, not printed.
 */
typedef struct App App;

App *app_new(void);
void app_free(App *app);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(App, app_free)

/* Adds --config and --json. */
void app_add_options(App *app, GOptionContext *context);
bool app_json(const App *app);

/* Path of the configuration: --config, else RETOUR_CONFIG, else the standard one, which need not exist. Borrowed. */
const char *app_config_path(App *app);
/* *ret_file NULL: nobody named a file and the standard one does not exist. Borrowed. */
bool app_config(App *app, const YamlFile **ret_file, GError **error);

/* The configuration's sections. Without a file the rules are the shipped ones, and database and Redis are errors. */
const RulebookSettings *app_rules(App *app, GError **error);
const StoreSettings *app_database(App *app, GError **error);
const CacheSettings *app_redis(App *app, GError **error);
const TrustSettings *app_trust(App *app, GError **error);
const ReputationSettings *app_reputation(App *app, GError **error);

/* Another section, by its table. */
bool app_section(App *app, const char *name, const Setting *table, void *target, GError **error);

Rulebook *app_rulebook(App *app, GError **error);
/*
 * The configured rules, or the same with other directories (NULL-terminated, empty for the configured ones), read anew. Without
 * the cache on disk: files in it are to be the service's own. Owned by the caller.
 */
Rulebook *app_check_rules(App *app, char **directories, GError **error);
/* The providers alone: rules take their time to load. */
const Providers *app_providers(App *app, GError **error);
/* The sub-addressing that the configuration wants. Owned by the caller. */
Subaddressing *app_subaddressing(App *app, GError **error);
Blacklist *app_blacklist(App *app, GError **error);
/* ERROR_CONFIG when no Redis is configured. */
Cache *app_cache(App *app, GError **error);

/* ERROR_CONFIG when none is configured. */
AddressHash *app_erasure_key(App *app, GError **error);
/*
 * The hashes that would stand for an address, in each of its spellings, on the blacklist: char *, owned by the caller. NULL when
 * no key is configured or readable, or it is no address.
 */
GPtrArray *app_erased(App *app, const char *address);

/* Prints the error and returns its exit code of sysexits.h. */
int app_fail(const GError *error);

/* Text for people, in the terminal's character set; what would steer a terminal does not pass. */
void app_say(const char *format, ...) G_GNUC_PRINTF(1, 2);
/* Ends a command: code, or EX_IOERR with a complaint when not all of its output could be written. */
int app_finish(int code);

#endif
