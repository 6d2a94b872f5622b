#include "rule_set.h"

#include "rules_load.h"

#include <string.h>

RuleSet *
rule_set_new(const Providers *providers)
{
	RuleSet *set = g_new0(RuleSet, 1);

	set->rules = g_ptr_array_new_with_free_func((GDestroyNotify)rule_free);
	set->files = g_ptr_array_new_with_free_func(g_free);
	set->patterns = pattern_list_new();
	set->hosts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	set->ids = g_hash_table_new(g_str_hash, g_str_equal);
	set->signatures = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	set->checksum = g_checksum_new(G_CHECKSUM_SHA256);
	set->providers = providers;
	return set;
}

void
rule_set_free(RuleSet *set)
{
	if (set == NULL)
		return;
	g_hash_table_unref(set->ids);
	g_hash_table_unref(set->signatures);
	g_hash_table_unref(set->hosts);
	g_ptr_array_unref(set->rules);
	g_ptr_array_unref(set->files);
	pattern_list_free(set->patterns);
	g_checksum_free(set->checksum);
	g_free(set);
}

bool
rule_set_parse(RuleSet *set, const char *name, const char *text, size_t size, unsigned layer, GError **error)
{
	g_autoptr(YamlFile) file = yaml_file_parse(name, text, size, error);
	char *kept;

	if (file == NULL)
		return false;
	kept = g_strdup(name);
	g_ptr_array_add(set->files, kept);
	g_checksum_update(set->checksum, (const guchar *)text, (gssize)size);
	return rules_read(set, kept, layer, yaml_file_root(file), error);
}

static int
compare_names(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static bool
load_file(RuleSet *set, const char *path, unsigned layer, GError **error)
{
	g_autofree char *text = NULL;
	g_autoptr(GError) reason = NULL;
	size_t size;

	if (!g_file_get_contents(path, &text, &size, &reason)) {
		g_set_error_literal(error, RETOUR_ERROR, ERROR_CONFIG, reason->message);
		return false;
	}
	return rule_set_parse(set, path, text, size, layer, error);
}

bool
rule_set_load_folder(RuleSet *set, const char *folder, unsigned layer, GError **error)
{
	g_autoptr(GError) reason = NULL;
	g_autoptr(GDir) entries = g_dir_open(folder, 0, &reason);
	g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
	const char *name;

	if (entries == NULL) {
		g_set_error_literal(error, RETOUR_ERROR, ERROR_CONFIG, reason->message);
		return false;
	}
	while ((name = g_dir_read_name(entries)) != NULL)
		if (g_str_has_suffix(name, ".yaml") && name[0] != '.')
			g_ptr_array_add(paths, g_build_filename(folder, name, NULL));
	g_ptr_array_sort(paths, compare_names);
	for (unsigned i = 0; i < paths->len; i++)
		if (!load_file(set, g_ptr_array_index(paths, i), layer, error))
			return false;
	return true;
}

static int
compare_rules(const void *left, const void *right)
{
	return rule_compare(*(const Rule *const *)left, *(const Rule *const *)right);
}

void
rule_set_finish(RuleSet *set)
{
	g_ptr_array_sort(set->rules, compare_rules);
	for (unsigned i = 0; i < set->rules->len; i++)
		((Rule *)g_ptr_array_index(set->rules, i))->rank = i;
	g_checksum_get_string(set->checksum); /* closes it: from now on reading it changes nothing */
}
