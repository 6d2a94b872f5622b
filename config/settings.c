#include "settings.h"

#include <string.h>

static const char *const sections[] = {
	"database",
	"redis",
	"rules",
	"retention",
	"trust",
	"stamping",
	"milter",
	"map",
	"mailboxes",
	"metrics",
	"dns",
	"reputation",
};

typedef struct Unit {
	const char *name;
	int64_t milliseconds;
} Unit;

static const Unit units[] = {
	{ "ms", 1 },
	{ "s", 1000 },
	{ "m", 60 * 1000 },
	{ "h", 60 * 60 * 1000 },
	{ "d", 24 * 60 * 60 * 1000 },
};

static void *
member(const Setting *setting, void *target)
{
	return (char *)target + setting->offset;
}

bool
duration_parse(const char *text, int64_t *ret_milliseconds)
{
	size_t digits = strspn(text, "0123456789");
	g_autofree char *number = g_strndup(text, digits);
	guint64 value;

	/* The limit keeps sums of times far away from overflow. */
	if (!g_ascii_string_to_unsigned(number, 10, 0, INT32_MAX, &value, NULL))
		return false;
	for (size_t i = 0; i < G_N_ELEMENTS(units); i++)
		if (strcmp(text + digits, units[i].name) == 0) {
			*ret_milliseconds = (int64_t)value * units[i].milliseconds;
			return true;
		}
	return false;
}

static bool
bool_parse(const char *text, bool *ret_value)
{
	static const char *const words[] = { "true", "yes", "on", "false", "no", "off" };

	for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
		if (strcmp(text, words[i]) == 0) {
			*ret_value = i < 3;
			return true;
		}
	return false;
}

static bool
check_range(const Setting *setting, const YamlNode *node, int64_t value, GError **error)
{
	if (setting->high == 0 || (value >= setting->low && value <= setting->high))
		return true;
	if (setting->type == SETTING_DURATION)
		return yaml_fail(node, error, "'%s' must lie between %" G_GINT64_FORMAT "ms and %" G_GINT64_FORMAT "ms",
			setting->key, setting->low, setting->high);
	return yaml_fail(node, error, "'%s' must lie between %" G_GINT64_FORMAT " and %" G_GINT64_FORMAT, setting->key,
		setting->low, setting->high);
}

static bool
read_bool(const Setting *setting, const YamlNode *node, const char *text, void *target, GError **error)
{
	return bool_parse(text, member(setting, target))
	       || yaml_fail(node, error, "'%s' must be true or false, not '%s'", setting->key, text);
}

static bool
read_number(const Setting *setting, const YamlNode *node, const char *text, void *target, GError **error)
{
	gint64 value;

	if (!g_ascii_string_to_signed(text, 10, INT64_MIN, INT64_MAX, &value, NULL))
		return yaml_fail(node, error, "'%s' must be a whole number, not '%s'", setting->key, text);
	if (!check_range(setting, node, value, error))
		return false;
	*(int64_t *)member(setting, target) = value;
	return true;
}

static bool
read_duration(const Setting *setting, const YamlNode *node, const char *text, void *target, GError **error)
{
	int64_t value;

	if (!duration_parse(text, &value))
		return yaml_fail(node, error, "'%s' must be a time such as 250ms, 5s, 10m, 2h or 30d, not '%s'",
			setting->key, text);
	if (!check_range(setting, node, value, error))
		return false;
	*(int64_t *)member(setting, target) = value;
	return true;
}

static bool
read_choice(const Setting *setting, const YamlNode *node, const char *text, void *target, GError **error)
{
	g_autoptr(GString) known = g_string_new(NULL);

	for (int i = 0; setting->choices[i] != NULL; i++) {
		if (strcmp(setting->choices[i], text) == 0) {
			*(int *)member(setting, target) = i;
			return true;
		}
		g_string_append_printf(known, "%s%s", i == 0 ? "" : ", ", setting->choices[i]);
	}
	return yaml_fail(node, error, "'%s' must be one of: %s; not '%s'", setting->key, known->str, text);
}

