#include "milter_settings.h"

#include "auth_border.h"
#include "data_dir.h"
#include "recipients_load.h"

#include <grp.h>
#include <pwd.h>
#include <string.h>

#define MILLISECONDS 1000

static const char *const roles[] = { "inbound", "internal", "outbound", NULL };
static const char *const after_records[] = { "discard", "accept", NULL };
static const char *const without_tokens[] = { "auto", "refuse", "mark", "accept", NULL };
static const char *const requirements[] = { "any", "authenticated", NULL };

#define MEMBER(field) .offset = offsetof(ListenerSettings, field)

static const Setting listener_settings[] = {
	{ .key = "name", .type = SETTING_TEXT, MEMBER(name), .required = true },
	{ .key = "role", .type = SETTING_CHOICE, MEMBER(role), .required = true, .choices = roles },
	LISTEN_SETTINGS(offsetof(ListenerSettings, listen)),
	{ .key = "max_messages",
		.type = SETTING_NUMBER,
		MEMBER(max_messages),
		.fallback = "200",
		.low = 1,
		.high = 100000 },
	{ .key = "session_timeout",
		.type = SETTING_DURATION,
		MEMBER(session_timeout_ms),
		.fallback = "65m",
		.low = 10 * MILLISECONDS,
		.high = 24 * 3600 * MILLISECONDS },
	{ .key = "bounce_addresses", .type = SETTING_TEXTS, MEMBER(bounce_addresses) },
	{ .key = "feedback_addresses", .type = SETTING_TEXTS, MEMBER(feedback_addresses) },
	{ .key = "unsubscribe_addresses", .type = SETTING_TEXTS, MEMBER(unsubscribe_addresses) },
	{ .key = "trusted_authserv_ids", .type = SETTING_TEXTS, MEMBER(trusted_authserv_ids) },
	{ .key = "trusted_received", .type = SETTING_TEXTS, MEMBER(trusted_received) },
	{ .key = "without_token",
		.type = SETTING_CHOICE,
		MEMBER(without_token),
		.fallback = "auto",
		.choices = without_tokens },
	{ .key = "after_record",
		.type = SETTING_CHOICE,
		MEMBER(after_record),
		.fallback = "discard",
		.choices = after_records },
	{ .key = "result_header", .type = SETTING_TEXT, MEMBER(result_header) },
	BLOCKING_SETTINGS(offsetof(ListenerSettings, blocking)),
	{ .key = "require", .type = SETTING_CHOICE, MEMBER(require), .fallback = "any", .choices = requirements },
	LOOKUP_SETTINGS(offsetof(ListenerSettings, lookup)),
	{ .key = "sent_buffer",
		.type = SETTING_NUMBER,
		MEMBER(sent_buffer),
		.fallback = "50000",
		.low = 1,
		.high = 10000000 },
	{ 0 },
};

#undef MEMBER
#define MEMBER(field) .offset = offsetof(MilterSettings, field)

static const Setting milter_settings[] = {
	{ .key = "user", .type = SETTING_TEXT, MEMBER(user) },
	{ .key = "group", .type = SETTING_TEXT, MEMBER(group) },
	{ .key = "drain",
		.type = SETTING_DURATION,
		MEMBER(drain_ms),
		.fallback = "30s",
		.low = 0,
		.high = 600 * MILLISECONDS },
	{ .key = "listeners", .type = SETTING_NODE, MEMBER(listeners_node), .required = true },
	{ 0 },
};

/* Keys that mean nothing to a role are refused there: a setting that has no effect is a mistake somebody will look for. */
static const char *const inbound_only[] = { "bounce_addresses", "feedback_addresses", "unsubscribe_addresses",
	"after_record", "result_header", "trusted_authserv_ids", "trusted_received", "without_token" };
static const char *const smtp_only[] = { "without_token" };
static const char *const outbound_only[] = { "mode", "exceptions", "mark_header", "when_unavailable", "support",
	"require", "lookup_connections", "lookup_timeout", "lookup_filter", "sent_buffer" };

