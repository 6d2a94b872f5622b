#ifndef RETOUR_RULEBOOK_H
#define RETOUR_RULEBOOK_H

#include "classifier.h"
#include "policy.h"
#include "providers.h"
#include "settings.h"
#include "trust.h"

#include <stdatomic.h>

/*
 * Everything that judges, as one consistent set: providers, rules, policy, and whom we trust. Immutable and counted: whoever
 * judges holds a reference, so a reload swaps the set under running messages. A set that does not load leaves the old one in
 * place.
 */
typedef struct Rulebook {
	Providers *providers;
	Classifier *classifier;
	Policy *policy;
	Trust *trust;
	Subaddressing *subaddressing; /* that is configured; what holds is in the database */
	atomic_uint references;       /* rulebook.c's own */
} Rulebook;

typedef struct RulebookSettings {
	ClassifierSettings classifier;
	char *providers_file, *policy_file;
	char **subaddressing; /* names of providers */
	TrustSettings trust;
} RulebookSettings;

/*
 * Sections `rules` and `trust` of retour.yaml; NULL where there is none. Paths come out relative to the file that names
 * them; rules that it does not name are taken from the folder of the shipped files (data_dir()).
 */
bool rulebook_settings_read(const YamlNode *rules, const YamlNode *trust, const char *shipped,
	RulebookSettings *ret_settings, GError **error);
void rulebook_settings_clear(RulebookSettings *settings);

/* Owned by the caller. ERROR_CONFIG: of one of them it is not known how it spells. */
Subaddressing *rulebook_subaddressing(const RulebookSettings *settings, const Providers *providers, GError **error);

Rulebook *rulebook_load(const RulebookSettings *settings, GError **error);
Rulebook *rulebook_ref(Rulebook *book);
void rulebook_unref(Rulebook *book);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Rulebook, rulebook_unref)

#endif
