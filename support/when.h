#ifndef RETOUR_WHEN_H
#define RETOUR_WHEN_H

#include <stdint.h>

/* Times, seconds since the epoch; results are owned by the caller. */

/* "2026-11-23 18:26", local time; NEVER_EXPIRES: "until removed". */
char *when_text(int64_t at);
/* "2026-11-23T18:26:40Z"; NEVER_EXPIRES: NULL. */
char *when_json(int64_t at);

#endif