static bool
refuse_keys(const YamlNode *map, const char *const *keys, size_t count, const char *role, GError **error)
{
	for (size_t i = 0; i < count; i++) {
		const YamlNode *node = yaml_get(map, keys[i]);

		if (node != NULL)
			return yaml_fail(node, error, "'%s' has no meaning for the role %s", keys[i], role);
	}
	return true;
}

static bool
check_role(const YamlNode *map, const ListenerSettings *listener, GError **error)
{
	const char *role = roles[listener->role];

	switch ((ListenerRole)listener->role) {
	case ROLE_INBOUND:
		if (*listener->bounce_addresses == NULL && *listener->feedback_addresses == NULL
			&& *listener->unsubscribe_addresses == NULL)
			return yaml_fail(map, error,
				"listener '%s' needs 'bounce_addresses', 'feedback_addresses' or "
				"'unsubscribe_addresses', or no mail is ever for it",
				listener->name);
		return refuse_keys(map, outbound_only, G_N_ELEMENTS(outbound_only), role, error);
	case ROLE_INTERNAL:
		/* Our own MTA's bounces are believed for the way they take. */
		return refuse_keys(map, smtp_only, G_N_ELEMENTS(smtp_only), role, error)
		       && refuse_keys(map, outbound_only, G_N_ELEMENTS(outbound_only), role, error);
	case ROLE_OUTBOUND:
		return refuse_keys(map, inbound_only, G_N_ELEMENTS(inbound_only), role, error);
	}
	return true;
}

static bool
check_addresses(const YamlNode *map, const char *key, char **patterns, GError **error)
{
	g_autoptr(Recipients) trial = recipients_new();

	return recipients_load(trial, map, key, patterns, error);
}

static bool
check_header_name(const YamlNode *map, const char *name, GError **error)
{
	for (const char *at = name; *at != '\0'; at++)
		if (!g_ascii_isalnum(*at) && *at != '-')
			return yaml_fail(yaml_get(map, "result_header"), error, "'%s' is no header name", name);
	return true;
}

static bool
check_unique(const YamlNode *map, const GPtrArray *others, const ListenerSettings *listener, GError **error)
{
	for (unsigned i = 0; i < others->len; i++) {
		const ListenerSettings *other = others->pdata[i];

		if (!listen_settings_check_differ(
			    map, listener->name, &listener->listen, other->name, &other->listen, error))
			return false;
	}
	return true;
}

static void
listener_settings_free(void *data)
{
	ListenerSettings *listener = data;

	blocking_clear(&listener->blocking);
	settings_clear(listener_settings, listener);
	g_free(listener);
}

static bool
read_listener(MilterSettings *settings, const YamlNode *map, GError **error)
{
	ListenerSettings *listener = g_new0(ListenerSettings, 1);
	bool ok = settings_read(listener_settings, map, listener, error) && check_role(map, listener, error)
		  && blocking_read(map, &listener->blocking, error)
		  && listen_settings_check(map, &listener->listen, error)
		  && check_addresses(map, "bounce_addresses", listener->bounce_addresses, error)
		  && check_addresses(map, "feedback_addresses", listener->feedback_addresses, error)
		  && check_addresses(map, "unsubscribe_addresses", listener->unsubscribe_addresses, error)
		  && auth_border_check(map, listener->trusted_authserv_ids, listener->trusted_received, error)
		  && check_header_name(map, listener->result_header, error)
		  && check_unique(map, settings->listeners, listener, error);

	if (ok)
		g_ptr_array_add(settings->listeners, listener);
	else
		listener_settings_free(listener);
	return ok;
}

static bool
read_listeners(MilterSettings *settings, GError **error)
{
	const YamlNode *list = settings->listeners_node;

	if (yaml_kind(list) != YAML_LIST || yaml_count(list) == 0)
		return yaml_fail(list, error, "'listeners' must be a list with at least one '- name: ...'");
	for (size_t i = 0; i < yaml_count(list); i++)
		if (!read_listener(settings, yaml_item(list, i), error))
			return false;
	return true;
}

