#include "fbl_settings.h"

#include "auth_border.h"
#include "data_dir.h"
#include "imap_stream.h"
#include "recipients_load.h"

#include <arpa/inet.h>
#include <string.h>

#define MILLISECONDS 1000
#define LEAVE "leave"

static const char *const tls_modes[] = { "implicit", "starttls", "none", NULL }; /* ImapTls */

static const char *const auths[] = { "password", "xoauth2", "oauthbearer", NULL }; /* MailboxAuth */

#define MEMBER(field) .offset = offsetof(MailboxSettings, field)

static const Setting mailbox_settings[] = {
	{ .key = "name", .type = SETTING_TEXT, MEMBER(name), .required = true },
	{ .key = "host", .type = SETTING_TEXT, MEMBER(host) },
	{ .key = "port", .type = SETTING_NUMBER, MEMBER(port), .fallback = "0", .low = 0, .high = 65535 },
	{ .key = "tls", .type = SETTING_CHOICE, MEMBER(tls), .fallback = "implicit", .choices = tls_modes },
	{ .key = "ca_file", .type = SETTING_TEXT, MEMBER(ca_file) },
	{ .key = "user", .type = SETTING_TEXT, MEMBER(user) },
	{ .key = "password_file", .type = SETTING_TEXT, MEMBER(password_file) },
	{ .key = "auth", .type = SETTING_CHOICE, MEMBER(auth), .fallback = "password", .choices = auths },
	{ .key = "oauth", .type = SETTING_NODE, MEMBER(oauth_node) },
	{ .key = "folders", .type = SETTING_TEXTS, MEMBER(folders), .fallback = "INBOX" },
	{ .key = "maildir", .type = SETTING_TEXT, MEMBER(maildir) },
	{ .key = "handled", .type = SETTING_TEXT, MEMBER(handled), .fallback = LEAVE },
	{ .key = "unreadable", .type = SETTING_TEXT, MEMBER(unreadable), .fallback = LEAVE },
	{ .key = "not_a_report", .type = SETTING_TEXT, MEMBER(not_a_report), .fallback = LEAVE },
	{ .key = "trusted_headers", .type = SETTING_TEXTS, MEMBER(trusted_headers) },
	{ .key = "unsubscribe_addresses", .type = SETTING_TEXTS, MEMBER(unsubscribe_addresses) },
	{ .key = "trusted_authserv_ids", .type = SETTING_TEXTS, MEMBER(trusted_authserv_ids) },
	{ .key = "trusted_received", .type = SETTING_TEXTS, MEMBER(trusted_received) },
	{ .key = "poll",
		.type = SETTING_DURATION,
		MEMBER(poll_ms),
		.fallback = "1m",
		.low = MILLISECONDS,
		.high = 24 * 3600 * MILLISECONDS },
	{ .key = "timeout",
		.type = SETTING_DURATION,
		MEMBER(timeout_ms),
		.fallback = "30s",
		.low = MILLISECONDS,
		.high = 600 * MILLISECONDS },
	{ .key = "tries", .type = SETTING_NUMBER, MEMBER(tries_max), .fallback = "5", .low = 3, .high = 1000 },
	{ .key = "idle", .type = SETTING_BOOL, MEMBER(idle), .fallback = "true" },
	{ 0 },
};

static const char *const imap_only[] = { "port", "tls", "ca_file", "user", "password_file", "auth", "oauth", "folders",
	"timeout", "idle" };
static const char *const headers[] = { "Return-Path", "Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To",
	"X-Delivered-To", "X-Gm-Original-To" };

static bool
check_maildir(const YamlNode *map, const MailboxSettings *mailbox, GError **error)
{
	if (!g_path_is_absolute(mailbox->maildir))
		return yaml_fail(yaml_get(map, "maildir"), error, "'%s' is no absolute path", mailbox->maildir);
	for (size_t i = 0; i < G_N_ELEMENTS(imap_only); i++)
		if (yaml_get(map, imap_only[i]) != NULL)
			return yaml_fail(
				yaml_get(map, imap_only[i]), error, "'%s' has no meaning for a Maildir", imap_only[i]);
	return true;
}

static bool
is_loopback(const char *host)
{
	struct in6_addr ipv6;
	struct in_addr ipv4;

	if (inet_pton(AF_INET, host, &ipv4) == 1)
		return ntohl(ipv4.s_addr) >> 24 == 127;
	if (inet_pton(AF_INET6, host, &ipv6) == 1)
		return IN6_IS_ADDR_LOOPBACK(&ipv6);
	return strcmp(host, "localhost") == 0;
}

