#ifndef RETOUR_EXPIRY_H
#define RETOUR_EXPIRY_H

#include <stdbool.h>
#include <stdint.h>

/* "30d" or "12h" from now; "never" and NULL: NEVER_EXPIRES. False: neither. */
bool expiry_parse(const char *text, int64_t *ret_expires_at);

#endif
