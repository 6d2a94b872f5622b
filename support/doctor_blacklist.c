#include "doctor.h"

#include "erasure_keys.h"
#include "subaddress_rules.h"

static void
check_subaddressing(Doctor *doctor)
{
	g_autoptr(GError) error = NULL;
	Blacklist *blacklist = app_blacklist(doctor->app, &error);
	g_autoptr(Subaddressing) held = blacklist == NULL ? NULL : subaddress_rules_load(blacklist, &error);
	g_autoptr(Subaddressing) wanted = held == NULL ? NULL : app_subaddressing(doctor->app, &error);
	const char *domain;

	if (wanted == NULL)
		doctor_say(doctor, "sub-addressing", HEALTH_FAIL, "%s", error->message);
	else if (!subaddressing_folds_alike(held, wanted, &domain))
		doctor_say(doctor, "sub-addressing", HEALTH_WARN,
			"the database goes by other rules than this configuration (%s), and the database holds; run "
			"'retour blacklist rekey', or mend 'subaddressing' in section 'rules'",
			domain);
	else if (subaddressing_count(wanted) == 0)
		doctor_say(doctor, "sub-addressing", HEALTH_OK, "off: every spelling of an address stands for itself");
	else
		doctor_say(doctor, "sub-addressing", HEALTH_OK, "spellings are folded at %u domains, as configured",
			subaddressing_count(wanted));
}

static void
say_erasure(Doctor *doctor, const ErasureState *state)
{
	if (state->entries == 0)
		doctor_say(doctor, "erasure key", HEALTH_OK, "readable; no erased address is on the list");
	else if (state->keys == 0)
		doctor_say(doctor, "erasure key", HEALTH_WARN,
			"readable, but whether it is that of %" G_GUINT64_FORMAT
			" erased addresses on the list was not noted; see whether retour lookup finds one that you "
			"know",
			state->entries);
	else if (!state->known)
		doctor_say(doctor, "erasure key", HEALTH_FAIL,
			"another than the one of %" G_GUINT64_FORMAT
			" erased addresses on the list, who are not refused: put the old one back",
			state->entries);
	else if (state->keys > 1)
		doctor_say(doctor, "erasure key", HEALTH_WARN,
			"one of %u under which addresses were erased; those of the others are not refused",
			state->keys);
	else
		doctor_say(doctor, "erasure key", HEALTH_OK,
			"readable, and that of %" G_GUINT64_FORMAT " erased addresses on the list", state->entries);
}

static void
check_erasure(Doctor *doctor)
{
	g_autoptr(GError) error = NULL;
	const StoreSettings *settings = app_database(doctor->app, &error);
	Blacklist *blacklist = settings == NULL ? NULL : app_blacklist(doctor->app, &error);
	bool wanted = settings != NULL && *settings->erasure_key != '\0';
	const AddressHash *key = wanted && blacklist != NULL ? app_erasure_key(doctor->app, &error) : NULL;
	g_autofree char *mark = key == NULL ? NULL : address_hash_of(key, ERASURE_MARK);
	ErasureState state;

	if (error != NULL || !erasure_state_read(blacklist, mark, &state, &error))
		doctor_say(doctor, "erasure key",
			g_error_matches(error, RETOUR_ERROR, ERROR_RETRY) ? HEALTH_WARN : HEALTH_FAIL,
			"%s; it is the services' own: ask as their user", error->message);
	else if (wanted)
		say_erasure(doctor, &state);
	else if (state.entries > 0)
		doctor_say(doctor, "erasure key", HEALTH_FAIL,
			"none, but %" G_GUINT64_FORMAT
			" erased addresses are on the list, who are not refused: set 'erasure_key' in section "
			"'database'",
			state.entries);
}

void
doctor_check_blacklist(Doctor *doctor)
{
	check_subaddressing(doctor);
	check_erasure(doctor);
}
