#ifndef RETOUR_PROGRAM_H
#define RETOUR_PROGRAM_H

#include "errors.h"

#include <stdbool.h>

/* A service as its main() states it. */
typedef struct Program {
	const char *name;    /* "retour-milter" */
	const char *summary; /* "- what it does", behind the usage line */
	/* Loads everything that can be wrong and frees it again. */
	bool (*check)(const char *settings_path, GError **error);
	/* Serves until it is told to stop, with the log open. Returns the exit code. */
	int (*run)(const char *settings_path);
} Program;

/* The whole of main(): the options that every service has, then check or run. Returns the exit code. */
int program_main(const Program *program, int argc, char **argv);

/* As --version has it; static. */
const char *program_version(void);

/* For a service that cannot start or go on: logs the error, returns the exit code that says whether to try again. */
int program_fail(const GError *error);

#endif