static bool
read_texts(const Setting *setting, const YamlNode *node, void *target, GError **error)
{
	g_autoptr(GStrvBuilder) texts = g_strv_builder_new();
	char ***place = member(setting, target);

	if (yaml_kind(node) == YAML_SCALAR && !yaml_is_empty(node))
		g_strv_builder_add(texts, yaml_scalar(node));
	if (yaml_kind(node) == YAML_MAP)
		return yaml_fail(node, error, "'%s' must be a list of texts", setting->key);
	for (size_t i = 0; i < yaml_count(node); i++) {
		const YamlNode *item = yaml_item(node, i);

		if (yaml_kind(item) != YAML_SCALAR)
			return yaml_fail(item, error, "'%s' must be a list of texts", setting->key);
		g_strv_builder_add(texts, yaml_scalar(item));
	}
	g_strfreev(*place);
	*place = g_strv_builder_end(texts);
	return true;
}

static bool
read_value(const Setting *setting, const YamlNode *node, void *target, GError **error)
{
	const char *text = yaml_scalar(node);

	if (setting->type == SETTING_TEXTS)
		return read_texts(setting, node, target, error);
	if (setting->type == SETTING_NODE) {
		*(const YamlNode **)member(setting, target) = node;
		return true;
	}
	if (text == NULL)
		return yaml_fail(node, error, "'%s' must be a single value", setting->key);
	switch (setting->type) {
	case SETTING_TEXT: {
		char **place = member(setting, target);

		g_free(*place);
		*place = g_strdup(text);
		return true;
	}
	case SETTING_BOOL:
		return read_bool(setting, node, text, target, error);
	case SETTING_NUMBER:
		return read_number(setting, node, text, target, error);
	case SETTING_DURATION:
		return read_duration(setting, node, text, target, error);
	case SETTING_CHOICE:
		return read_choice(setting, node, text, target, error);
	case SETTING_TEXTS:
	case SETTING_NODE:
		break;
	}
	g_assert_not_reached();
}

static void
clear_value(const Setting *setting, void *target)
{
	void *place = member(setting, target);

	if (setting->type == SETTING_TEXT)
		g_clear_pointer((char **)place, g_free);
	else if (setting->type == SETTING_TEXTS)
		g_clear_pointer((char ***)place, g_strfreev);
	else if (setting->type == SETTING_NODE)
		*(const YamlNode **)place = NULL;
	else if (setting->type == SETTING_BOOL)
		*(bool *)place = false;
	else if (setting->type == SETTING_CHOICE)
		*(int *)place = 0;
	else
		*(int64_t *)place = 0;
}

/* A fallback is written as in YAML, so it is read as YAML; a bad one is our own bug. */
static void
set_fallback(const Setting *setting, void *target)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(YamlFile) file = NULL;

	clear_value(setting, target);
	if (setting->type == SETTING_TEXT) {
		*(char **)member(setting, target) = g_strdup(setting->fallback == NULL ? "" : setting->fallback);
		return;
	}
	if (setting->fallback == NULL) {
		if (setting->type == SETTING_TEXTS)
			*(char ***)member(setting, target) = g_new0(char *, 1);
		return;
	}
	file = yaml_file_parse("fallback", setting->fallback, strlen(setting->fallback), &error);
	g_assert_no_error(error);
	read_value(setting, yaml_file_root(file), target, &error);
	g_assert_no_error(error);
}

static const Setting *
find(const Setting *table, const char *key)
{
	for (; table->key != NULL; table++)
		if (strcmp(table->key, key) == 0)
			return table;
	return NULL;
}

