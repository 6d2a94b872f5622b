#ifndef RETOUR_COMMAND_H
#define RETOUR_COMMAND_H

#include "app.h"

/*
 * One command of the program. Commands are const structs in tables, one file each; a group ("rules") has commands
 * of its own instead of a function.
 */
typedef struct Command {
	const char *name;
	const char *arguments;   /* for the usage line: "FILE..."; NULL: none */
	const char *summary;     /* one line, for the list of commands */
	const char *description; /* shown below the options by --help; NULL: none */
	/* words[0] is the command's name, then options and arguments; NULL-terminated. Returns an exit code of sysexits.h. */
	int (*run)(App *app, const struct Command *self, char **words);
	const struct Command *const *commands; /* of a group, NULL-terminated */
} Command;

extern const Command cmd_blacklist;
extern const Command blacklist_import_command, blacklist_export_command, blacklist_discard_command; /* of it */
extern const Command blacklist_rekey_command;                                                       /* of it */
extern const Command cmd_cache;
extern const Command cmd_classify;
extern const Command cmd_doctor;
extern const Command cmd_explain;
extern const Command cmd_export;
extern const Command cmd_forget;
extern const Command cmd_import;
extern const Command cmd_lookup;
extern const Command cmd_policy;
extern const Command policy_simulate; /* of it */
extern const Command cmd_maintain;
extern const Command cmd_migrate;
extern const Command cmd_provider;
extern const Command cmd_reputation;
extern const Command cmd_rules;
extern const Command cmd_token;
extern const Command rules_coverage;
extern const Command rules_reload;
extern const Command rules_suggest;

/*
 * Reads the command's own options (may be NULL) and the global ones, which may stand after the command too. What is left
 * of words, from words[1], are the arguments. --help prints and ends the program. False: the complaint is printed, return EX_USAGE.
 */
bool command_options(App *app, const Command *self, const GOptionEntry *entries, char **words);

/* Prints "... Try ... --help" and returns EX_USAGE. */
int command_misused(const char *format, ...) G_GNUC_PRINTF(1, 2);

/* Finds the command that words name and runs it. Words are consumed like GLib's own option parser does it: freed and moved up. */
int command_dispatch(App *app, const Command *group, char **words);

#endif
