#include "rulebook.h"

#include "providers_load.h"

const Setting rulebook_settings[] = {
	{ .key = "rule_dirs", .type = SETTING_TEXTS, .offset = offsetof(RulebookSettings, classifier.rule_dirs) },
	{ .key = "cache_dir", .type = SETTING_TEXT, .offset = offsetof(RulebookSettings, classifier.cache_dir) },
	{ .key = "providers", .type = SETTING_TEXT, .offset = offsetof(RulebookSettings, providers_file) },
	{ .key = "policy", .type = SETTING_TEXT, .offset = offsetof(RulebookSettings, policy_file) },
	{ 0 },
};

static void
resolve(const YamlNode *map, char **path)
{
	char *full = settings_path(map, *path);

	g_free(*path);
	*path = full;
}

/* otherwise: owned by the call. */
static void
resolve_or(const YamlNode *map, char **path, char *otherwise)
{
	if (**path != '\0') {
		resolve(map, path);
		g_free(otherwise);
	} else {
		g_free(*path);
		*path = otherwise;
	}
}

static void
resolve_dirs(const YamlNode *map, char ***dirs, const char *shipped)
{
	if (*dirs == NULL || **dirs == NULL) {
		g_strfreev(*dirs);
		*dirs = g_new0(char *, 2);
		(*dirs)[0] = g_build_filename(shipped, "rules", NULL);
		return;
	}
	for (char **dir = *dirs; *dir != NULL; dir++)
		resolve(map, dir);
}

bool
rulebook_settings_read(const YamlNode *map, const char *shipped, RulebookSettings *ret_settings, GError **error)
{
	RulebookSettings settings = { 0 };

	if (!settings_read(rulebook_settings, map, &settings, error))
		return false;
	resolve_dirs(map, &settings.classifier.rule_dirs, shipped);
	resolve_or(map, &settings.classifier.cache_dir, g_strdup(""));
	resolve_or(map, &settings.providers_file, g_build_filename(shipped, "providers.yaml", NULL));
	resolve_or(map, &settings.policy_file, g_build_filename(shipped, "policy.yaml", NULL));
	*ret_settings = settings;
	return true;
}

Rulebook *
rulebook_load(const RulebookSettings *settings, GError **error)
{
	g_autoptr(Providers) providers = providers_load(settings->providers_file, error);

	if (providers == NULL)
		return NULL;
	g_autoptr(Classifier) classifier = classifier_load(&settings->classifier, providers, error);

	if (classifier == NULL)
		return NULL;
	g_autoptr(Policy) policy = policy_load(settings->policy_file, error);

	if (policy == NULL)
		return NULL;
	Rulebook *book = g_new0(Rulebook, 1);

	book->providers = g_steal_pointer(&providers);
	book->classifier = g_steal_pointer(&classifier);
	book->policy = g_steal_pointer(&policy);
	atomic_init(&book->references, 1);
	return book;
}

Rulebook *
rulebook_ref(Rulebook *book)
{
	atomic_fetch_add(&book->references, 1);
	return book;
}

void
rulebook_unref(Rulebook *book)
{
	if (book == NULL || atomic_fetch_sub(&book->references, 1) > 1)
		return;
	policy_free(book->policy);
	classifier_free(book->classifier);
	providers_free(book->providers);
	g_free(book);
}
