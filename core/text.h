#ifndef RETOUR_TEXT_H
#define RETOUR_TEXT_H

#include <stddef.h>

/*
 * Text that came from outside. PostgreSQL takes neither invalid UTF-8 nor NUL, and one bad byte would fail
 * a whole batch: all text is cleaned here, once, at the edge where it is read.
 */

/* Valid UTF-8 without NUL and other control characters than tab and line feed; CRLF, CR CR LF and CR become LF; cut to at most limit bytes at a character border. Owned by the caller. */
char *text_clean(const char *bytes, size_t size, size_t limit);

/* Runs of white space become one blank, none at either end. In place; returns its argument. */
char *text_collapse(char *text);

/* RFC 3461 section 4: "+2B" -> "+". Owned by the caller; NULL when it is not xtext. */
char *xtext_decode(const char *text);

#endif
