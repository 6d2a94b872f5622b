#include "doctor.h"

#include "held.h"
#include "proof_state.h"

#define DAY 86400
#define KEY_DAYS 365 /* whoever has stolen a key, has it for no longer */
#define KEY_DAYS_LEFT 30

static const YamlNode *
section(const Doctor *doctor, const char *name)
{
	const YamlFile *file;

	return app_config(doctor->app, &file, NULL) && file != NULL ? yaml_get(yaml_file_root(file), name) : NULL;
}

/* Has any map of the list that key? */
static bool
any_has(const YamlNode *list, const char *key)
{
	for (size_t i = 0; list != NULL && yaml_kind(list) == YAML_LIST && i < yaml_count(list); i++)
		if (yaml_get(yaml_item(list, i), key) != NULL)
			return true;
	return false;
}

static void
check_signing_key(Doctor *doctor, const KeyRing *ring, int64_t now)
{
	for (size_t i = 0; i < keyring_count(ring); i++) {
		const KeyInfo key = keyring_info(ring, i, now);
		int days = (int)((now - key.signs_from) / DAY);

		if (key.state != KEY_SIGNING)
			continue;
		if (key.signs_until == 0 && days > KEY_DAYS - KEY_DAYS_LEFT)
			doctor_say(doctor, "key ring", HEALTH_WARN,
				"key %u has signed for %d days and none follows it; make the next one: retour token "
				"new-key",
				key.id, days);
		else
			doctor_say(doctor, "key ring", HEALTH_OK, "key %u signs, since %d days", key.id, days);
		return;
	}
	doctor_say(doctor, "key ring", HEALTH_FAIL, "no key signs; make one: retour token new-key");
}

/* Once all mail that may still come back has a token, what comes without one is no bounce of ours. */
static void
check_stamping(Doctor *doctor, const Trust *trust, int64_t now)
{
	int64_t since = keyring_signing_since(trust->ring, now);
	int days = (int)((now - since) / DAY), lifetime = (int)(trust->lifetime_seconds / DAY);

	if (section(doctor, "stamping") == NULL)
		doctor_say(doctor, "stamping", HEALTH_WARN,
			"off: mail leaves without tokens, so what comes back proves nothing by itself; add section "
			"'stamping'");
	else if (since != 0 && days > lifetime)
		doctor_say(doctor, "stamping", HEALTH_OK,
			"on for %d days, longer than a token lives: bounces without one can be refused "
			"('without_token: auto' does)",
			days);
	else
		doctor_say(doctor, "stamping", HEALTH_OK,
			"on; after %d days bounces without a token can be refused ('without_token: auto' will)",
			lifetime);
}

static void
check_keys(Doctor *doctor, const TrustSettings *settings)
{
	int64_t now = g_get_real_time() / G_USEC_PER_SEC;
	g_autoptr(GError) error = NULL;
	g_autoptr(Trust) trust = trust_load(settings, &error);

	if (trust == NULL)
		doctor_say(doctor, "key ring",
			g_error_matches(error, RETOUR_ERROR, ERROR_CONFIG) ? HEALTH_FAIL : HEALTH_WARN,
			"%s; it is the services' own: ask as their user", error->message);
	else if (trust->ring == NULL)
		doctor_say(doctor, "key ring", HEALTH_WARN,
			"none: a bounce is believed by its path and by recorded mail alone; make one (retour token "
			"new-key), name it as 'keys' in section 'trust', and add section 'stamping'");
	else
		check_signing_key(doctor, trust->ring, now);
	if (trust != NULL && trust->ring != NULL)
		check_stamping(doctor, trust, now);
}

static void
check_reporters(Doctor *doctor, const TrustSettings *settings)
{
	const YamlNode *milter = section(doctor, "milter");
	const YamlNode *listeners = milter == NULL ? NULL : yaml_get(milter, "listeners");
	bool believed = any_has(listeners, "trusted_authserv_ids")
			|| any_has(section(doctor, "mailboxes"), "trusted_authserv_ids");

	if (*settings->enrolled == NULL)
		doctor_say(doctor, "complaints", HEALTH_OK,
			"enrolled in no programme: only complaints with a token, or about recorded mail, act");
	else if (!believed)
		doctor_say(doctor, "complaints", HEALTH_WARN,
			"enrolled, but nobody's Authentication-Results are believed; name the verifying server in "
			"'trusted_authserv_ids' of the listener or mailbox");
	else
		doctor_say(doctor, "complaints", HEALTH_OK, "of %u programme%s act when their signature verified",
			g_strv_length(settings->enrolled), settings->enrolled[1] == NULL ? "" : "s");
}

static void
check_holds(Doctor *doctor)
{
	g_autoptr(GError) error = NULL;
	Blacklist *blacklist = app_blacklist(doctor->app, &error);
	g_autoptr(GPtrArray) holds = blacklist == NULL ? NULL : provider_holds(blacklist, &error);

	if (holds == NULL)
		doctor_say(doctor, "held entries", HEALTH_FAIL, "%s", error->message);
	for (guint i = 0; holds != NULL && i < holds->len; i++) {
		const ProviderHold *hold = g_ptr_array_index(holds, i);

		doctor_say(doctor, "held entries", HEALTH_WARN,
			"%s seems to be out of order, %" G_GUINT64_FORMAT
			" entries wait; see retour blacklist held, then release or confirm them",
			hold->provider, hold->waiting);
	}
}

static void
check_share(Doctor *doctor, const ProofShare *share)
{
	uint64_t percent = (share->events - share->verified) * 100 / share->events;

	if (percent < 50)
		return;
	doctor_say(doctor, "proof", HEALTH_WARN,
		"%" G_GUINT64_FORMAT "%% of %" G_GUINT64_FORMAT
		" events of %s in 7 days are unproven and list nobody; see some with retour lookup",
		percent, share->events, share->provider);
}

static void
check_shares(Doctor *doctor)
{
	g_autoptr(GError) error = NULL;
	Blacklist *blacklist = app_blacklist(doctor->app, &error);
	g_autoptr(GArray) shares = blacklist == NULL ? NULL : proof_shares(blacklist, &error);
	uint64_t not_kept;

	if (shares == NULL || !proof_not_kept(blacklist, &not_kept, &error)) {
		doctor_say(doctor, "proof", HEALTH_FAIL, "%s", error->message);
		return;
	}
	for (guint i = 0; i < shares->len; i++)
		check_share(doctor, &g_array_index(shares, ProofShare, i));
	if (not_kept > 0)
		doctor_say(doctor, "flood", HEALTH_WARN,
			"%" G_GUINT64_FORMAT " unproven events in 7 days were more than 'unverified_per_hour' keeps",
			not_kept);
}

void
doctor_check_trust(Doctor *doctor, bool database)
{
	g_autoptr(GError) error = NULL;
	TrustSettings settings;

	if (!trust_settings_read(section(doctor, "trust"), &settings, &error)) {
		doctor_say(doctor, "trust", HEALTH_FAIL, "%s", error->message);
		return;
	}
	check_keys(doctor, &settings);
	check_reporters(doctor, &settings);
	if (database) {
		check_shares(doctor);
		check_holds(doctor);
	}
	settings_clear(trust_settings, &settings);
}