static bool
read_map(const Setting *table, const YamlNode *map, void *target, GError **error)
{
	for (size_t i = 0; i < yaml_count(map); i++) {
		const YamlNode *value = yaml_item(map, i);
		const Setting *setting = find(table, yaml_key(map, i));

		if (setting == NULL)
			return yaml_fail(value, error, "unknown key '%s'", yaml_key(map, i));
		if (!read_value(setting, value, target, error))
			return false;
	}
	for (; table->key != NULL; table++)
		if (table->required && yaml_get(map, table->key) == NULL)
			return yaml_fail(map, error, "'%s' is missing", table->key);
	return true;
}

bool
settings_read(const Setting *table, const YamlNode *map, void *target, GError **error)
{
	for (const Setting *setting = table; setting->key != NULL; setting++)
		set_fallback(setting, target);
	if (map == NULL || yaml_is_empty(map)) {
		for (; table->key != NULL; table++)
			if (table->required && map != NULL)
				return yaml_fail(map, error, "'%s' is missing", table->key);
		return true;
	}
	if (yaml_kind(map) != YAML_MAP)
		return yaml_fail(map, error, "settings 'key: value' are expected here");
	return read_map(table, map, target, error);
}

const YamlNode *
settings_place(const YamlNode *map, const char *key, size_t index)
{
	const YamlNode *node = yaml_get(map, key);

	return yaml_kind(node) == YAML_LIST ? yaml_item(node, index) : node;
}

static void
copy_value(const Setting *setting, void *target, const void *source)
{
	void *to = member(setting, target);
	const void *from = (const char *)source + setting->offset;

	clear_value(setting, target);
	switch (setting->type) {
	case SETTING_TEXT:
		*(char **)to = g_strdup(*(char *const *)from);
		break;
	case SETTING_TEXTS:
		*(char ***)to = g_strdupv(*(char **const *)from);
		break;
	case SETTING_BOOL:
		*(bool *)to = *(const bool *)from;
		break;
	case SETTING_CHOICE:
		*(int *)to = *(const int *)from;
		break;
	case SETTING_NUMBER:
	case SETTING_DURATION:
		*(int64_t *)to = *(const int64_t *)from;
		break;
	case SETTING_NODE:
		*(const YamlNode **)to = *(const YamlNode *const *)from;
		break;
	}
}

void
settings_inherit(const Setting *table, const YamlNode *map, void *target, const void *source)
{
	for (; table->key != NULL; table++)
		if (yaml_get(map, table->key) == NULL)
			copy_value(table, target, source);
}

void
settings_clear(const Setting *table, void *target)
{
	for (; table->key != NULL; table++)
		if (table->type == SETTING_TEXT || table->type == SETTING_TEXTS)
			clear_value(table, target);
}

YamlFile *
settings_open(const char *path, GError **error)
{
	g_autoptr(YamlFile) file = yaml_file_load(path, error);
	const YamlNode *root;

	if (file == NULL)
		return NULL;
	root = yaml_file_root(file);
	if (yaml_kind(root) != YAML_MAP) {
		yaml_fail(root, error, "sections such as 'database:' are expected here");
		return NULL;
	}
	for (size_t i = 0; i < yaml_count(root); i++) {
		bool known = false;

		for (size_t k = 0; k < G_N_ELEMENTS(sections); k++)
			known = known || strcmp(sections[k], yaml_key(root, i)) == 0;
		if (!known) {
			yaml_fail(yaml_item(root, i), error, "unknown section '%s'", yaml_key(root, i));
			return NULL;
		}
	}
	return g_steal_pointer(&file);
}

char *
settings_path(const YamlNode *node, const char *path)
{
	g_autofree char *folder = g_path_get_dirname(yaml_file_name(node));

	return g_path_is_absolute(path) ? g_strdup(path) : g_build_filename(folder, path, NULL);
}

void
settings_make_absolute(const YamlNode *map, char **path)
{
	char *absolute = **path == '\0' ? NULL : settings_path(map, *path);

	if (absolute == NULL)
		return;
	g_free(*path);
	*path = absolute;
}
