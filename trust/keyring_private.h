#ifndef RETOUR_KEYRING_PRIVATE_H
#define RETOUR_KEYRING_PRIVATE_H

#include "keyring.h"

/* Between keyring.c and the two files that read and write the ring. */
#define KEY_IDS 256

typedef struct KeyEntry {
	TokenKey key; /* without secret when it is retired */
	int64_t created_at, signs_from, retired_at;
} KeyEntry;

/* Of KeyEntry, in the order of the file; ids are unique. Errors as keyring_load(). */
GArray *key_entries_read(const char *path, GError **error);
/* Wipes them; NULL is fine. */
void key_entries_free(GArray *entries);

#endif
