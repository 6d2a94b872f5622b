#ifndef RETOUR_FBL_SETTINGS_H
#define RETOUR_FBL_SETTINGS_H

#include "cache.h"
#include "letter.h"
#include "metrics_settings.h"
#include "oauth.h"
#include "rulebook.h"
#include "settings.h"
#include "store.h"

typedef enum MailboxAuth {
	AUTH_PASSWORD,
	AUTH_XOAUTH2,     /* Microsoft, Google */
	AUTH_OAUTHBEARER, /* RFC 7628 */
} MailboxAuth;

/* Section "mailboxes" of retour.yaml, and the sections of the modules that the service is wired from. */
typedef struct MailboxSettings {
	char *name; /* unique; for the log, and of the systemd credential */
	char *host; /* "": a Maildir */
	int64_t port;
	int tls; /* ImapTls */
	char *ca_file;
	char *user, *password_file;
	int auth; /* MailboxAuth */
	OauthSettings oauth;
	const YamlNode *oauth_node; /* while loading only */
	char **folders;
	char *maildir;
	char *handled, *unreadable, *not_a_report; /* folder; "": left where it is */
	char **trusted_headers;
	char **unsubscribe_addresses;
	Recipients *unsubscribe;                         /* made of them; NULL without */
	char **trusted_authserv_ids, **trusted_received; /* see core/inbound.h, Border */
	int64_t poll_ms, timeout_ms;
	int64_t tries_max;
	bool idle;
} MailboxSettings;

typedef struct FblSettings {
	GPtrArray *mailboxes; /* MailboxSettings * */
	StoreSettings store;
	CacheSettings cache;
	MetricsSettings metrics;
	RulebookSettings rules;
} FblSettings;

/* ERROR_CONFIG with file:line for whatever is wrong, also in the other sections. Rules are not loaded here. */
FblSettings *fbl_settings_load(const char *path, GError **error);
void fbl_settings_free(FblSettings *settings);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FblSettings, fbl_settings_free)

LetterTrust mailbox_trust(const MailboxSettings *settings);
/* The password as it stands now, without line end: password_file, else the credential of that name. Owned by the caller. */
char *mailbox_password(const MailboxSettings *settings, GError **error);

#endif
