#ifndef RETOUR_STATUS_H
#define RETOUR_STATUS_H

#include <stdbool.h>
#include <stddef.h>

/* Enhanced status code, RFC 3463. All zero: absent. */
typedef struct Status {
	unsigned class;   /* 2, 4 or 5 */
	unsigned subject; /* 0..999 */
	unsigned detail;  /* 0..999 */
} Status;

#define STATUS_TEXT_SIZE sizeof("5.999.999")

bool status_is_set(Status status);
/* Exactly "5.1.1", with optional white space and a trailing comment (RFC 3464 allows "5.0.0 (permanent)"). */
bool status_parse(const char *text, Status *ret_status);
/* First enhanced code in running text; not inside an IP address, a version or a longer number. */
bool status_find(const char *text, Status *ret_status);
/* The same from a place within text on; returns where the code ends, NULL: none. */
const char *status_find_from(const char *text, const char *from, Status *ret_status);
/* "" when absent. */
void status_format(Status status, char buffer[static STATUS_TEXT_SIZE]);

/*
 * First three-digit SMTP reply code (200..599) that stands where a reply begins: at the start, after "said:", after a line
 * break, or before an enhanced code. 0: none.
 */
unsigned reply_code_find(const char *text);

#endif
