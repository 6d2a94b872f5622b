#ifndef RETOUR_TEXT_H
#define RETOUR_TEXT_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/*
 * Text that came from outside. PostgreSQL takes neither invalid UTF-8 nor NUL, and one bad byte would fail
 * a whole batch: all text is cleaned here, once, at the edge where it is read.
 */

/*
 * Valid UTF-8 without NUL and other control characters than tab and line feed; CRLF, CR CR LF and CR become LF; cut to at most
 * limit bytes at a character border. Owned by the caller.
 */
char *text_clean(const char *bytes, size_t size, size_t limit);

bool text_is_ascii(const char *bytes, size_t size);

/* Runs of white space become one blank, none at either end. In place; returns its argument. */
char *text_collapse(char *text);

/* Caseless in ASCII. Most texts differ in the first letter, which spares the call. */
static inline bool
text_begins(const char *text, const char *prefix)
{
	return (*text | 0x20) == (*prefix | 0x20) && g_ascii_strncasecmp(text, prefix, strlen(prefix)) == 0;
}

#endif
