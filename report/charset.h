#ifndef RETOUR_CHARSET_H
#define RETOUR_CHARSET_H

#include <stddef.h>

/* Once per process, before the first thread: keeps the converters that mail needs most in memory. */
void charset_init(void);

/*
 * Bytes to clean UTF-8 (as text_clean() says) of at most limit bytes. charset is what the mail claims, NULL when nothing:
 * wrong names are mended, unknown ones ignored, and where the bytes contradict the claim the likelier set is taken.
 * Only sets of a fixed list reach iconv. Never fails: what cannot be read becomes U+FFFD. Owned by the caller.
 */
char *charset_to_utf8(const char *bytes, size_t size, const char *charset, size_t limit);

#endif
