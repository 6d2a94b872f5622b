#ifndef RETOUR_PROGRESS_H
#define RETOUR_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

/* A line on standard error that says how far long work is; on a terminal only, and not in the first second. */
typedef struct Progress {
	const char *what; /* "mails" */
	bool terminal;
	bool shown;
	int64_t begun, last; /* monotonic, microseconds */
	uint64_t at, total;  /* how far it is, for a percentage; set by the caller; total 0: nobody knows */
} Progress;

void progress_begin(Progress *progress, const char *what);
void progress_show(Progress *progress, uint64_t done);
/* Clears the line; to be called before anything else is printed. */
void progress_clear(Progress *progress);

#endif
