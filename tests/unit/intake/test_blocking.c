#include "blocking.h"

#include <string.h>

typedef struct Holder {
	Blocking blocking;
} Holder;

static const Setting settings[] = { BLOCKING_SETTINGS(offsetof(Holder, blocking)), { 0 } };

static bool
read_text(const char *text, Holder *holder, GError **error)
{
	g_autoptr(YamlFile) file = yaml_file_parse("b.yaml", text, strlen(text), error);
	const YamlNode *map = file == NULL ? NULL : yaml_file_root(file);

	return map != NULL && settings_read(settings, map, holder, error)
	       && blocking_read(map, &holder->blocking, error);
}

static void
clear(Holder *holder)
{
	blocking_clear(&holder->blocking);
	settings_clear(settings, holder);
}

static const struct {
	const char *yaml, *scope;
	Category category;
	BlockMode mode;
} modes[] = {
	{ "{}", "*", CATEGORY_USER_UNKNOWN, BLOCK_REJECT },
	{ "mode: log", "*", CATEGORY_USER_UNKNOWN, BLOCK_LOG },
	{ "mode: discard", "shop.example", CATEGORY_COMPLAINT_SPAM, BLOCK_DISCARD },
	{ "exceptions: [{categories: [complaint_spam, complaint_optout], mode: discard}]", "*",
		CATEGORY_COMPLAINT_OPTOUT, BLOCK_DISCARD },
	{ "exceptions: [{categories: complaint_spam, mode: discard}]", "*", CATEGORY_COMPLAINT_OPTOUT, BLOCK_REJECT },
	{ "exceptions: [{scope: all, mode: mark}]", "*", CATEGORY_USER_UNKNOWN, BLOCK_MARK },
	{ "exceptions: [{scope: all, mode: mark}]", "shop.example", CATEGORY_USER_UNKNOWN, BLOCK_REJECT },
	{ "exceptions: [{scope: sender, mode: mark}]", "shop.example", CATEGORY_USER_UNKNOWN, BLOCK_MARK },
	{ "exceptions: [{scope: sender, mode: mark}]", "*", CATEGORY_USER_UNKNOWN, BLOCK_REJECT },
	{ "exceptions: [{scope: Shop.Example., mode: mark}]", "shop.example", CATEGORY_USER_UNKNOWN, BLOCK_MARK },
	{ "exceptions: [{scope: shop.example, mode: mark}]", "other.example", CATEGORY_USER_UNKNOWN, BLOCK_REJECT },
	{ "exceptions: [{scope: sender, categories: [complaint_spam], mode: log}]", "shop.example",
		CATEGORY_USER_UNKNOWN, BLOCK_REJECT },
	{ "exceptions: [{scope: sender, categories: [complaint_spam], mode: log}]", "shop.example",
		CATEGORY_COMPLAINT_SPAM, BLOCK_LOG },
	{ "mode: mark\nexceptions: [{scope: sender, mode: log}, {categories: user_unknown, mode: reject}]", "a.example",
		CATEGORY_USER_UNKNOWN, BLOCK_LOG },
	{ "mode: mark\nexceptions: [{scope: sender, mode: log}, {categories: user_unknown, mode: reject}]", "*",
		CATEGORY_USER_UNKNOWN, BLOCK_REJECT },
	{ "mode: mark\nexceptions: [{scope: sender, mode: log}, {categories: user_unknown, mode: reject}]", "*",
		CATEGORY_MAILBOX_MOVED, BLOCK_MARK },
	{ "exceptions: [{categories: undetermined, mode: log}]", "*", CATEGORY_UNDETERMINED, BLOCK_LOG },
};

static void
test_modes(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(modes); i++) {
		g_autoptr(Listing) listing = listing_new();
		g_autoptr(GError) error = NULL;
		Holder holder = { 0 };

		g_test_message("%s: %s", modes[i].yaml, modes[i].scope);
		read_text(modes[i].yaml, &holder, &error);
		g_assert_no_error(error);
		g_free(listing->scope);
		listing->scope = g_strdup(modes[i].scope);
		listing->category = modes[i].category;
		g_assert_cmpint(blocking_mode(&holder.blocking, listing), ==, modes[i].mode);
		clear(&holder);
	}
}

static const struct {
	const char *yaml, *message;
} refusals[] = {
	{ "mode: drop", "b.yaml:1: 'mode' must be one of: reject, discard, mark, log; not 'drop'" },
	{ "exceptions: {mode: log}", "b.yaml:1: 'exceptions' must be a list of '- {categories: [..], mode: ..}'" },
	{ "exceptions:\n  - scope: all", "b.yaml:2: 'mode' is missing" },
	{ "exceptions:\n  - mode: log", "b.yaml:2: an exception needs 'scope' or 'categories': for everything there is "
					"'mode' of the listener" },
	{ "exceptions:\n  - scope: all\n    mode: log\n  - mode: log\n    scope: a b",
		"b.yaml:5: 'a b' is neither all, nor sender, nor a domain" },
	{ "exceptions:\n  - mode: log\n    categories: [user_unknown, spam]", "b.yaml:3: there is no category 'spam'" },
	{ "mark_header: 'X: y'", "b.yaml:1: 'X: y' is no header name" },
	{ "mark_header: ''", "b.yaml:1: '' is no header name" },
	{ "when_unavailable: reject", "b.yaml:1: 'when_unavailable' must be one of: accept, tempfail; not 'reject'" },
};

static void
test_refusals(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(refusals); i++) {
		g_autoptr(GError) error = NULL;
		Holder holder = { 0 };

		g_assert_false(read_text(refusals[i].yaml, &holder, &error));
		g_assert_error(error, RETOUR_ERROR, ERROR_CONFIG);
		g_assert_cmpstr(error->message, ==, refusals[i].message);
		clear(&holder);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/blocking/modes", test_modes);
	g_test_add_func("/blocking/refusals", test_refusals);
	return g_test_run();
}
