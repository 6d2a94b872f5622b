#include "rules_load.h"

#include "normalise.h"

#include <string.h>

#define LITERAL_MINIMUM 3

/* What a file says once for all its rules. */
typedef struct Defaults {
	const YamlNode *provider, *contact;
} Defaults;

typedef struct RuleReader {
	RuleSet *set;
	Rule *rule;
} RuleReader;

typedef bool (*ReadFunc)(RuleReader *reader, const YamlNode *node, GError **error);

typedef struct RuleField {
	const char *key;
	ReadFunc read;
} RuleField;

/* Calls read for a scalar, or for each item of a list of scalars. */
static bool
each_scalar(RuleReader *reader, const YamlNode *node, ReadFunc read, GError **error)
{
	if (yaml_kind(node) == YAML_MAP || (yaml_kind(node) == YAML_LIST && yaml_count(node) == 0))
		return yaml_fail(node, error, "a value or a list of values is expected here");
	if (yaml_kind(node) == YAML_SCALAR)
		return read(reader, node, error);
	for (size_t i = 0; i < yaml_count(node); i++) {
		const YamlNode *item = yaml_item(node, i);

		if (yaml_kind(item) != YAML_SCALAR)
			return yaml_fail(item, error, "a list of plain values is expected here");
		if (!read(reader, item, error))
			return false;
	}
	return true;
}

static bool
read_text(const YamlNode *node, char **text, GError **error)
{
	if (yaml_scalar(node) == NULL || *yaml_scalar(node) == '\0')
		return yaml_fail(node, error, "a text is expected here");
	g_free(*text);
	*text = g_strdup(yaml_scalar(node));
	return true;
}

static bool
read_map(RuleReader *reader, const YamlNode *map, const RuleField *fields, size_t count, GError **error)
{
	for (size_t i = 0; i < yaml_count(map); i++) {
		const YamlNode *node = yaml_item(map, i);
		const RuleField *field = NULL;

		for (size_t k = 0; k < count; k++)
			if (strcmp(fields[k].key, yaml_key(map, i)) == 0)
				field = &fields[k];
		if (field == NULL)
			return yaml_fail(node, error, "unknown key '%s'", yaml_key(map, i));
		if (!field->read(reader, node, error))
			return false;
	}
	return true;
}

static bool
read_stage(RuleReader *reader, const YamlNode *node, GError **error)
{
	Stage stage;

	if (!stage_parse(yaml_scalar(node), &stage) || stage == STAGE_UNKNOWN)
		return yaml_fail(node, error, "unknown stage '%s'", yaml_scalar(node));
	reader->rule->stages |= 1u << stage;
	return true;
}

static bool
read_action(RuleReader *reader, const YamlNode *node, GError **error)
{
	EventAction action;

	if (!action_parse(yaml_scalar(node), &action) || (action != ACTION_FAILED && action != ACTION_DELAYED))
		return yaml_fail(node, error, "action '%s' is not one of failed, delayed", yaml_scalar(node));
	reader->rule->actions |= 1u << action;
	return true;
}

static bool
read_code(RuleReader *reader, const YamlNode *node, GError **error)
{
	CodePattern pattern;

	if (!code_pattern_parse(yaml_scalar(node), &pattern))
		return yaml_fail(node, error, "'%s' is no reply code such as 550, 55x or 5xx", yaml_scalar(node));
	g_array_append_val(reader->rule->codes, pattern);
	return true;
}

static bool
read_status(RuleReader *reader, const YamlNode *node, GError **error)
{
	CodePattern pattern;

	if (!status_pattern_parse(yaml_scalar(node), &pattern))
		return yaml_fail(
			node, error, "'%s' is no status such as 5.1.1, x.2.2 or 5.7.606-649", yaml_scalar(node));
	g_array_append_val(reader->rule->statuses, pattern);
	return true;
}

static char *
place_of(const YamlNode *node)
{
	return g_strdup_printf("%s:%u", yaml_file_name(node), yaml_line(node));
}

static bool
add_literal(const RuleReader *reader, const YamlNode *node, GArray *numbers, GError **error)
{
	g_autofree char *literal = normalise_literal(yaml_scalar(node)), *place = place_of(node);
	unsigned number;

	if (strlen(literal) < LITERAL_MINIMUM)
		return yaml_fail(node, error, "'%s' is too short to mean anything", yaml_scalar(node));
	normalise_collect_hosts(literal, reader->set->hosts);
	number = pattern_list_add_literal(reader->set->patterns, literal, place);
	for (unsigned i = 0; i < numbers->len; i++)
		if (g_array_index(numbers, unsigned, i) == number)
			return yaml_fail(node, error, "'%s' is given twice", yaml_scalar(node));
	g_array_append_val(numbers, number);
	return true;
}

