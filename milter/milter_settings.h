#ifndef RETOUR_MILTER_SETTINGS_H
#define RETOUR_MILTER_SETTINGS_H

#include "blocking.h"
#include "cache.h"
#include "listen_settings.h"
#include "lookup_settings.h"
#include "metrics_settings.h"
#include "rulebook.h"
#include "settings.h"
#include "stamping.h"
#include "store.h"

/* Section "milter" of retour.yaml, and the sections of the modules that a listener is wired from. */
typedef enum ListenerRole {
	ROLE_INBOUND,  /* smtpd_milters where bounces and complaints arrive */
	ROLE_INTERNAL, /* non_smtpd_milters: Postfix's own bounces, and what sendmail(1) submits */
	ROLE_OUTBOUND, /* smtpd_milters where our own mail is submitted */
} ListenerRole;

typedef enum AfterRecord {
	AFTER_RECORD_DISCARD,
	AFTER_RECORD_ACCEPT
} AfterRecord;

/* What comes to a return path of ours without a token of ours. */
typedef enum WithoutToken {
	WITHOUT_TOKEN_AUTO, /* accept until tokens have been made for as long as they live, then refuse */
	WITHOUT_TOKEN_REFUSE,
	WITHOUT_TOKEN_MARK,
	WITHOUT_TOKEN_ACCEPT
} WithoutToken;

typedef enum SenderRequirement {
	REQUIRE_ANY,
	REQUIRE_AUTHENTICATED
} SenderRequirement;

typedef struct ListenerSettings {
	char *name;
	int role; /* ListenerRole */
	ListenSettings listen;
	int64_t max_messages;       /* messages in work at once; more of ours are put off, other mail passes */
	int64_t session_timeout_ms; /* silence of the MTA after which its session is dropped */

	char **bounce_addresses, **feedback_addresses, **unsubscribe_addresses;
	char **trusted_authserv_ids, **trusted_received; /* inbound: see core/inbound.h, Border */
	int without_token;                               /* WithoutToken */
	int after_record;                                /* AfterRecord */
	char *result_header; /* name of a header added to reports that pass on; "" for none */

	Blocking blocking;
	int require; /* SenderRequirement */
	LookupSettings lookup;
	int64_t sent_buffer; /* recipients that wait to be written */
} ListenerSettings;

typedef struct MilterSettings {
	char *user, *group;   /* "" to stay what we are */
	int64_t drain_ms;     /* how long a stop waits for messages in work */
	GPtrArray *listeners; /* ListenerSettings *, in the order of the file; names are unique */
	StoreSettings store;
	CacheSettings cache;
	MetricsSettings metrics;
	RulebookSettings rules;
	Stamping *stamping;
	const YamlNode *listeners_node; /* while loading only */
} MilterSettings;

/* ERROR_CONFIG with file:line for whatever is wrong, also in the other sections. Rules are not loaded here. */
MilterSettings *milter_settings_load(const char *path, GError **error);
void milter_settings_free(MilterSettings *settings);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MilterSettings, milter_settings_free)

const ListenerSettings *milter_settings_find(const MilterSettings *settings, const char *name);
/* Would a running listener have to be started anew to obey the other settings? Names the first such key, else NULL. */
const char *listener_settings_fixed_change(const ListenerSettings *old, const ListenerSettings *new);

#endif