static bool
check_imap(const YamlNode *map, MailboxSettings *mailbox, GError **error)
{
	if (*mailbox->user == '\0')
		return yaml_fail(map, error, "mailbox '%s' needs 'user'", mailbox->name);
	if (strpbrk(mailbox->host, "/@ #?%[]") != NULL)
		return yaml_fail(
			yaml_get(map, "host"), error, "'%s' is neither a host name nor an address", mailbox->host);
	if (mailbox->tls == IMAP_TLS_NONE && !is_loopback(mailbox->host))
		return yaml_fail(yaml_get(map, "tls"), error,
			"'tls: none' is for a loopback address: the password would pass in the clear");
	if (*mailbox->folders == NULL)
		return yaml_fail(yaml_get(map, "folders"), error, "'folders' is empty");
	if ((mailbox->auth == AUTH_PASSWORD) != (mailbox->oauth_node == NULL))
		return yaml_fail(map, error, "'oauth' goes with 'auth: xoauth2' or 'auth: oauthbearer'");
	if (mailbox->auth != AUTH_PASSWORD)
		return oauth_settings_read(mailbox->oauth_node, &mailbox->oauth, error);
	if (*mailbox->password_file == '\0' && strchr(mailbox->name, '/') != NULL)
		return yaml_fail(
			yaml_get(map, "name"), error, "'%s' cannot be the name of a credential", mailbox->name);
	return true;
}

/* A destination that is read as well would feed on itself. */
static bool
check_destination(const YamlNode *map, const char *key, const MailboxSettings *mailbox, char **value, GError **error)
{
	if (strcmp(*value, LEAVE) == 0)
		**value = '\0';
	if (*mailbox->host != '\0' && g_strv_contains((const char *const *)mailbox->folders, *value))
		return yaml_fail(yaml_get(map, key), error, "'%s' is one of the folders that are read", *value);
	if (*mailbox->host == '\0' && strpbrk(*value, "/") != NULL)
		return yaml_fail(yaml_get(map, key), error, "'%s' is no folder of a Maildir", *value);
	return true;
}

static bool
check_headers(const YamlNode *map, const MailboxSettings *mailbox, GError **error)
{
	for (size_t i = 0; mailbox->trusted_headers[i] != NULL; i++) {
		bool known = false;

		for (size_t k = 0; k < G_N_ELEMENTS(headers) && !known; k++)
			known = g_ascii_strcasecmp(headers[k], mailbox->trusted_headers[i]) == 0;
		if (!known)
			return yaml_fail(settings_place(map, "trusted_headers", i), error, "'%s' tells no envelope",
				mailbox->trusted_headers[i]);
	}
	return true;
}

/* Mail in a mailbox has come through hosts, and which of their lines are real must be known. */
static bool
check_border(const YamlNode *map, const MailboxSettings *mailbox, GError **error)
{
	if (*mailbox->trusted_authserv_ids != NULL && *mailbox->trusted_received == NULL)
		return yaml_fail(yaml_get(map, "trusted_authserv_ids"), error,
			"'trusted_authserv_ids' needs 'trusted_received', the hosts whose Received lines stand above");
	return auth_border_check(map, mailbox->trusted_authserv_ids, mailbox->trusted_received, error);
}

static bool
check_unsubscribe(const YamlNode *map, MailboxSettings *mailbox, GError **error)
{
	if (*mailbox->unsubscribe_addresses == NULL)
		return true;
	if (*mailbox->trusted_headers == NULL)
		return yaml_fail(yaml_get(map, "unsubscribe_addresses"), error,
			"'unsubscribe_addresses' needs 'trusted_headers', which tell to whom mail was addressed");
	mailbox->unsubscribe = recipients_new();
	return recipients_load(
		mailbox->unsubscribe, map, "unsubscribe_addresses", mailbox->unsubscribe_addresses, error);
}

static bool
check_name(const YamlNode *map, const GPtrArray *others, const MailboxSettings *mailbox, GError **error)
{
	if ((*mailbox->host == '\0') == (*mailbox->maildir == '\0'))
		return yaml_fail(map, error, "mailbox '%s' needs either 'host' or 'maildir'", mailbox->name);
	for (unsigned i = 0; i < others->len; i++)
		if (strcmp(((const MailboxSettings *)others->pdata[i])->name, mailbox->name) == 0)
			return yaml_fail(yaml_get(map, "name"), error, "there are two mailboxes '%s'", mailbox->name);
	return true;
}

static void
mailbox_settings_free(void *data)
{
	recipients_free(((MailboxSettings *)data)->unsubscribe);
	oauth_settings_clear(&((MailboxSettings *)data)->oauth);
	settings_clear(mailbox_settings, data);
	g_free(data);
}