static bool
read_all(RuleReader *reader, const YamlNode *node, GError **error)
{
	return add_literal(reader, node, reader->rule->all, error);
}

static bool
read_any(RuleReader *reader, const YamlNode *node, GError **error)
{
	return add_literal(reader, node, reader->rule->any, error);
}

static bool
read_none(RuleReader *reader, const YamlNode *node, GError **error)
{
	return add_literal(reader, node, reader->rule->none, error);
}

static bool
read_re(RuleReader *reader, const YamlNode *node, GError **error)
{
	g_autofree char *place = place_of(node);
	unsigned number;

	if (*yaml_scalar(node) == '\0')
		return yaml_fail(node, error, "an empty pattern");
	normalise_collect_hosts(yaml_scalar(node), reader->set->hosts);
	number = pattern_list_add_regex(reader->set->patterns, yaml_scalar(node), place);
	g_array_append_val(reader->rule->res, number);
	return true;
}

#define EACH(name, read_one) \
	static bool name(RuleReader *reader, const YamlNode *node, GError **error) \
	{ \
		return each_scalar(reader, node, read_one, error); \
	}

EACH(read_stages, read_stage)
EACH(read_actions, read_action)
EACH(read_codes, read_code)
EACH(read_statuses, read_status)
EACH(read_alls, read_all)
EACH(read_anys, read_any)
EACH(read_nones, read_none)
EACH(read_res, read_re)

static bool
read_when(RuleReader *reader, const YamlNode *node, GError **error)
{
	static const RuleField fields[] = {
		{ "stage", read_stages },
		{ "action", read_actions },
		{ "code", read_codes },
		{ "status", read_statuses },
		{ "all", read_alls },
		{ "any", read_anys },
		{ "none", read_nones },
		{ "re", read_res },
	};

	if (yaml_kind(node) != YAML_MAP)
		return yaml_fail(node, error, "conditions 'key: value' are expected here");
	return read_map(reader, node, fields, G_N_ELEMENTS(fields), error);
}

static bool
read_provider(RuleReader *reader, const YamlNode *node, GError **error)
{
	const char *name = providers_find(reader->set->providers, yaml_scalar(node));

	if (name == NULL)
		return yaml_fail(node, error, "unknown provider '%s'", yaml_scalar(node));
	if (g_ptr_array_find(reader->rule->providers, name, NULL))
		return yaml_fail(node, error, "provider '%s' is given twice", name);
	g_ptr_array_add(reader->rule->providers, (void *)(uintptr_t)name);
	return true;
}

EACH(read_providers, read_provider)

static bool
read_id(RuleReader *reader, const YamlNode *node, GError **error)
{
	return read_text(node, &reader->rule->id, error);
}

static bool
read_category(RuleReader *reader, const YamlNode *node, GError **error)
{
	const char *name = yaml_scalar(node);

	if (name == NULL || !category_parse(name, &reader->rule->category))
		return yaml_fail(node, error, "unknown category '%s'", name == NULL ? "" : name);
	return true;
}

static bool
read_weak(RuleReader *reader, const YamlNode *node, GError **error)
{
	const char *text = yaml_scalar(node);

	reader->rule->weak = g_strcmp0(text, "true") == 0;
	return reader->rule->weak || g_strcmp0(text, "false") == 0
	       || yaml_fail(node, error, "'weak' must be true or false");
}

static bool
read_note(RuleReader *reader, const YamlNode *node, GError **error)
{
	return read_text(node, &reader->rule->note, error);
}

static bool
read_list(RuleReader *reader, const YamlNode *node, GError **error)
{
	return read_text(node, &reader->rule->list, error);
}

static bool
read_contact(RuleReader *reader, const YamlNode *node, GError **error)
{
	if (!read_text(node, &reader->rule->contact, error))
		return false;
	return providers_contact(reader->set->providers, yaml_scalar(node)) != NULL
	       || yaml_fail(node, error, "there is no contact '%s'", yaml_scalar(node));
}

static void
add_example(GPtrArray *examples, const YamlNode *node)
{
	Example *example = g_new0(Example, 1);

	example->text = g_strdup(yaml_scalar(node));
	example->line = yaml_line(node);
	g_ptr_array_add(examples, example);
}

static bool
read_example(RuleReader *reader, const YamlNode *node, GError **error)
{
	(void)error;
	add_example(reader->rule->examples, node);
	return true;
}

static bool
read_counterexample(RuleReader *reader, const YamlNode *node, GError **error)
{
	(void)error;
	add_example(reader->rule->counterexamples, node);
	return true;
}

EACH(read_examples, read_example)
EACH(read_counterexamples, read_counterexample)

