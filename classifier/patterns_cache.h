#ifndef RETOUR_PATTERNS_CACHE_H
#define RETOUR_PATTERNS_CACHE_H

#include <glib.h>

/*
 * Compiled databases on disk, one file per key. A file that is cut, damaged, of another key, or that others than this user
 * and root can have written is as good as absent; one that cannot be written costs the next start its compilation, no more.
 * Files not written for a month are removed.
 */
GBytes *patterns_cache_read(const char *folder, const char *key); /* NULL: none */
void patterns_cache_write(const char *folder, const char *key, const char *bytes, size_t size);

#endif
