#ifndef RETOUR_KEYRING_H
#define RETOUR_KEYRING_H

#include "errors.h"
#include "token.h"

#include <stdbool.h>
#include <sys/types.h>

/*
 * The signing keys: a YAML file that hosts share by copying it. Immutable. A new key signs only after a grace period, in
 * which the file reaches every host; a key that signs no more is accepted until it is retired, so whoever rotates loses no
 * bounce.
 */
typedef struct KeyRing KeyRing;

typedef enum KeyState {
	KEY_COMING,  /* accepted, does not sign yet */
	KEY_SIGNING, /* the newest whose time has come */
	KEY_OLD,     /* accepted, signs no more */
	KEY_RETIRED, /* refused; its secret is gone from the file */
} KeyState;

/* What may be shown of a key. Seconds since the epoch; retired_at: 0 when it is not. */
typedef struct KeyInfo {
	uint8_t id;
	int64_t created_at, signs_from, retired_at;
	KeyState state;
	int64_t signs_until; /* when the next one takes over; 0: not known yet */
} KeyInfo;

/*
 * ERROR_CONFIG with file:line; also for a file that others than owner and group may read, or more than the owner may write,
 * for it is not secret then. ERROR_RETRY: it cannot be read.
 */
KeyRing *keyring_load(const char *path, GError **error);
/* Wipes the secrets. NULL is fine. */
void keyring_free(KeyRing *ring);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KeyRing, keyring_free)

/* NULL: none signs at that time. Lives as long as the ring. */
const TokenKey *keyring_signer(const KeyRing *ring, int64_t now);
/* NULL: unknown or retired; *ret_retired tells which, may be NULL. */
const TokenKey *keyring_find(const KeyRing *ring, uint8_t id, bool *ret_retired);

size_t keyring_count(const KeyRing *ring);
/* In the order of the file, newest first. */
KeyInfo keyring_info(const KeyRing *ring, size_t index, int64_t now);
/* When the first key began to sign; 0: none ever did. */
int64_t keyring_signing_since(const KeyRing *ring, int64_t now);

/*
 * Changes of the file, which is replaced as a whole under a lock on "<path>.lock"; owner and mode stay as they are, and a
 * new file has mode 0600. ERROR_INPUT: there is no such key, or no id is free.
 */
/* The first key of a ring signs at once. *ret_id and *ret_signs_from are set on success. */
bool keyring_add(
	const char *path, int64_t now, int64_t grace_seconds, uint8_t *ret_id, int64_t *ret_signs_from, GError **error);
bool keyring_retire(const char *path, uint8_t id, int64_t now, GError **error);

#endif