static bool
require(const YamlNode *map, const char *key, GError **error)
{
	return yaml_get(map, key) != NULL || yaml_fail(map, error, "'%s' is missing", key);
}

static unsigned
count_conditions(const Rule *rule)
{
	return rule->all->len + rule->res->len + (rule->any->len > 0) + (rule->none->len > 0) + (rule->codes->len > 0)
	       + (rule->statuses->len > 0) + (rule->stages != 0) + (rule->actions != 0);
}

/* Against the rules read so far: an id is one rule's, and the second of two equal rules could never win. */
static bool
check_against_others(const RuleSet *set, Rule *rule, const YamlNode *node, GError **error)
{
	char *signature = rule_signature(rule);
	const Rule *other = g_hash_table_lookup(set->ids, rule->id);

	if (other == NULL) {
		other = g_hash_table_lookup(set->signatures, signature);
		if (other == NULL) {
			g_hash_table_insert(set->ids, rule->id, rule);
			g_hash_table_insert(set->signatures, signature, rule);
			return true;
		}
		yaml_fail(node, error, "rule '%s' can never win: '%s' (%s:%u) has the same conditions", rule->id,
			other->id, other->file, other->line);
	} else {
		yaml_fail(node, error, "rule '%s' exists already (%s:%u)", rule->id, other->file, other->line);
	}
	g_free(signature);
	return false;
}

static bool
read_rule_keys(RuleReader *reader, const YamlNode *node, const Defaults *defaults, GError **error)
{
	static const RuleField fields[] = {
		{ "id", read_id },
		{ "provider", read_providers },
		{ "when", read_when },
		{ "category", read_category },
		{ "weak", read_weak },
		{ "note", read_note },
		{ "contact", read_contact },
		{ "list", read_list },
		{ "eg", read_examples },
		{ "not", read_counterexamples },
	};

	if (yaml_kind(node) != YAML_MAP)
		return yaml_fail(node, error, "a rule is expected here");
	if (!require(node, "id", error) || !require(node, "category", error) || !require(node, "when", error)
		|| !require(node, "eg", error) || !read_map(reader, node, fields, G_N_ELEMENTS(fields), error))
		return false;
	if (defaults->provider != NULL && yaml_get(node, "provider") == NULL
		&& !read_providers(reader, defaults->provider, error))
		return false;
	return defaults->contact == NULL || yaml_get(node, "contact") != NULL
	       || read_contact(reader, defaults->contact, error);
}

static bool
read_rule(
	RuleSet *set, const char *file, unsigned layer, const YamlNode *node, const Defaults *defaults, GError **error)
{
	g_autoptr(Rule) rule = rule_new();
	RuleReader reader = { .set = set, .rule = rule };

	rule->file = file;
	rule->line = yaml_line(node);
	rule->layer = layer;
	rule->position = set->rules->len;
	if (!read_rule_keys(&reader, node, defaults, error))
		return false;
	rule->conditions = count_conditions(rule);
	if (rule->conditions == 0)
		return yaml_fail(node, error, "rule '%s' has no condition", rule->id);
	if (!check_against_others(set, rule, node, error))
		return false;
	g_ptr_array_add(set->rules, g_steal_pointer(&rule));
	return true;
}

static bool
read_defaults(const YamlNode *root, Defaults *defaults, const YamlNode **ret_rules, GError **error)
{
	for (size_t i = 0; i < yaml_count(root); i++) {
		const char *key = yaml_key(root, i);
		const YamlNode *node = yaml_item(root, i);

		if (strcmp(key, "provider") == 0)
			defaults->provider = node;
		else if (strcmp(key, "contact") == 0)
			defaults->contact = node;
		else if (strcmp(key, "rules") == 0)
			*ret_rules = node;
		else
			return yaml_fail(node, error, "unknown key '%s'", key);
	}
	return true;
}

bool
rules_read(RuleSet *set, const char *file, unsigned layer, const YamlNode *root, GError **error)
{
	Defaults defaults = { 0 };
	const YamlNode *rules = yaml_kind(root) == YAML_LIST ? root : NULL;

	if (yaml_kind(root) == YAML_SCALAR)
		return yaml_fail(root, error, "a list of rules is expected here");
	if (yaml_kind(root) == YAML_MAP && !read_defaults(root, &defaults, &rules, error))
		return false;
	if (rules == NULL)
		return yaml_count(root) == 0 || yaml_fail(root, error, "'rules' is missing");
	if (yaml_kind(rules) != YAML_LIST && !yaml_is_empty(rules))
		return yaml_fail(rules, error, "'rules' must be a list");
	for (size_t i = 0; i < yaml_count(rules); i++)
		if (!read_rule(set, file, layer, yaml_item(rules, i), &defaults, error))
			return false;
	return true;
}
