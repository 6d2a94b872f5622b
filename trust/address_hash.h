#ifndef RETOUR_ADDRESS_HASH_H
#define RETOUR_ADDRESS_HASH_H

#include "errors.h"

#include <glib.h>
#include <stdbool.h>

/*
 * What stays of an address that was erased: "hash:" and HMAC-SHA-256 in hex, under a key that is in no database and no backup
 * of one. The same address gives the same text on every host with the key, and without the key the text says nothing: an
 * unkeyed hash of an address is undone by trying addresses. Immutable, shared by threads.
 */
typedef struct AddressHash AddressHash;

/*
 * The file holds 64 hexadecimal digits (openssl rand -hex 32). ERROR_CONFIG: it does not, or everybody may read it;
 * ERROR_RETRY: it cannot be read.
 */
AddressHash *address_hash_load(const char *path, GError **error);
/* Wipes the key. NULL is fine. */
void address_hash_free(AddressHash *hash);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(AddressHash, address_hash_free)

/* address: a key (address.h). Owned by the caller. */
char *address_hash_of(const AddressHash *hash, const char *address);

#endif
