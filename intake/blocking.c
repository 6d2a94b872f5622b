#include "blocking.h"

#include "address.h"

#include <string.h>

const char *const block_mode_names[] = { "reject", "discard", "mark", "log", NULL };
const char *const when_unavailable_names[] = { "accept", "tempfail", NULL };

#define SCOPES_ALL "all"
#define SCOPES_SENDER "sender"

typedef struct Exception {
	char *scope; /* "": any; SCOPES_ALL, SCOPES_SENDER, or one sender domain */
	char **categories;
	uint64_t category_bits; /* 0: any */
	int mode;               /* BlockMode */
} Exception;

G_STATIC_ASSERT(CATEGORY_COUNT <= 64);

static const Setting exception_settings[] = {
	{ .key = "scope", .type = SETTING_TEXT, .offset = offsetof(Exception, scope) },
	{ .key = "categories", .type = SETTING_TEXTS, .offset = offsetof(Exception, categories) },
	{ .key = "mode",
		.type = SETTING_CHOICE,
		.offset = offsetof(Exception, mode),
		.required = true,
		.choices = block_mode_names },
	{ 0 },
};

static void
exception_free(void *data)
{
	settings_clear(exception_settings, data);
	g_free(data);
}

static bool
check_scope(const YamlNode *map, Exception *exception, GError **error)
{
	char *domain;

	if (*exception->scope == '\0' || strcmp(exception->scope, SCOPES_ALL) == 0
		|| strcmp(exception->scope, SCOPES_SENDER) == 0)
		return true;
	domain = domain_normalise(exception->scope);
	if (domain == NULL)
		return yaml_fail(yaml_get(map, "scope"), error, "'%s' is neither all, nor sender, nor a domain",
			exception->scope);
	g_free(exception->scope);
	exception->scope = domain;
	return true;
}

static bool
check_categories(const YamlNode *map, Exception *exception, GError **error)
{
	for (char **name = exception->categories; *name != NULL; name++) {
		Category category;

		if (!category_parse(*name, &category))
			return yaml_fail(yaml_get(map, "categories"), error, "there is no category '%s'", *name);
		exception->category_bits |= UINT64_C(1) << category;
	}
	return true;
}

static bool
check_limited(const YamlNode *map, const Exception *exception, GError **error)
{
	return *exception->scope != '\0' || exception->category_bits != 0
	       || yaml_fail(map, error,
		       "an exception needs 'scope' or 'categories': for everything there is 'mode' of the listener");
}

static bool
read_exception(GPtrArray *exceptions, const YamlNode *map, GError **error)
{
	Exception *exception = g_new0(Exception, 1);
	bool good = settings_read(exception_settings, map, exception, error) && check_scope(map, exception, error)
		    && check_categories(map, exception, error) && check_limited(map, exception, error);

	if (good)
		g_ptr_array_add(exceptions, exception);
	else
		exception_free(exception);
	return good;
}

static bool
read_exceptions(Blocking *blocking, GError **error)
{
	const YamlNode *list = blocking->exceptions_node;

	blocking->exceptions = g_ptr_array_new_with_free_func(exception_free);
	blocking->exceptions_node = NULL;
	if (list == NULL)
		return true;
	if (yaml_kind(list) != YAML_LIST)
		return yaml_fail(list, error, "'exceptions' must be a list of '- {categories: [..], mode: ..}'");
	for (size_t i = 0; i < yaml_count(list); i++)
		if (!read_exception(blocking->exceptions, yaml_item(list, i), error))
			return false;
	return true;
}

/* RFC 5322 section 2.2 allows more; nobody uses more. */
static bool
check_header(const YamlNode *map, const char *name, GError **error)
{
	size_t length = strlen(name);

	for (size_t i = 0; i < length; i++)
		if (!g_ascii_isalnum(name[i]) && name[i] != '-')
			length = 0;
	return length > 0 || yaml_fail(yaml_get(map, "mark_header"), error, "'%s' is no header name", name);
}

bool
blocking_read(const YamlNode *map, Blocking *blocking, GError **error)
{
	return read_exceptions(blocking, error) && check_header(map, blocking->mark_header, error);
}

void
blocking_clear(Blocking *blocking)
{
	g_clear_pointer(&blocking->exceptions, g_ptr_array_unref);
}

bool
blocking_has_mode(const Blocking *blocking, BlockMode mode)
{
	bool found = blocking->mode == (int)mode;

	for (unsigned i = 0; blocking->exceptions != NULL && i < blocking->exceptions->len && !found; i++)
		found = ((const Exception *)g_ptr_array_index(blocking->exceptions, i))->mode == (int)mode;
	return found;
}

static bool
scope_fits(const char *wanted, const char *scope)
{
	bool everybody = strcmp(scope, SCOPE_ALL) == 0;

	if (*wanted == '\0')
		return true;
	if (strcmp(wanted, SCOPES_ALL) == 0)
		return everybody;
	return !everybody && (strcmp(wanted, SCOPES_SENDER) == 0 || strcmp(wanted, scope) == 0);
}

BlockMode
blocking_mode(const Blocking *blocking, const Listing *listing)
{
	for (unsigned i = 0; blocking->exceptions != NULL && i < blocking->exceptions->len; i++) {
		const Exception *exception = g_ptr_array_index(blocking->exceptions, i);
		bool fits = exception->category_bits == 0 || (exception->category_bits >> listing->category & 1) != 0;

		if (fits && scope_fits(exception->scope, listing->scope))
			return exception->mode;
	}
	return blocking->mode;
}