static bool
check_mailbox(const YamlNode *map, const GPtrArray *others, MailboxSettings *mailbox, GError **error)
{
	static const int64_t ports[] = { 993, 143, 143 };

	if (mailbox->port == 0)
		mailbox->port = ports[mailbox->tls];
	settings_make_absolute(map, &mailbox->ca_file);
	settings_make_absolute(map, &mailbox->password_file);
	return check_name(map, others, mailbox, error)
	       && (*mailbox->host == '\0' ? check_maildir(map, mailbox, error) : check_imap(map, mailbox, error))
	       && check_destination(map, "handled", mailbox, &mailbox->handled, error)
	       && check_destination(map, "unreadable", mailbox, &mailbox->unreadable, error)
	       && check_destination(map, "not_a_report", mailbox, &mailbox->not_a_report, error)
	       && check_headers(map, mailbox, error) && check_unsubscribe(map, mailbox, error)
	       && check_border(map, mailbox, error);
}

static bool
read_mailboxes(GPtrArray *mailboxes, const YamlNode *root, GError **error)
{
	const YamlNode *list = yaml_get(root, "mailboxes");

	if (list == NULL)
		return yaml_fail(root, error, "section 'mailboxes' is missing");
	if (yaml_kind(list) != YAML_LIST || yaml_count(list) == 0)
		return yaml_fail(list, error, "'mailboxes' must be a list with at least one '- name: ...'");
	for (size_t i = 0; i < yaml_count(list); i++) {
		const YamlNode *map = yaml_item(list, i);
		MailboxSettings *mailbox = g_new0(MailboxSettings, 1);

		if (!settings_read(mailbox_settings, map, mailbox, error)
			|| !check_mailbox(map, mailboxes, mailbox, error)) {
			mailbox_settings_free(mailbox);
			return false;
		}
		mailbox->oauth_node = NULL;
		g_ptr_array_add(mailboxes, mailbox);
	}
	return true;
}

FblSettings *
fbl_settings_load(const char *path, GError **error)
{
	g_autoptr(FblSettings) settings = g_new0(FblSettings, 1);
	g_autoptr(YamlFile) file = settings_open(path, error);
	g_autofree char *shipped = data_dir();
	const YamlNode *root;

	settings->mailboxes = g_ptr_array_new_with_free_func(mailbox_settings_free);
	if (file == NULL)
		return NULL;
	root = yaml_file_root(file);
	if (!settings_read(store_settings, yaml_get(root, "database"), &settings->store, error)
		|| !cache_settings_read(yaml_get(root, "redis"), &settings->cache, error)
		|| !metrics_settings_read(yaml_get(root, "metrics"), &settings->metrics, error)
		|| !rulebook_settings_read(
			yaml_get(root, "rules"), yaml_get(root, "trust"), shipped, &settings->rules, error)
		|| !read_mailboxes(settings->mailboxes, root, error))
		return NULL;
	return g_steal_pointer(&settings);
}

void
fbl_settings_free(FblSettings *settings)
{
	if (settings == NULL)
		return;
	g_ptr_array_unref(settings->mailboxes);
	settings_clear(store_settings, &settings->store);
	settings_clear(cache_settings, &settings->cache);
	metrics_settings_clear(&settings->metrics);
	rulebook_settings_clear(&settings->rules);
	g_free(settings);
}

LetterTrust
mailbox_trust(const MailboxSettings *settings)
{
	return (LetterTrust){ .headers = (const char *const *)settings->trusted_headers,
		.unsubscribe = settings->unsubscribe,
		.border = { (const char *const *)settings->trusted_authserv_ids,
			(const char *const *)settings->trusted_received } };
}

char *
mailbox_password(const MailboxSettings *settings, GError **error)
{
	const char *credentials = g_getenv("CREDENTIALS_DIRECTORY");
	g_autofree char *path = NULL, *password = NULL;
	g_autoptr(GError) problem = NULL;

	if (*settings->password_file != '\0') {
		path = g_strdup(settings->password_file);
	} else if (credentials != NULL) {
		path = g_build_filename(credentials, settings->name, NULL);
	} else {
		g_set_error(error, RETOUR_ERROR, ERROR_CONFIG,
			"no password: neither 'password_file' nor a systemd credential '%s'", settings->name);
		return NULL;
	}
	if (!g_file_get_contents(path, &password, NULL, &problem)) {
		g_set_error(error, RETOUR_ERROR, ERROR_CONFIG, "%s", problem->message);
		return NULL;
	}
	password[strcspn(password, "\r\n")] = '\0';
	return g_steal_pointer(&password);
}
