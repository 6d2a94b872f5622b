#include "rulebook.h"

#include "providers_load.h"

#include <string.h>

static const Setting rulebook_settings[] = {
	{ .key = "rule_dirs", .type = SETTING_TEXTS, .offset = offsetof(RulebookSettings, classifier.rule_dirs) },
	{ .key = "cache_dir", .type = SETTING_TEXT, .offset = offsetof(RulebookSettings, classifier.cache_dir) },
	{ .key = "providers", .type = SETTING_TEXT, .offset = offsetof(RulebookSettings, providers_file) },
	{ .key = "policy", .type = SETTING_TEXT, .offset = offsetof(RulebookSettings, policy_file) },
	{ .key = "subaddressing", .type = SETTING_TEXTS, .offset = offsetof(RulebookSettings, subaddressing) },
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

void
rulebook_settings_clear(RulebookSettings *settings)
{
	settings_clear(rulebook_settings, settings);
	settings_clear(trust_settings, &settings->trust);
}

/* The folder that systemd keeps for a service, see CacheDirectory= in systemd.exec(5); "" without one. */
static char *
service_cache_dir(void)
{
	const char *folders = g_getenv("CACHE_DIRECTORY");

	return folders == NULL ? g_strdup("") : g_strndup(folders, strcspn(folders, ":"));
}

bool
rulebook_settings_read(const YamlNode *rules, const YamlNode *trust, const char *shipped,
	RulebookSettings *ret_settings, GError **error)
{
	RulebookSettings settings = { 0 };

	if (!settings_read(rulebook_settings, rules, &settings, error))
		return false;
	resolve_dirs(rules, &settings.classifier.rule_dirs, shipped);
	resolve_or(rules, &settings.classifier.cache_dir, service_cache_dir());
	resolve_or(rules, &settings.providers_file, g_build_filename(shipped, "providers.yaml", NULL));
	resolve_or(rules, &settings.policy_file, g_build_filename(shipped, "policy.yaml", NULL));
	if (!trust_settings_read(trust, &settings.trust, error)) {
		settings_clear(rulebook_settings, &settings);
		return false;
	}
	*ret_settings = settings;
	return true;
}

/* A name that is mistyped, or whose reports nothing could prove, would let no complaint act and say nothing of it. */
static bool
check_enrolled(char **enrolled, const Providers *providers, GError **error)
{
	for (; *enrolled != NULL; enrolled++) {
		const Programme *programme = programmes_find(providers_programmes(providers), *enrolled);
		const char *problem = programme == NULL          ? "there is no such feedback programme"
				      : !programme->solicited    ? "it sends what nobody asked for"
				      : *programme->dkim == NULL ? "no signature proves its reports"
								 : NULL;

		if (problem == NULL)
			continue;
		g_set_error(
			error, RETOUR_ERROR, ERROR_CONFIG, "section 'trust', 'enrolled': '%s': %s", *enrolled, problem);
		return false;
	}
	return true;
}

Subaddressing *
rulebook_subaddressing(const RulebookSettings *settings, const Providers *providers, GError **error)
{
	g_autoptr(Subaddressing) set = subaddressing_new();

	for (char **name = settings->subaddressing; *name != NULL; name++) {
		if (providers_fold(providers, *name, set))
			continue;
		g_set_error(error, RETOUR_ERROR, ERROR_CONFIG, "section 'rules', 'subaddressing': '%s': %s", *name,
			providers_know(providers, *name) ? "providers.yaml does not say which spellings are one mailbox"
							 : "there is no such provider");
		return NULL;
	}
	return g_steal_pointer(&set);
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
	g_autoptr(Trust) trust = trust_load(&settings->trust, error);

	if (trust == NULL || !check_enrolled(trust->enrolled, providers, error))
		return NULL;
	g_autoptr(Subaddressing) subaddressing = rulebook_subaddressing(settings, providers, error);

	if (subaddressing == NULL)
		return NULL;
	Rulebook *book = g_new0(Rulebook, 1);

	book->providers = g_steal_pointer(&providers);
	book->classifier = g_steal_pointer(&classifier);
	book->policy = g_steal_pointer(&policy);
	book->trust = g_steal_pointer(&trust);
	book->subaddressing = g_steal_pointer(&subaddressing);
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
	subaddressing_unref(book->subaddressing);
	policy_free(book->policy);
	trust_free(book->trust);
	classifier_free(book->classifier);
	providers_free(book->providers);
	g_free(book);
}