static bool
check_identity(const YamlNode *map, const MilterSettings *settings, GError **error)
{
	if (*settings->user != '\0' && getpwnam(settings->user) == NULL)
		return yaml_fail(yaml_get(map, "user"), error, "there is no user '%s'", settings->user);
	if (*settings->group != '\0' && getgrnam(settings->group) == NULL)
		return yaml_fail(yaml_get(map, "group"), error, "there is no group '%s'", settings->group);
	return true;
}

static bool
read_milter(MilterSettings *settings, const YamlNode *root, GError **error)
{
	const YamlNode *map = yaml_get(root, "milter");

	if (map == NULL)
		return yaml_fail(root, error, "section 'milter' is missing");
	return settings_read(milter_settings, map, settings, error) && check_identity(map, settings, error)
	       && read_listeners(settings, error);
}

/* Mail cannot be signed without a key; said here and not by a listener that stamps nothing. */
static bool
read_stamping(MilterSettings *settings, const YamlNode *root, GError **error)
{
	const YamlNode *map = yaml_get(root, "stamping");

	settings->stamping = stamping_read(map, error);
	if (settings->stamping == NULL)
		return false;
	return *settings->rules.trust.keys != '\0' || !stamping_is_on(settings->stamping)
	       || yaml_fail(map, error,
		       "'stamping' needs a key ring: 'keys' in section 'trust', made by retour token new-key");
}

MilterSettings *
milter_settings_load(const char *path, GError **error)
{
	g_autoptr(MilterSettings) settings = g_new0(MilterSettings, 1);
	g_autoptr(YamlFile) file = settings_open(path, error);
	g_autofree char *shipped = data_dir();
	const YamlNode *root;

	settings->listeners = g_ptr_array_new_with_free_func(listener_settings_free);
	if (file == NULL)
		return NULL;
	root = yaml_file_root(file);
	if (!settings_read(store_settings, yaml_get(root, "database"), &settings->store, error)
		|| !cache_settings_read(yaml_get(root, "redis"), &settings->cache, error)
		|| !metrics_settings_read(yaml_get(root, "metrics"), &settings->metrics, error)
		|| !rulebook_settings_read(
			yaml_get(root, "rules"), yaml_get(root, "trust"), shipped, &settings->rules, error)
		|| !read_stamping(settings, root, error) || !read_milter(settings, root, error))
		return NULL;
	settings->listeners_node = NULL;
	return g_steal_pointer(&settings);
}

void
milter_settings_free(MilterSettings *settings)
{
	if (settings == NULL)
		return;
	g_ptr_array_unref(settings->listeners);
	settings_clear(milter_settings, settings);
	settings_clear(store_settings, &settings->store);
	settings_clear(cache_settings, &settings->cache);
	metrics_settings_clear(&settings->metrics);
	rulebook_settings_clear(&settings->rules);
	stamping_free(settings->stamping);
	g_free(settings);
}

const ListenerSettings *
milter_settings_find(const MilterSettings *settings, const char *name)
{
	for (unsigned i = 0; i < settings->listeners->len; i++) {
		const ListenerSettings *listener = settings->listeners->pdata[i];

		if (strcmp(listener->name, name) == 0)
			return listener;
	}
	return NULL;
}

const char *
listener_settings_fixed_change(const ListenerSettings *old, const ListenerSettings *new)
{
	const char *listen = listen_settings_change(&old->listen, &new->listen);

	if (old->role != new->role)
		return "role";
	if (listen != NULL)
		return listen;
	if (old->session_timeout_ms != new->session_timeout_ms)
		return "session_timeout";
	if (old->lookup.connections != new->lookup.connections || old->lookup.timeout_ms != new->lookup.timeout_ms)
		return "lookup_connections or lookup_timeout";
	if (old->lookup.filter != new->lookup.filter)
		return "lookup_filter";
	return old->sent_buffer != new->sent_buffer ? "sent_buffer" : NULL;
}
