#ifndef RETOUR_TRUST_H
#define RETOUR_TRUST_H

#include "keyring.h"
#include "settings.h"

/*
 * What signing and verifying go by: section `trust` of retour.yaml and the key ring that it names. Immutable; part of the
 * rule book, with which a reload swaps it.
 */
typedef struct TrustSettings {
	char *keys; /* path of the key ring; "": nothing is signed and no token verifies */
	int64_t lifetime_ms;
	char *prefix;             /* of the local part of a signed return path */
	char *unsubscribe_prefix; /* of that of a signed List-Unsubscribe address */
	char **enrolled;          /* feedback programmes (providers.yaml) whose proven reports act */
} TrustSettings;

extern const Setting trust_settings[]; /* for settings_clear() */
/* The path comes out relative to the file that names it. map: the section, or NULL when there is none. */
bool trust_settings_read(const YamlNode *map, TrustSettings *ret_settings, GError **error);

typedef struct Trust {
	KeyRing *ring; /* NULL: none is configured */
	int64_t lifetime_seconds;
	char *prefix, *unsubscribe_prefix;
	char **enrolled;
} Trust;

/* Errors as keyring_load(). */
Trust *trust_load(const TrustSettings *settings, GError **error);
void trust_free(Trust *trust); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Trust, trust_free)

#endif
