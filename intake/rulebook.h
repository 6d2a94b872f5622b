#ifndef RETOUR_RULEBOOK_H
#define RETOUR_RULEBOOK_H

#include "classifier.h"
#include "policy.h"
#include "providers.h"
#include "settings.h"

#include <stdatomic.h>

/*
 * Everything that judges, as one consistent set: providers, rules, policy. Immutable and counted: whoever judges holds
 * a reference, so a reload swaps the set under running messages. A set that does not load leaves the old one in place.
 */
typedef struct Rulebook {
	Providers *providers;
	Classifier *classifier;
	Policy *policy;
	atomic_uint references; /* rulebook.c's own */
} Rulebook;

typedef struct RulebookSettings {
	ClassifierSettings classifier;
	char *providers_file, *policy_file;
} RulebookSettings;

/* Section `rules` of retour.yaml. Freed with settings_clear(rulebook_settings, settings). */
extern const Setting rulebook_settings[];
/*
 * Paths come out relative to the file that names them; what it does not name is taken from the folder of the shipped
 * files (data_dir()). map: the section, or NULL when there is none.
 */
bool rulebook_settings_read(const YamlNode *map, const char *shipped, RulebookSettings *ret_settings, GError **error);

Rulebook *rulebook_load(const RulebookSettings *settings, GError **error);
Rulebook *rulebook_ref(Rulebook *book);
void rulebook_unref(Rulebook *book);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Rulebook, rulebook_unref)

#endif
